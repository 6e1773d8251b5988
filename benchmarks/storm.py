"""S: four endpoints that answer 503 for five minutes and then work again, against four that have always worked."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import asyncpg
import sqlalchemy as sa

from benchmarks.figures import Finding, Line, Spread, Verdict
from benchmarks.lab import Lab, for_engine
from benchmarks.notices import STORM, a_partner, copies, engine_on, prepared, settled
from shared.database import create_engine

ABOUT = (
    "A backlog to four endpoints with rates of their own, until it has gone. Floor: they work; ours: they say 503 for"
    " five minutes first. Seconds from the first success, and how many requests came together."
)
ENDPOINTS, PER_SECOND = 4, 10
WINDOW = 10.0
"""Seconds over which the busiest time of an endpoint is looked for."""


async def drained(url: str, base: str, number: int, storm: float, limit: float) -> dict[str, Any]:
    """The engine on a backlog of so many per endpoint, behind a storm of so many seconds; when each request came."""
    database, wake = create_engine(for_engine(url), application="bench-worker"), asyncio.Event()
    async with database.begin() as connection:
        await connection.execute(sa.text(f"UPDATE subscriptions SET rate_per_minute = {PER_SECOND * 60}"))
    engine, began = engine_on(database, wake), time.monotonic()
    running = asyncio.create_task(engine.run())
    async with aiohttp.ClientSession() as session:
        await asyncio.sleep(storm)
        async with session.get(f"{base}/calm"):
            calm = time.monotonic()
        while engine.counts["delivered"] < number * ENDPOINTS and time.monotonic() - began < limit:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        async with session.get(f"{base}/came") as response:
            came: dict[str, list[float]] = await response.json(content_type=None)
    engine.stop()
    await running
    await database.dispose()
    after = {path: [at for at in times if at >= calm] for path, times in came.items()}
    return {
        "delivered": engine.counts["delivered"],
        "first": min(min(times) for times in after.values()) - calm,
        "drained": max(max(times) - min(times) for times in after.values()),
        "busiest": max(_busiest(times) for times in after.values()),
        "during": sum(len(times) for times in came.values()) - sum(len(times) for times in after.values()),
    }


def _busiest(times: Sequence[float]) -> int:
    """The most that came within one window."""
    most, first = 0, 0
    for place, at in enumerate(times):
        while times[first] <= at - WINDOW:
            first += 1
        most = max(most, place - first + 1)
    return most


class Scenario:
    """Collects seconds and busiest windows, by side and round."""

    name = "storm"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._number, self._storm = (200, 10.0) if quick else (1_000, 300.0)
        self._found: dict[str, list[dict[str, Any]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        storm = self._storm if side == "ours" else 0.0
        base, end = await a_partner(self._lab)
        try:
            url = await prepared(self._lab, [f"{base}{STORM}{place}" for place in range(ENDPOINTS)])
            conn = await asyncpg.connect(url)
            try:
                await copies(conn, self._number)
            finally:
                await conn.close()
            await settled(self._lab, url)
            # The last probe may have been just before the storm's end, and the next comes after as long again.
            within = 3 * storm + 5 * self._number / PER_SECOND
            given = {"url": url, "base": base, "number": self._number, "storm": storm, "limit": within}
            found = await self._lab.measure(drained, within + 60, **given)
        finally:
            end()
        self._found[side].append(found)
        return f"{found['delivered']} in {found['drained']:.0f} s, {found['busiest']} in the busiest {WINDOW:.0f} s"

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        spreads = {
            name: {side: Spread(tuple(one[name] for one in found)) for side, found in self._found.items()}
            for name in ("drained", "busiest", "first", "during")
        }
        lines = (
            Line("first success to last", "s", spreads["drained"]["floor"], spreads["drained"]["ours"]),
            Line(
                f"requests in the busiest {WINDOW:.0f} s", "", spreads["busiest"]["floor"], spreads["busiest"]["ours"]
            ),
            Line("storm's end to first success", "s", None, spreads["first"]["ours"]),
            Line("requests during the storm", "", None, spreads["during"]["ours"]),
        )
        # The rate of the window, and the second's worth that may come at once at its begin.
        most, busiest = PER_SECOND * (WINDOW + 1), max(spreads["busiest"]["ours"].values)
        lost = sum(one["delivered"] < self._number * ENDPOINTS for one in self._found["ours"])
        verdicts = (
            Verdict(f"never more than {most:.0f} requests in {WINDOW:.0f} s", f"{busiest:.0f}", busiest <= most),
            Verdict("all delivered", "all" if not lost else f"not in {lost} rounds", not lost),
        )
        details = {"per_endpoint": self._number, "rate_per_second": PER_SECOND, "storm_seconds": self._storm}
        return [Finding("S storm", ABOUT, lines, verdicts, details)]
