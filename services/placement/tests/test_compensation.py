"""A cancellation at every stage, killed at every statement and delivered again: as if nothing had disturbed it."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.placement import handlers
from services.placement.domain import Departure, DepartureReason
from services.placement.tests.builders import a_cancellation
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.machine import RULES
from services.placement.tests.test_handlers import OFFICER, assert_vacancies_are_what_uses_leave, rows, types
from shared.contracts.selection import CellType
from shared.testing.kernel import record

EVERYTHING = """
    SELECT 'request', to_jsonb(requests) FROM requests UNION ALL SELECT 'stay', to_jsonb(assignments) FROM assignments
    UNION ALL SELECT 'use', to_jsonb(bed_uses) FROM bed_uses UNION ALL SELECT 'free', to_jsonb(vacancies) FROM vacancies
    UNION ALL SELECT 'inbox', to_jsonb(inbox) FROM messaging.inbox
    UNION ALL SELECT 'outbox', to_jsonb(outbox) FROM messaging.outbox ORDER BY 1, 2
"""
LIVE = "SELECT cell FROM bed_uses WHERE given_up_at IS NULL AND candidacy_id = '{}' ORDER BY lower(nights)"
LEFT = Departure(DepartureReason.TRANSFERRED, date(2027, 1, 6))


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


@contextmanager
def killed_at(engine: AsyncEngine, number: int) -> Iterator[None]:
    """Kills whoever asks for the statement of this number, the commits among them."""
    count = itertools.count(1)

    def pass_by(*_: Any) -> None:
        if next(count) == number:
            raise Killed

    listeners = [(engine.sync_engine, name, pass_by) for name in ("before_cursor_execute", "commit")]
    for one in listeners:
        sa.event.listen(*one)
    try:
        yield
    finally:
        for one in listeners:
            sa.event.remove(*one)


async def killed_everywhere(engine: AsyncEngine, act: Callable[[], Awaitable[None]]) -> int:
    """Kills an act at its first statement, then at its second, and so on, until it gets through; how often."""
    before = await rows(engine, EVERYTHING)
    for number in itertools.count(1):
        try:
            with killed_at(engine, number):
                await act()
        except Killed:
            assert await rows(engine, EVERYTHING) == before
        else:
            return number - 1
    raise AssertionError


async def waiting(desk: Desk) -> tuple[UUID, str]:
    await desk.ask(cell_type=CellType.ADAPTED)
    candidacy, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    return candidacy, stay


async def proposed(desk: Desk) -> tuple[UUID, str]:
    candidacy, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    return candidacy, stay


async def confirmed(desk: Desk) -> tuple[UUID, str]:
    candidacy, stay = await proposed(desk)
    await desk.must(f"stays/{stay}/confirm")
    return candidacy, stay


async def arrived(desk: Desk) -> tuple[UUID, str]:
    candidacy, stay = await proposed(desk)
    await desk.come(stay)
    return candidacy, stay


async def moving(desk: Desk) -> tuple[UUID, str]:
    candidacy, stay, _ = await desk.ask()
    await desk.come(stay)
    await desk.must(f"stays/{stay}/move", {"cell": "DON-F1-U2-C03", "first_night": "2027-02-01", "reason": "other"})
    return candidacy, stay


@pytest.mark.parametrize(
    ("stage", "told", "held"),
    [
        (waiting, ["nothing_to_release"], 0),
        (proposed, ["bed_released", "bed_assigned"], 0),
        (confirmed, ["bed_released", "bed_assigned"], 0),
        (arrived, ["release_awaits_departure"], 1),
        (moving, ["release_awaits_departure"], 3),
    ],
)
async def test_a_cancellation_takes_effect_once_wherever_it_is_killed(
    desk: Desk,
    clock: SettableClock,
    stage: Callable[[Desk], Awaitable[tuple[UUID, str]]],
    told: list[str],
    held: int,
) -> None:
    candidacy, stay = await stage(desk)
    number = desk.files
    await desk.ask(cell_type=CellType.ADAPTED)
    await desk.bench.published()
    engine, bench = desk.bench.engine, desk.bench
    cancelled = record(a_cancellation(decision_number=f"DON-{number}"), subject=candidacy, version=2)

    async def deliver() -> None:
        await bench.dispatcher.dispatch([cancelled])

    assert await killed_everywhere(engine, deliver) > len(told)
    assert types(await bench.published()) == told
    assert len(await rows(engine, LIVE.format(candidacy))) == held
    # The offset was not committed: the very same record comes again.
    await deliver()
    assert await bench.published() == []
    await holds(desk)
    if not held:
        return

    clock.now = datetime(2027, 1, 6, 20, tzinfo=UTC)

    async def depart() -> None:
        async with bench.transaction(OFFICER) as tx:
            await handlers.depart(tx, UUID(stay), LEFT, "officer-7")

    assert await killed_everywhere(engine, depart) > len(told)
    assert types(await bench.published()) == (["departed", "bed_assigned"] if stage is arrived else ["departed"])
    await depart()
    assert await bench.published() == []
    await holds(desk)


async def holds(desk: Desk) -> None:
    for name, statement in RULES.items():
        assert (name, await rows(desk.bench.engine, statement)) == (name, [])
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)
