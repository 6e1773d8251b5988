"""What has not ended is due, scheduled or held; what is none of them is counted as forgotten."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.store.figures import Figures, figures
from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.worker import Desk

NOTHING = Figures(0, 0, 0, 0, 0.0)


async def found(desk: Desk) -> Figures:
    async with desk.engine.connect() as conn:
        return await figures(conn, desk.clock())


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


async def test_each_delivery_that_has_not_ended_is_counted_once(desk: Desk, clock: SettableClock) -> None:
    assert await found(desk) == NOTHING
    await desk.approve()
    clock.forward(timedelta(seconds=90))
    assert await found(desk) == NOTHING._replace(due=1, oldest_due_seconds=90.0)
    await desk.bench.deliver(an_approval(), subject=uuid7())
    assert (await found(desk)).due == 2
    await change(desk.engine, "UPDATE subscriptions SET paused_until = '2100-01-01'")
    assert await found(desk) == NOTHING._replace(held=2)
    await change(desk.engine, "UPDATE subscriptions SET state = 'proposed', paused_until = NULL")
    assert await found(desk) == NOTHING._replace(held=2)
    await change(desk.engine, "UPDATE subscriptions SET state = 'active'")
    await desk.claim()
    assert await found(desk) == NOTHING._replace(scheduled=2)


async def test_what_waits_for_an_earlier_one_about_the_same_person_wakes_nobody(
    desk: Desk, clock: SettableClock
) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET next_attempt_at = next_attempt_at + interval '5 hours'")
    await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=2)
    clock.forward(timedelta(hours=2))
    assert await desk.claim() == []
    assert await found(desk) == NOTHING._replace(scheduled=2)
    await change(desk.engine, "UPDATE subscriptions SET ordered = false")
    assert await found(desk) == NOTHING._replace(due=1, scheduled=1, oldest_due_seconds=7200.0)


async def test_a_retraction_waits_for_an_attempt_under_way_and_is_forgotten_without_one(desk: Desk) -> None:
    await desk.approve()
    await desk.claim()
    await desk.withdraw()
    assert await desk.states() == ["pending", "waiting"]
    assert await found(desk) == NOTHING._replace(scheduled=2)
    # Nothing of ours does this: the figure is for what nobody thought of.
    await change(desk.engine, "UPDATE deliveries SET lease_token = NULL, lease_until = NULL")
    assert (await found(desk)).forgotten == 1


async def test_endpoints_that_are_gone_are_counted(desk: Desk) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'disabled'")
    assert await found(desk) == NOTHING._replace(disabled=1)


async def test_whatever_ends_is_counted_no_more(desk: Desk) -> None:
    await desk.approve()
    for state in ("delivered", "failed", "cancelled"):
        await change(desk.engine, f"UPDATE deliveries SET state = '{state}', next_attempt_at = NULL")
        assert await found(desk) == NOTHING, state
