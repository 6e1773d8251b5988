"""R: how many outbox rows a second reach Kafka, through the kernel's relay and by bare select, send, delete."""

import asyncio
import time
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from benchmarks import child
from benchmarks.figures import Finding, Line, Spread, Verdict
from benchmarks.lab import Lab, Measurement, for_engine
from benchmarks.machine import processor_seconds
from benchmarks.specimen import OUTBOX_COLUMNS, SITE, outbox_row, samples
from shared import telemetry
from shared.database import create_engine
from shared.messaging.consumer import Consumer
from shared.messaging.event import utc_now
from shared.messaging.relay import BATCH, POLL, Relay
from shared.messaging.timers import Timers

ABOUT = (
    "Rows of an outbox, committed at once, until the last one is confirmed by Kafka and deleted. Floor: select, send,"
    " delete, with the same batch size and producer; ours: the relay with its lock, its watch and, since it is a"
    " backlog, a span for up to 128 rows with a link for each."
)
WARM = 1000
TARGET = 0.80


async def ours(url: str, bootstrap: str, otlp: str) -> dict[str, Any]:
    """The kernel's relay, for ever."""
    telemetry.configure("bench", "worker", SITE, otlp)
    engine = create_engine(for_engine(url), application="bench-worker")
    timers = Timers(Consumer("bench", ()), engine, f"/{SITE}/bench", utc_now)
    child.tell("started")
    await Relay(for_engine(url), bootstrap, "bench-relay", timers).run()
    return {}


async def floor(url: str, bootstrap: str) -> dict[str, Any]:
    """Select, send, delete, for ever."""
    conn = await asyncpg.connect(url)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=128 * 1024
    )
    await producer.start()
    child.tell("started")
    while True:
        rows = await conn.fetch(_SELECT, BATCH)
        pending = []
        for row in rows:
            headers = [(n.decode(), v) for n, v in zip(row["header_names"], row["header_values"], strict=True)]
            pending.append(await producer.send(row["topic"], row["value"], row["key"], headers=headers))
        await asyncio.gather(*pending)
        if rows:
            await conn.execute("DELETE FROM messaging.outbox WHERE id = ANY($1::bigint[])", [r["id"] for r in rows])
        if len(rows) < BATCH:
            await asyncio.sleep(POLL)


_SELECT = "SELECT id, topic, key, header_names, header_values, value FROM messaging.outbox ORDER BY id LIMIT $1"


async def _one(lab: Lab, side: str, rows: int, seed: int) -> tuple[float, float]:
    """Rows per second, and processor milliseconds of the process per thousand rows."""
    url, topic = await lab.database(), await lab.topic("bench.relay")
    conn = await asyncpg.connect(url)
    arguments = {"url": url, "bootstrap": lab.kafka.bootstrap}
    running = lab.begin(ours, **arguments, otlp=lab.otlp) if side == "ours" else lab.begin(floor, **arguments)
    try:
        # Connected, metadata read, statements prepared: what is measured is the steady state.
        await running.reached("started")
        await _fill(conn, topic, WARM, seed + 1)
        await _drained(conn, running)
        await lab.checkpoint()
        rested = processor_seconds(running.pid)
        began = await _fill(conn, topic, rows, seed)
        await _drained(conn, running)
        took = time.perf_counter() - began
        return rows / took, (processor_seconds(running.pid) - rested) * 1e6 / rows
    finally:
        running.end()
        await conn.close()


async def _fill(conn: asyncpg.Connection, topic: str, rows: int, seed: int) -> float:
    records = [outbox_row(sample, topic) for sample in samples(rows, seed)]
    async with conn.transaction():
        await conn.copy_records_to_table("outbox", schema_name="messaging", columns=OUTBOX_COLUMNS, records=records)
    began = time.perf_counter()
    await conn.execute("NOTIFY outbox")
    return began


async def _drained(conn: asyncpg.Connection, running: Measurement) -> None:
    deadline = time.perf_counter() + 120
    while await conn.fetchval("SELECT id FROM messaging.outbox ORDER BY id LIMIT 1") is not None:
        running.check(deadline)
        await asyncio.sleep(0.01)


class Scenario:
    """Collects one figure per side and round."""

    name = "relay"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:
        self._lab, self._seed = lab, seed
        self._rows = 5_000 if quick else 30_000
        self._found: dict[str, list[tuple[float, float]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:
        """Measures one side once; gives a line for whoever waits."""
        rate, processor = await _one(self._lab, side, self._rows, self._seed + number)
        self._found[side].append((rate, processor))
        return f"{rate:,.0f} rows/s, {processor:.0f} ms of processor per 1,000"

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        rate = {side: Spread(tuple(r for r, _ in found)) for side, found in self._found.items()}
        processor = {side: Spread(tuple(p for _, p in found)) for side, found in self._found.items()}
        share = rate["ours"].median / rate["floor"].median
        return [
            Finding(
                "R relay",
                ABOUT,
                (
                    Line("outbox to Kafka", "rows/s", rate["floor"], rate["ours"]),
                    Line("processor per 1,000 rows", "ms", processor["floor"], processor["ours"]),
                ),
                (Verdict(f"at least {TARGET:.0%} of the floor", f"{share:.0%}", share >= TARGET),),
                {"rows_per_round": self._rows, "batch": BATCH, "partitions": 6, "share": round(share, 4)},
            )
        ]
