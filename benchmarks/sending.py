"""N: how many notices a second a worker sends and records, against its HTTP client alone; statements and memory."""

import asyncio
import importlib
import resource
import time
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from benchmarks.figures import Finding, Line, Spread, Verdict
from benchmarks.lab import Lab, for_engine
from benchmarks.machine import own_processor_seconds
from benchmarks.notices import SECRET, a_partner, copies, counting, engine_on, prepared, settled
from services.notifications.delivery.engine import Engine, Limits
from services.notifications.http import sign
from services.notifications.http.send import Sender
from shared import telemetry
from shared.database import create_engine
from shared.messaging.event import utc_now

ABOUT = (
    "A backlog of due deliveries to four endpoints of one fast partner, until all are recorded. Floor: the same HTTP"
    " client, signatures and number at once, without a database; ours: the engine with its traces, leases and outcomes."
)
ENDPOINTS = 4
SHARE, STATEMENTS, MEMORY = 0.5, 4.0, 200.0


async def ours(url: str, otlp: str, number: int) -> dict[str, Any]:
    """The engine on a backlog; the modules of a whole worker are loaded, as they would be."""
    importlib.import_module("shared.messaging.serve")
    telemetry.configure("bench", "worker", "DON", otlp)
    database = create_engine(for_engine(url), application="bench-worker")
    counts, engine = counting(database), engine_on(database, asyncio.Event())
    running = asyncio.create_task(engine.run())
    # A tenth warms connections, statements and the interpreter.
    await _delivered(engine, number // 10)
    counts.clear()
    first, began, rested = engine.counts["delivered"], time.perf_counter(), own_processor_seconds()
    await _delivered(engine, number)
    took, processor, sent = time.perf_counter() - began, own_processor_seconds() - rested, number - first
    engine.stop()
    await running
    await database.dispose()
    return {
        "rate": sent / took,
        "processor": processor * 1e6 / sent,
        "commits": counts.pop("COMMIT", 0) / sent,
        "statements": sum(counts.values()) / sent,
        "by_statement": {name: round(value / sent, 3) for name, value in counts.most_common()},
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "ended": dict(engine.counts),
    }


async def _delivered(engine: Engine, number: int) -> None:
    while engine.counts["delivered"] < number:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def floor(base: str, number: int, size: int) -> dict[str, Any]:
    """As many tasks as the engine has room for, each posting one notice after the other."""
    body, ids = b"x" * size, iter([uuid7() for _ in range(number)])
    accepted = 0

    async def post(sender: Sender, place: int, mine: "list[UUID]") -> None:
        nonlocal accepted
        for one in mine:
            answer = await sender.post(f"{base}/{place}", sign.headers([SECRET], one, utc_now(), body), body)
            accepted += answer.outcome == "accepted"

    async with Sender(allow_loopback=True) as sender:
        room = Limits().room
        shares = [[next(ids) for _ in range(number // room)] for _ in range(room)]
        await asyncio.gather(
            *(post(sender, place % ENDPOINTS, mine[: len(mine) // 10]) for place, mine in enumerate(shares))
        )
        accepted, began, rested = 0, time.perf_counter(), own_processor_seconds()
        warm = [mine[: len(mine) // 10] for mine in shares]
        await asyncio.gather(*(post(sender, place % ENDPOINTS, mine) for place, mine in enumerate(warm)))
        accepted, began, rested = 0, time.perf_counter(), own_processor_seconds()
        await asyncio.gather(*(post(sender, place % ENDPOINTS, mine) for place, mine in enumerate(shares)))
        took, processor = time.perf_counter() - began, own_processor_seconds() - rested
    return {"rate": accepted / took, "processor": processor * 1e6 / accepted}


class Scenario:
    """Collects the figures of one round per side."""

    name = "sending"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._number = 1_600 if quick else 8_000
        self._found: dict[str, list[dict[str, Any]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        base, end = await a_partner(self._lab)
        try:
            url = await prepared(self._lab, [f"{base}/{place}" for place in range(ENDPOINTS)])
            conn = await asyncpg.connect(url)
            try:
                size = int(await conn.fetchval("SELECT length(body) FROM deliveries LIMIT 1"))
                if side == "ours":
                    await copies(conn, self._number // ENDPOINTS)
            finally:
                await conn.close()
            await settled(self._lab, url)
            if side == "ours":
                found = await self._lab.measure(ours, url=url, otlp=self._lab.otlp, number=self._number)
            else:
                found = await self._lab.measure(floor, base=base, number=self._number, size=size)
        finally:
            end()
        self._found[side].append(found)
        return f"{found['rate']:,.0f} notices/s, {found['processor']:.0f} ms of processor per 1,000"

    def _spread(self, side: str, name: str) -> Spread:
        return Spread(tuple(found[name] for found in self._found[side]))

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        rate, processor = ({side: self._spread(side, name) for side in self._found} for name in ("rate", "processor"))
        statements, commits, memory = (self._spread("ours", name) for name in ("statements", "commits", "memory"))
        share = rate["ours"].median / rate["floor"].median
        biggest = max(memory.values)
        lines = (
            Line("sent and recorded", "notices/s", rate["floor"], rate["ours"]),
            Line("processor per 1,000 notices", "ms", processor["floor"], processor["ours"]),
            Line("statements per notice", "", None, statements),
            Line("commits per notice", "", None, commits),
            Line("memory at full rate", "MB", None, memory),
        )
        verdicts = (
            Verdict(f"at least {SHARE:.0%} of the client alone", f"{share:.0%}", share >= SHARE),
            Verdict(
                f"at most {STATEMENTS:.0f} statements per notice",
                f"{statements.median:.2f}",
                statements.median <= STATEMENTS,
            ),
            Verdict(f"at most {MEMORY:.0f} MB", f"{biggest:.0f} MB", biggest <= MEMORY),
        )
        details = {"notices": self._number, "ours": [found["by_statement"] for found in self._found["ours"]]}
        return [Finding("N sending", ABOUT, lines, verdicts, details)]
