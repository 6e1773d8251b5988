"""Every morning it is said how much waits for which function: right counts of what is there, and nothing of anybody."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.selection import domain, handlers
from services.selection.domain import Due, Role
from services.selection.handlers.terms import ask_review, meet_deadline, open_deadline
from services.selection.tables import deadlines
from services.selection.tests import builders
from services.selection.tests.builders import Clock
from shared.contracts.selection import SelectionMatter
from shared.messaging import Consumer, at
from shared.messaging.serve import beginning
from shared.messaging.tables import timer
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
OPERATOR = {"reply_missing": 0, "held_keys": 0, "dead_events": 0}
NOBODY = {
    "spip": {"late": 0, "due_soon": 0, "to_review": 0, "to_complete": 0},
    "registry": {"late": 0, "due_soon": 0, "to_review": 0, "to_complete": 0},
    "head": {"late": 0, "due_soon": 0, "to_review": 0, "level_passed": 0},
    "decision_authority": {"late": 0, "due_soon": 0, "to_review": 0, "to_sign": 0},
    "operator": OPERATOR,
}


@pytest.fixture
def morning(engine: AsyncEngine, clock: Clock) -> Bench:
    """The timer alone, where three days are promised for what the criteria say."""
    counting = handlers.counting(domain.Policy(level_complete_days=3, level_decided_days=3))
    return Bench(engine, Consumer("selection", (at(handlers.DESK, handlers.Desk, counting),)), clock=clock)


async def said(morning: Bench) -> dict[str, dict[str, int]]:
    """What the one event of the morning counts."""
    async with morning.transaction() as tx:
        await handlers.begin_counting(tx)
    (event,) = await morning.fire_timers()
    assert event.event_type == "selection.desk.waiting_counted.v1"
    assert event.body.keys() == {"day", "counts"}
    counts: dict[str, dict[str, int]] = event.body["counts"]
    return counts


async def only_these_are_due(bench: Bench, *due: tuple[UUID, Due, date, Role]) -> None:
    async with bench.transaction() as tx:
        await tx.conn.execute(sa.update(deadlines).values(met_at=tx.now))
        for candidacy_id, kind, on, owner in due:
            await open_deadline(tx, candidacy_id, kind, on, owner=owner)


async def test_where_nothing_waits_every_function_is_said_to_have_nothing(morning: Bench) -> None:
    assert await said(morning) == NOBODY
    assert {matter for matters in NOBODY.values() for matter in matters} == set(SelectionMatter)


async def test_each_function_has_what_waits_for_it(morning: Bench, bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        drafted = await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY)
        await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        assessed, _ = await builders.an_assessed_candidacy(tx)
        await builders.an_approved_candidacy(tx)
        closed = await builders.an_approved_candidacy(tx)
        await ask_review(tx, closed, domain.Cause.ENTRY_PASSED, {})
        await builders.withdraw(tx, closed)
        await ask_review(tx, assessed, domain.Cause.DORMANT, {})
        await ask_review(tx, drafted, domain.Cause.DORMANT, {})
    await only_these_are_due(bench)
    await bench.published()
    clock.now = FRIDAY
    counts = await said(morning)
    assert counts == {
        "spip": NOBODY["spip"] | {"to_review": 2, "to_complete": 2},
        "registry": NOBODY["registry"] | {"to_review": 2, "to_complete": 2},
        # The file that was handed in waits for longer than promised twice over, and is one file.
        "head": NOBODY["head"] | {"to_review": 2, "level_passed": 2},
        "decision_authority": NOBODY["decision_authority"] | {"to_review": 2, "to_sign": 1},
        # Its three replies are missing, and it is one file.
        "operator": OPERATOR | {"reply_missing": 1},
    }


async def test_deadlines_are_late_or_due_within_three_working_days_by_who_owes_them(
    morning: Bench, bench: Bench, clock: Clock
) -> None:
    async with bench.transaction() as tx:
        one, other = [
            await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY) for _ in range(2)
        ]
    friday, wednesday = FRIDAY.date(), date(2026, 12, 2)
    await only_these_are_due(
        bench,
        (one, Due.ADVICE, friday - timedelta(1), Role.SPIP),
        (one, Due.DEFERRAL, friday, Role.SPIP),
        (other, Due.ADVICE, wednesday, Role.SPIP),
        (other, Due.DEFERRAL, wednesday + timedelta(1), Role.SPIP),
        (one, Due.OBSERVATIONS, wednesday, Role.HEAD),
        (one, Due.DECISION, friday - timedelta(9), Role.DECISION_AUTHORITY),
        (other, Due.EXTRACT, friday, Role.REGISTRY),
        # The person's own time, which nobody has to keep.
        (one, Due.APPEAL_PERIOD, friday, Role.SPIP),
    )
    async with bench.transaction() as tx:
        await meet_deadline(tx, Due.EXTRACT, other)
    await bench.published()
    clock.now = FRIDAY
    counts = await said(morning)
    assert {role: (matters["late"], matters["due_soon"]) for role, matters in counts.items() if role != "operator"} == {
        "spip": (1, 2),
        "registry": (0, 0),
        "head": (0, 1),
        "decision_authority": (1, 0),
    }


async def test_operators_have_what_is_held_and_dead(morning: Bench) -> None:
    async with morning.engine.begin() as conn:
        await conn.execute(
            sa.text(
                "INSERT INTO messaging.parked_key (consumer, topic, key, since, attempts, reason_code)"
                " SELECT 'selection', 'placement.stay.v1', text::bytea, now(), 1, 'unexpected'"
                " FROM unnest(ARRAY['1', '2']) AS text"
            )
        )
        await conn.execute(
            sa.text(
                "INSERT INTO messaging.failed_event (consumer, topic, partition, kafka_offset, record_time,"
                " header_names, header_values, state, reason_code, attempts, first_failed_at, last_failed_at)"
                " SELECT 'selection', 'placement.stay.v1', 0, number, now(), '{}', '{}',"
                " CASE number WHEN 1 THEN 'dead' ELSE 'parked' END, 'unexpected', 1, now(), now()"
                " FROM generate_series(1, 3) AS number"
            )
        )
    assert (await said(morning))["operator"] == OPERATOR | {"held_keys": 2, "dead_events": 1}


async def test_it_is_said_once_a_day_at_six_in_paris_from_the_first_start_on(morning: Bench, clock: Clock) -> None:
    await said(morning)
    async with morning.transaction() as tx:
        await handlers.begin_counting(tx)
    days = []
    # Six in Paris is five or four in UTC: the clocks go forward on 28 March 2027.
    for due in (datetime(2026, 11, 24, 5, tzinfo=UTC), datetime(2027, 3, 28, 4, tzinfo=UTC)):
        async with morning.engine.connect() as conn:
            assert (await conn.execute(sa.select(timer.c.kind, timer.c.due))).all() == [("desk", due)]
        clock.now = due - timedelta(seconds=1)
        assert await morning.fire_timers() == []
        clock.now = due
        (event,) = await morning.fire_timers()
        days.append((event.body["day"], event.headers["ce_aggregateversion"], event.topic))
        # On to the day before the second one, which a worker that was down comes to late.
        clock.now = datetime(2027, 3, 27, 20, tzinfo=UTC)
        await morning.fire_timers()
    numbers = [str(date(2026, 11, 24).toordinal()), str(date(2027, 3, 28).toordinal())]
    assert days == [("2026-11-24", numbers[0], "selection.desk.v1"), ("2027-03-28", numbers[1], "selection.desk.v1")]


async def test_a_worker_has_it_begun(engine: AsyncEngine) -> None:
    async def begun() -> bool:
        async with engine.connect() as conn:
            return (await conn.execute(sa.select(timer.c.kind))).scalars().all() == ["desk"]

    background = beginning("selection", "DON", handlers.begin_counting)(engine, lambda _: None)
    running = asyncio.ensure_future(background.run())
    try:
        await eventually(begun)
    finally:
        running.cancel()
