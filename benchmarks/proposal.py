"""P: a bed proposed on an estate with years of stays behind it, and the very same decision in bare asyncpg."""

import time
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from benchmarks.estate import stayed
from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.lab import Lab, for_engine
from benchmarks.specimen import ACTOR, MOMENT, SITE
from services.placement import handlers
from shared.contracts.selection import AccommodationRequested, CellType, WingSex
from shared.database import create_engine
from shared.messaging.event import Meta
from shared.messaging.transaction import transaction

ABOUT = (
    "A bed asked for and proposed, one after the other, milliseconds. Floor: the statements of the decision as the"
    " handler was seen to send them (locks, request, choice, nights), with their commit, in bare asyncpg; ours: the"
    " handler in the kernel's transaction, with its timer and its event."
)
TAIL, DEPTH = 2.0, 1.2
ORDER = AccommodationRequested(
    decision_number="ARR-2026-9999",
    decided_on=date(2026, 11, 2),
    file_number=999_999,
    wing_sex=WingSex.MEN,
    cell_type=CellType.STANDARD,
    planned_entry=date(2027, 1, 11),
    projected_exit=date(2028, 7, 1),
)
# What was proposed is given up again, outside the time that counts, so that each decision finds the same estate.
_UNDO = (
    "UPDATE bed_uses SET given_up_at = now() WHERE candidacy_id = $1",
    "UPDATE assignments SET state = 'released', released_at = now() WHERE candidacy_id = $1",
    "UPDATE requests SET state = 'cancelled' WHERE candidacy_id = $1",
)
_WARM = 30


async def ours(url: str, times: int) -> dict[str, Any]:
    """Milliseconds of every decision by the handler."""
    engine = create_engine(for_engine(url), application="bench-placement")
    undo, taken = await asyncpg.connect(url), []
    for _ in range(_WARM + times):
        candidacy = uuid4()
        began = time.perf_counter()
        await _decide(engine, candidacy)
        taken.append((time.perf_counter() - began) * 1000)
        await _undo(undo, candidacy)
    await undo.close()
    await engine.dispose()
    return {"taken": taken[_WARM:]}


async def floor(url: str, times: int) -> dict[str, Any]:
    """Milliseconds of every decision in bare asyncpg."""
    engine = create_engine(for_engine(url), application="bench-floor")
    seen: list[tuple[str, tuple[Any, ...]]] = []

    @sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, parameters: Any, ___: object, ____: bool) -> None:
        if "messaging." not in statement:
            seen.append((statement, tuple(parameters)))

    candidacy = uuid4()
    await _decide(engine, candidacy)
    await engine.dispose()
    connection = await asyncpg.connect(url)
    await _undo(connection, candidacy)
    prepared = [(await connection.prepare(statement), given) for statement, given in seen]
    taken = []
    for _ in range(_WARM + times):
        fresh: dict[UUID, UUID] = {}
        values = [[_fresh(value, fresh) for value in given] for _, given in prepared]
        began = time.perf_counter()
        async with connection.transaction():
            for (statement, _), given in zip(prepared, values, strict=True):
                await statement.fetch(*given)
        taken.append((time.perf_counter() - began) * 1000)
        await _undo(connection, fresh[candidacy])
    await connection.close()
    return {"taken": taken[_WARM:], "statements": len(prepared)}


async def _decide(engine: AsyncEngine, candidacy: UUID) -> None:
    meta = Meta(str(uuid7()), f"/{SITE}/selection", candidacy, 1, MOMENT, SITE, "bench", None, "ARR-2026-9999", ACTOR)
    async with transaction(engine, now=MOMENT, actor=ACTOR, source=f"/{SITE}/placement", cause=meta) as tx:
        await handlers.assign_bed(tx, ORDER, meta)


async def _undo(connection: Any, candidacy: UUID) -> None:
    assert (await connection.execute(_UNDO[0], candidacy)) != "UPDATE 0", "nothing was proposed"
    for statement in _UNDO[1:]:
        await connection.execute(statement, candidacy)


def _fresh(value: Any, fresh: dict[UUID, UUID]) -> Any:
    """The same parameter for another person: each id becomes a new one, everywhere the same."""
    if isinstance(value, list):
        return [_fresh(one, fresh) for one in value]
    return fresh.setdefault(value, uuid4()) if isinstance(value, UUID) else value


class Scenario:
    """Collects the times of decisions, by side and years of history."""

    name = "proposal"
    YEARS = (1, 10)

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._times = 100 if quick else 1_000
        self._found: dict[tuple[str, int], list[list[float]]] = {}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        said = []
        for years in self.YEARS:
            url = await stayed(self._lab, years)
            await self._lab.checkpoint()
            work = floor if side == "floor" else ours
            taken = (await self._lab.measure(work, url=url, times=self._times))["taken"]
            self._found.setdefault((side, years), []).append(taken)
            said.append(f"{years} years {percentile(taken, 0.5):.2f} / {percentile(taken, 0.99):.2f}")
        return f"{', '.join(said)} ms p50 / p99"

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        at = {
            (side, years, share): Spread(tuple(percentile(taken, share) for taken in rounds))
            for (side, years), rounds in self._found.items()
            for share in (0.5, 0.99)
        }
        few, many = self.YEARS
        tail = at["ours", many, 0.99].median / at["floor", many, 0.99].median
        depth = at["ours", many, 0.99].median / at["ours", few, 0.99].median
        lines = tuple(
            Line(f"{years} years, p{share * 100:.0f}", "ms", at["floor", years, share], at["ours", years, share])
            for years in self.YEARS
            for share in (0.5, 0.99)
        )
        return [
            Finding(
                "P proposal",
                ABOUT,
                lines,
                (
                    Verdict(f"p99 at most {TAIL:.0f}x the floor with {many} years", f"{tail:.2f}", tail <= TAIL),
                    Verdict(f"{many} years within {DEPTH}x of {few} year", f"{depth:.2f}", depth <= DEPTH),
                ),
                {"decisions_per_round": self._times},
            )
        ]
