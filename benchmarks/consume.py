"""K: how many records a second pass through intake and dispatch, and through the same statements in bare libraries."""

import asyncio
import time
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

import asyncpg
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from benchmarks.figures import Finding, Line, Spread, Verdict
from benchmarks.floor import kernel as bare
from benchmarks.lab import Lab, for_engine
from benchmarks.machine import own_processor_seconds
from benchmarks.specimen import SCHEMA, SITE, Asked, Heard, samples
from shared import telemetry
from shared.database import create_engine
from shared.messaging import Consumer, Meta, Topic, Tx, on, publish
from shared.messaging.dispatch import Dispatcher
from shared.messaging.event import utc_now
from shared.messaging.intake import FETCH, Intake

ABOUT = (
    "Records of one topic, read by one group member: inbox, held keys, then for each record in a savepoint the seen"
    f" version, the handler's insert and an outbox row; 50 records per transaction, offsets committed every {FETCH}."
    " Floor: the same statements and commits in bare asyncpg and aiokafka, nothing validated, no span; ours: the"
    " kernel, two spans per record."
)
CHUNK = 50
TARGET = 0.50
_NOTED = sa.text(
    "INSERT INTO noted (candidacy_id, version, wish, asked_on, noted_at)"
    " VALUES (:candidacy_id, :version, :wish, :asked_on, :noted_at)"
)


async def note(tx: Tx, event: Asked, meta: Meta) -> None:
    """The handler: one insert, one event."""
    row = {
        "candidacy_id": meta.subject,
        "version": meta.version,
        "wish": event.wishes[0],
        "asked_on": date.fromisoformat(event.asked_on),
        "noted_at": tx.now,
    }
    await tx.conn.execute(_NOTED, row)
    heard = Heard(
        candidacy_id=meta.subject, request_id=meta.id, decision_number=event.decision_number, wish=event.wishes[0]
    )
    await publish(tx, heard, subject=meta.subject, version=meta.version, site=meta.site)


async def ours(url: str, bootstrap: str, source: str, group: str, records: int, otlp: str) -> dict[str, Any]:
    """The kernel's intake and dispatch, until every record is applied."""
    shutdown = telemetry.configure("bench", "worker", SITE, otlp)

    class Named(Asked):
        topic: ClassVar[Topic] = Topic(source)

    engine = create_engine(for_engine(url), application="bench-worker")
    dispatcher = Dispatcher(Consumer(group, (on(Named, note),), chunk=CHUNK), engine, f"/{SITE}/bench", utc_now)
    intake = Intake(dispatcher, bootstrap, "bench-worker")
    await intake.start()
    try:
        return await watch(lambda: dispatcher.counts["applied"], records)
    finally:
        await intake.stop()
        await engine.dispose()
        shutdown()


async def floor(url: str, bootstrap: str, source: str, group: str, records: int) -> dict[str, Any]:
    """The same in bare libraries, until every record is applied."""
    counts: list[int] = []
    consuming = asyncio.create_task(bare.consume(url, bootstrap, source, group, CHUNK, FETCH, counts))
    try:
        return await watch(lambda: sum(counts), records)
    finally:
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)


async def watch(applied: Callable[[], int], records: int) -> dict[str, Any]:
    """Waits until all records are applied; gives rate and processor time from the first chunk on.

    Starting, joining the group and preparing statements are left out: the first chunk is not counted.
    """
    # An event for each record would cost what is measured: looking now and then does not.
    while not (first := applied()):  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    began, used = time.perf_counter(), own_processor_seconds()
    async with asyncio.timeout(120):
        while (done := applied()) < records:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    took, used = time.perf_counter() - began, own_processor_seconds() - used
    return {"rate": (done - first) / took, "processor": used * 1e6 / (done - first), "applied": done}


class Scenario:
    """Collects one figure per side and round."""

    name = "kernel"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:
        self._lab, self._seed = lab, seed
        self._records = 2_000 if quick else 8_000
        self._found: dict[str, list[dict[str, Any]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:
        """Measures one side once; gives a line for whoever waits."""
        url, topic = await self._lab.database(), await self._lab.topic("bench.asked")
        await self._prepare(url, topic, number)
        arguments: dict[str, Any] = {
            "url": url,
            "bootstrap": self._lab.kafka.bootstrap,
            "source": topic,
            "group": topic.replace(".", "-"),
            "records": self._records,
        }
        if side == "ours":
            found = await self._lab.measure(ours, **arguments, otlp=self._lab.otlp)
        else:
            found = await self._lab.measure(floor, **arguments)
        await self._check(url)
        self._found[side].append(found)
        return f"{found['rate']:,.0f} records/s, {found['processor']:.0f} ms of processor per 1,000"

    async def _prepare(self, url: str, topic: str, number: int) -> None:
        conn = await asyncpg.connect(url)
        await conn.execute(SCHEMA)
        await conn.close()
        producer = AIOKafkaProducer(bootstrap_servers=self._lab.kafka.bootstrap, max_batch_size=128 * 1024)
        await producer.start()
        try:
            for sample in samples(self._records, self._seed + number):
                await producer.send(topic, value=sample.value, key=sample.key, headers=sample.headers)
        finally:
            await producer.stop()
        await self._lab.checkpoint()

    async def _check(self, url: str) -> None:
        """Both sides must have left the same rows."""
        conn = await asyncpg.connect(url)
        try:
            for table in ("noted", "messaging.inbox", "messaging.outbox"):
                found = await conn.fetchval(f"SELECT count(*) FROM {table}")
                if found != self._records:
                    raise AssertionError(f"{table}: {found} rows instead of {self._records}")
        finally:
            await conn.close()

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        rate = {side: Spread(tuple(one["rate"] for one in found)) for side, found in self._found.items()}
        processor = {side: Spread(tuple(one["processor"] for one in found)) for side, found in self._found.items()}
        share = rate["ours"].median / rate["floor"].median
        return [
            Finding(
                "K kernel",
                ABOUT,
                (
                    Line("Kafka to committed effect", "records/s", rate["floor"], rate["ours"]),
                    Line("processor per 1,000 records", "ms", processor["floor"], processor["ours"]),
                ),
                (Verdict(f"at least {TARGET:.0%} of the floor", f"{share:.0%}", share >= TARGET),),
                {"records_per_round": self._records, "chunk": CHUNK, "partitions": 6, "share": round(share, 4)},
            )
        ]
