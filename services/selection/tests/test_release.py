"""The window before a release opens once, on its day, for a file that still stands; whatever happens to processes."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.consumers import consumer
from services.selection.domain import Policy
from services.selection.tables import candidacies, file_history
from services.selection.tests import builders
from services.selection.tests.builders import Clock, record_penal, some_facts
from services.selection.tests.steps import approved, kinds
from services.selection.tests.test_handlers import everything
from services.selection.tests.test_penal import LATER
from shared.messaging.tables import timer
from shared.testing.kernel import Bench

OPENS = datetime(2028, 5, 22, 22, 0, tzinfo=UTC)
"""Midnight in Paris of the day six months before the projected exit of the test files."""
BEFORE = OPENS - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("projected_exit", "months", "opens"),
    [
        (date(2028, 11, 23), 6, OPENS),
        (date(2028, 8, 31), 6, datetime(2028, 2, 28, 23, tzinfo=UTC)),
        (date(2029, 8, 31), 6, datetime(2029, 2, 27, 23, tzinfo=UTC)),
        (date(2028, 11, 23), 0, datetime(2028, 11, 22, 23, tzinfo=UTC)),
    ],
)
def test_the_window_opens_months_before_the_exit_by_the_calendar_of_paris(
    projected_exit: date, months: int, opens: datetime
) -> None:
    assert domain.release_window(projected_exit, Policy(release_window_months=months)) == opens


async def quiet(bench: Bench) -> None:
    """The registry's deadlines are another matter."""
    async with bench.engine.begin() as conn:
        await conn.execute(sa.delete(timer).where(timer.c.kind == handlers.DEADLINE))


async def an_approval(bench: Bench, **overrides: Any) -> UUID:
    candidacy_id, _ = await approved(bench, **overrides)
    await quiet(bench)
    return candidacy_id


async def test_it_opens_on_its_day_and_once(bench: Bench, clock: Clock) -> None:
    candidacy_id = await an_approval(bench)
    async with bench.engine.connect() as conn:
        before = await store.candidacy_row(conn, candidacy_id)
    clock.now = BEFORE
    assert await bench.fire_timers() == []
    clock.now = OPENS
    (event,) = await bench.fire_timers()
    assert (event.event_type, event.body, event.key) == (
        "selection.candidacy.release_window_opened.v1",
        {},
        candidacy_id,
    )
    assert event.headers["ce_aggregateversion"] == str(before.version + 1)
    async with bench.engine.connect() as conn:
        after = await store.candidacy_row(conn, candidacy_id)
        line = (await conn.execute(sa.select(file_history).order_by(file_history.c.version.desc()).limit(1))).one()
    assert (after.version, after.state, after.release_window_opened_at) == (before.version + 1, "approved", OPENS)
    assert (line.act, line.officer, line.version) == ("release_window_opened", "", after.version)
    clock.now += timedelta(days=400)
    assert await bench.fire_timers() == []


async def test_it_survives_a_restart_and_fires_once_with_two_workers(bench: Bench, clock: Clock) -> None:
    await an_approval(bench)
    clock.now = OPENS + timedelta(days=3)
    workers = [Bench(bench.engine, consumer, site="DON", clock=clock) for _ in range(2)]
    await asyncio.gather(*(worker.timers.fire() for worker in workers))
    assert kinds(await bench.published()) == ["candidacy.release_window_opened"]


async def test_it_moves_with_the_exit(bench: Bench, clock: Clock) -> None:
    candidacy_id = await an_approval(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
    await quiet(bench)
    await bench.published()
    clock.now = OPENS
    assert await bench.fire_timers() == []
    clock.now = datetime(2028, 7, 30, 22, tzinfo=UTC)
    assert kinds(await bench.fire_timers()) == ["candidacy.release_window_opened"]


async def test_an_exit_that_moves_after_the_window_was_opened_does_not_open_it_again(
    bench: Bench, clock: Clock
) -> None:
    candidacy_id = await an_approval(bench)
    clock.now = OPENS
    assert kinds(await bench.fire_timers()) == ["candidacy.release_window_opened"]
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER, extract_on=date(2028, 5, 22))
    await quiet(bench)
    await bench.published()
    clock.now += timedelta(days=400)
    assert await bench.fire_timers() == []


async def test_an_exit_that_is_not_known_any_more_has_no_window(bench: Bench, clock: Clock) -> None:
    candidacy_id = await an_approval(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=None)
    await quiet(bench)
    await bench.published()
    clock.now = OPENS
    assert await bench.fire_timers() == []


async def test_a_file_that_closes_has_no_window(bench: Bench, clock: Clock) -> None:
    candidacy_id = await an_approval(bench)
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    await bench.published()
    async with bench.engine.connect() as conn:
        assert (await conn.execute(sa.select(timer))).all() == []
    clock.now = OPENS
    assert await bench.fire_timers() == []


@pytest.mark.parametrize(
    "values", [{"state": "withdrawn"}, {"sentence_end": LATER}, {"release_window_opened_at": builders.NOW}]
)
async def test_a_timer_that_rings_for_a_file_that_changed_does_nothing(
    bench: Bench, clock: Clock, values: dict[str, Any]
) -> None:
    await an_approval(bench)
    async with bench.engine.begin() as conn:
        await conn.execute(sa.update(candidacies).values(values))
    before = await everything(bench)
    clock.now = OPENS
    assert await bench.fire_timers() == []
    assert await everything(bench) == before


async def test_a_timer_does_not_wait_for_who_works_on_the_file_and_rings_again(bench: Bench, clock: Clock) -> None:
    candidacy_id = await an_approval(bench)
    clock.now = OPENS
    async with bench.transaction() as tx:
        await store.lock_file(tx.conn, candidacy_id)
        assert await bench.fire_timers() == []
    clock.now += timedelta(minutes=5)
    assert kinds(await bench.fire_timers()) == ["candidacy.release_window_opened"]


async def test_a_window_that_is_open_at_the_approval_is_said_at_once(bench: Bench) -> None:
    policy = Policy(release_window_months=24)
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx, facts=some_facts(sentence_end=date(2028, 1, 31)))
        shown = await handlers.preview_effects(tx.conn, candidacy_id, tx.now, builders.SITE, policy)
        order = handlers.ApprovalOrder(
            shown.opinion_id, shown.approval.effects.listed(), builders.GROUNDS, builders.DIRECTOR
        )
        await handlers.approve(tx, candidacy_id, order, builders.DECIDING, policy)
    await bench.published()
    assert kinds(await bench.fire_timers()) == ["candidacy.release_window_opened"]
