"""C: how long a claim takes with a million ended deliveries, against a hundred thousand."""

import time
from typing import Any

import asyncpg
from uuid_utils.compat import uuid7

from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.lab import Lab, for_engine
from benchmarks.notices import copies, prepared, settled
from services.notifications.delivery import lease
from services.notifications.delivery.engine import Limits
from services.notifications.domain import day_in_france
from shared.database import create_engine
from shared.messaging.event import utc_now

ABOUT = (
    "Claims of 32 due deliveries of 20 endpoints, each undone again, milliseconds. Floor: beside a tenth of the ended"
    " deliveries; ours: beside all of them."
)
ENDPOINTS, DUE, TARGET = 20, 20, 1.2


async def claims(url: str, times: int) -> dict[str, Any]:
    """Milliseconds of each claim, its transaction's begin and end not counted."""
    database, limits, taken = create_engine(for_engine(url), application="bench-worker"), Limits(), []
    async with database.connect() as conn:
        for number in range(-20, times):
            began = time.perf_counter()
            now = utc_now()
            many: dict[str, Any] = {"cap": limits.per_endpoint, "room": limits.room, "slow_room": limits.room // 2}
            claimed = await lease.claim(conn, now=now, today=day_in_france(now), token=uuid7(), in_flight=[], **many)
            if number >= 0:
                taken.append((time.perf_counter() - began) * 1000)
            assert len(claimed) == limits.room
            await conn.rollback()
    await database.dispose()
    return {"taken": taken}


class Scenario:
    """Collects the milliseconds of each claim, by side and round."""

    name = "claims"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._times = 50 if quick else 300
        self._ended = {"floor": 10_000 if quick else 100_000, "ours": 100_000 if quick else 1_000_000}
        self._filled: dict[str, str] = {}
        self._found: dict[str, list[list[float]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        if side not in self._filled:
            self._filled[side] = await self._fill(self._ended[side])
        # Claims that were undone leave dead rows: each round begins without.
        await settled(self._lab, self._filled[side])
        found = await self._lab.measure(claims, url=self._filled[side], times=self._times)
        self._found[side].append(found["taken"])
        return f"{percentile(found['taken'], 0.5):.2f} ms p50, {percentile(found['taken'], 0.99):.2f} ms p99"

    async def _fill(self, ended: int) -> str:
        url = await prepared(self._lab, [f"http://127.0.0.1:9/{place}" for place in range(ENDPOINTS)])
        conn = await asyncpg.connect(url)
        try:
            for _ in range(10):
                await copies(conn, ended // ENDPOINTS // 10, state="delivered", next_attempt_at=None, attempts=1)
            await copies(conn, DUE)
        finally:
            await conn.close()
        return url

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        lines, ratios = [], {}
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            spread = {
                side: Spread(tuple(percentile(one, share) for one in found)) for side, found in self._found.items()
            }
            lines.append(Line(f"claim {label}", "ms", spread["floor"], spread["ours"]))
            ratios[label] = spread["ours"].median / spread["floor"].median
        verdict = Verdict(f"p50 at most {TARGET}x", f"{ratios['p50']:.2f}", ratios["p50"] <= TARGET)
        details = {"ended": self._ended, "due": DUE * ENDPOINTS, "claims_per_round": self._times, "ratios": ratios}
        return [Finding("C claims", ABOUT, tuple(lines), (verdict,), details)]
