"""H: how long notices to nineteen endpoints take while the twentieth hangs, against nobody hanging."""

import asyncio
import time
from typing import Any

import aiohttp
import asyncpg

from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.lab import Lab, for_engine
from benchmarks.notices import HANGING, HANGS, a_partner, copies, engine_on, prepared, settled
from shared.database import create_engine

ABOUT = (
    "Twenty endpoints get a notice each, all at once, ten times a second; milliseconds from its commit to its arrival,"
    f" of nineteen. Floor: all answer at once; ours: the twentieth takes {HANGS:.0f} s for each answer."
)
ENDPOINTS, PACE, TARGET = 20, 0.1, 1.2


async def paced(url: str, base: str, seconds: float) -> dict[str, Any]:
    """Plans notices at a steady pace, wakes the engine after each commit as the platform does, and waits for them."""
    database, wake = create_engine(for_engine(url), application="bench-worker"), asyncio.Event()
    engine = engine_on(database, wake)
    running, conn, planned = asyncio.create_task(engine.run()), await asyncpg.connect(url), {}
    watched: set[str] = set()
    begins = time.monotonic()
    for number in range(round(seconds / PACE)):
        await asyncio.sleep(max(0.0, begins + number * PACE - time.monotonic()))
        ids = await copies(conn, 1)
        committed = time.monotonic()
        wake.set()
        planned.update({str(one): committed for one in ids})
        if number >= 1 / PACE:
            watched.update(map(str, ids))
    hanging = {
        str(row["id"])
        for row in await conn.fetch(
            "SELECT d.id FROM deliveries d JOIN subscriptions s ON s.id = subscription_id WHERE url LIKE '%' || $1",
            HANGING,
        )
    }
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            async with session.get(f"{base}/seen") as response:
                seen: dict[str, float] = await response.json(content_type=None)
            if watched - hanging <= set(seen):
                break
            await asyncio.sleep(0.1)
    engine.stop()
    await asyncio.gather(running, conn.close())
    first = sorted(watched - hanging)
    return {"taken": [(seen[one] - planned[one]) * 1000 for one in first if one in seen], "planned": len(first)}


class Scenario:
    """Collects the milliseconds of each notice, by side and round."""

    name = "neighbours"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._seconds = 5.0 if quick else 20.0
        self._found: dict[str, list[list[float]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        base, end = await a_partner(self._lab)
        try:
            last = HANGING if side == "ours" else f"/{ENDPOINTS}"
            url = await prepared(self._lab, [*(f"{base}/{place}" for place in range(1, ENDPOINTS)), base + last])
            await settled(self._lab, url)
            found = await self._lab.measure(paced, url=url, base=base, seconds=self._seconds)
        finally:
            end()
        taken = found["taken"]
        self._found[side].append(taken)
        missing = found["planned"] - len(taken)
        return f"{percentile(taken, 0.5):.1f} ms p50, {percentile(taken, 0.99):.1f} ms p99, {missing} missing"

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        lines = []
        spreads = {}
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            spreads[label] = {
                side: Spread(tuple(percentile(one, share) for one in found)) for side, found in self._found.items()
            }
            lines.append(Line(f"commit to arrival {label}", "ms", spreads[label]["floor"], spreads[label]["ours"]))
        ratio = spreads["p99"]["ours"].median / spreads["p99"]["floor"].median
        verdict = Verdict(f"p99 of the nineteen at most {TARGET}x", f"{ratio:.2f}", ratio <= TARGET)
        details = {"endpoints": ENDPOINTS, "per_second": ENDPOINTS / PACE, "seconds": self._seconds}
        return [Finding("H neighbours", ABOUT, tuple(lines), (verdict,), details)]
