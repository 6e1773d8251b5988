"""Deadlines ring, remind and escalate; nothing is decided by them. And the arithmetic of working days."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.domain import Due, Role
from services.selection.handlers.terms import ask_review, meet_deadline, open_deadline
from services.selection.tables import candidacies, deadlines
from services.selection.tests import builders
from services.selection.tests.builders import TODAY, Clock
from shared.testing.kernel import Bench

CHRISTMAS = {date(2026, 12, 25), date(2027, 1, 1)}


def closed(day: date) -> bool:
    return day in CHRISTMAS


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 12, 24), 5, date(2027, 1, 4)),
        (date(2026, 12, 28), -1, date(2026, 12, 24)),
        (date(2026, 12, 25), 0, date(2026, 12, 28)),
        (date(2026, 12, 24), 0, date(2026, 12, 24)),
    ],
)
def test_working_days_skip_weekends_and_holidays_both_ways(start: date, count: int, expected: date) -> None:
    assert domain.add_working_days(start, count, closed) == expected


def test_a_deadline_is_past_only_when_its_last_day_is_over_in_paris() -> None:
    due = date(2026, 12, 1)
    assert domain.next_alarm(due, None, reminded=False).astimezone(UTC) == datetime(2026, 12, 1, 23, tzinfo=UTC)
    last_minute = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    assert domain.escalation(last_minute, due, reminded=False) is domain.Escalation.REMIND
    assert domain.escalation(last_minute + timedelta(minutes=1), due, reminded=False) is domain.Escalation.ESCALATE


async def _with_deadline(bench: Bench, remind_on: date | None) -> UUID:
    async with bench.transaction() as tx:
        # Without an extract, so that the one deadline here is the test's own.
        submission = builders.a_submission(draft=True, facts=builders.some_facts(extract_on=None))
        candidacy_id = await handlers.create_candidacy(tx, submission, builders.POLICY)
        await open_deadline(
            tx, candidacy_id, Due.DEFERRAL, TODAY + timedelta(days=10), owner=Role.SPIP, remind_on=remind_on
        )
    return candidacy_id


async def _row(bench: Bench, candidacy_id: UUID) -> store.AnyRow:
    async with bench.engine.connect() as conn:
        rows = await store.deadline_rows(conn, candidacy_id)
    return next(row for row in rows if row.kind == "deferral")


async def test_a_deadline_reminds_its_owner_then_escalates_and_then_rests(bench: Bench, clock: Clock) -> None:
    candidacy_id = await _with_deadline(bench, TODAY + timedelta(days=5))
    assert await bench.timers.fire() == 0
    clock.now = datetime(2026, 11, 28, 8, tzinfo=UTC)
    assert await bench.timers.fire() == 1
    row = await _row(bench, candidacy_id)
    assert (row.reminded_at, row.escalated_at) == (clock.now, None)
    clock.now = datetime(2026, 12, 3, 23, 30, tzinfo=UTC)
    assert await bench.timers.fire() == 1
    assert (await _row(bench, candidacy_id)).escalated_at == clock.now
    clock.now += timedelta(days=100)
    assert await bench.timers.fire() == 0
    async with bench.engine.connect() as conn:
        (listed,) = await store.overdue(conn, domain.date_in_paris(clock.now), builders.SITE, after=None, limit=10)
        state = (await conn.execute(sa.select(candidacies.c.state))).scalar_one()
    assert (listed.kind, listed.candidacy_id) == ("deferral", candidacy_id)
    assert state == "draft"


async def test_what_was_met_never_rings(bench: Bench, clock: Clock) -> None:
    candidacy_id = await _with_deadline(bench, None)
    async with bench.transaction() as tx:
        await meet_deadline(tx, Due.DEFERRAL, candidacy_id)
    clock.now += timedelta(days=30)
    assert await bench.timers.fire() == 0
    assert (await _row(bench, candidacy_id)).met_at is not None


async def test_an_alarm_that_was_ringing_while_the_deadline_was_met_changes_nothing(bench: Bench, clock: Clock) -> None:
    candidacy_id = await _with_deadline(bench, None)
    async with bench.engine.begin() as conn:
        # As it lies when another transaction meets it between the timer's lock and its handler.
        await conn.execute(sa.update(deadlines).values(met_at=clock.now))
    clock.now += timedelta(days=30)
    await bench.timers.fire()
    assert (await _row(bench, candidacy_id)).escalated_at is None


async def test_an_alarm_that_rings_after_an_outage_beyond_the_due_date_escalates_at_once(
    bench: Bench, clock: Clock
) -> None:
    candidacy_id = await _with_deadline(bench, TODAY + timedelta(days=5))
    clock.now += timedelta(days=40)
    assert await bench.timers.fire() == 1
    row = await _row(bench, candidacy_id)
    assert (row.reminded_at, row.escalated_at) == (None, clock.now)


async def test_a_closed_file_has_nothing_due(bench: Bench, clock: Clock) -> None:
    candidacy_id = await _with_deadline(bench, None)
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    clock.now += timedelta(days=30)
    assert await bench.timers.fire() == 0
    async with bench.engine.connect() as conn:
        still_due = sa.select(sa.func.count()).select_from(deadlines).where(deadlines.c.met_at.is_(None))
        assert (await conn.execute(still_due)).scalar_one() == 0


async def test_a_file_is_on_the_review_list_once_per_cause_with_the_newest_detail(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        await ask_review(tx, candidacy_id, domain.Cause.RESULT_CHANGED, {"now": "deferred"})
        await ask_review(tx, candidacy_id, domain.Cause.RESULT_CHANGED, {"now": "unfavourable"})
        (row,) = await store.open_reviews(tx.conn, candidacy_id)
        assert row.detail == {"now": "unfavourable"}
        assert await store.close_reviews(tx.conn, candidacy_id, outcome="kept", by="director-1", at=tx.now) == 1
        assert await store.open_reviews(tx.conn, candidacy_id) == []
