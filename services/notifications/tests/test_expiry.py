"""Bodies and attempts of deliveries that ended long ago are cleared away; who was told what stays."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.consumers import consumer
from services.notifications.domain import Refusal, State, next_night, refuse_resend
from services.notifications.handlers import EXPIRY, Expiry, begin_expiry, expiring
from services.notifications.handlers.expiry import PAUSE
from services.notifications.store.deliveries import make_due
from services.notifications.tests.account import Account
from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging import at
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

KEEP = timedelta(days=90)


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def night(desk: Desk, clock: SettableClock) -> Bench:
    """A worker's timers, with chunks of two."""
    row = at(EXPIRY, Expiry, expiring(KEEP, chunk=2))
    return Bench(desk.engine, replace(consumer, rows=(*consumer.rows, row)), clock=clock)


async def begun(desk: Desk) -> None:
    async with desk.transaction() as tx:
        await begin_expiry(tx)


async def all_of(engine: AsyncEngine, statement: str) -> Sequence[sa.Row[Any]]:
    async with engine.connect() as conn:
        return (await conn.execute(sa.text(statement))).all()


async def change(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement), values)


async def bodies(desk: Desk) -> list[bool]:
    """Of each delivery, the oldest first, whether it has its body."""
    return [bool(row.body) for row in await desk.rows()]


async def delivered(desk: Desk) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")


async def test_what_ended_is_kept_for_ninety_days_and_then_cleared_away_but_for_the_row(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    await delivered(desk)
    (before,) = await desk.rows()
    told = await all_of(desk.engine, "SELECT * FROM disclosures")
    clock.forward(KEEP)
    await begun(desk)
    await night.fire_timers()
    assert (await bodies(desk), len(await desk.tries())) == ([True], 1)
    clock.now = next_night(clock.now)
    await night.fire_timers()
    (row,) = await desk.rows()
    assert {**before._mapping, "body": b""} == dict(row._mapping)
    assert await desk.tries() == []
    assert await all_of(desk.engine, "SELECT * FROM disclosures") == told
    # The event is still known: it is told to nobody a second time.
    await desk.approve()
    assert len(await desk.rows()) == 1


async def test_what_is_still_to_be_sent_is_left_alone_however_old(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    clock.forward(KEEP * 2)
    await begun(desk)
    await night.fire_timers()
    assert (await bodies(desk), len(await desk.tries())) == ([True], 1)


async def test_what_ended_lately_without_being_tried_is_kept(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    await delivered(desk)
    clock.forward(KEEP + timedelta(seconds=1))
    # In the same chunk as something old.
    await desk.bench.deliver(an_approval(), subject=uuid7())
    await change(desk.engine, "UPDATE deliveries SET state = 'cancelled', next_attempt_at = NULL")
    await begun(desk)
    await night.fire_timers()
    assert await bodies(desk) == [False, True]


async def test_what_is_just_being_sent_again_keeps_its_body(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    await delivered(desk)
    clock.forward(KEEP + timedelta(seconds=1))
    await begun(desk)
    (row,) = await desk.rows()
    async with desk.engine.begin() as conn:
        await make_due(conn, row.id, clock.now)
        firing = asyncio.ensure_future(night.fire_timers())

        async def waits() -> bool:
            assert not firing.done()
            waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            return bool(await all_of(desk.engine, waiting))

        await eventually(waits)
    await firing
    assert await bodies(desk) == [True]
    assert await all_of(desk.engine, "SELECT kind FROM messaging.timer WHERE attempts > 0") == []


async def test_what_was_tried_lately_is_not_old(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    await delivered(desk)
    await change(desk.engine, "UPDATE deliveries SET created_at = :at", at=clock.now - KEEP * 2)
    await begun(desk)
    await night.fire_timers()
    assert (await bodies(desk), len(await desk.tries())) == ([True], 1)


async def test_it_is_done_chunk_by_chunk_and_goes_on_where_it_was_cut_off(
    desk: Desk, night: Bench, clock: SettableClock
) -> None:
    for _ in range(5):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    await change(desk.engine, "UPDATE deliveries SET state = 'cancelled', next_attempt_at = NULL")
    clock.forward(KEEP + timedelta(seconds=1))
    await begun(desk)
    await begun(desk)
    seen = []
    for _ in range(3):
        # The place is in the timer, so that another worker goes on there.
        await night.fire_timers()
        await begun(desk)
        seen.append((await bodies(desk)).count(False))
        clock.forward(PAUSE)
    assert seen == [2, 4, 5]
    await night.fire_timers()
    (timer,) = await all_of(desk.engine, "SELECT kind, due, attempts FROM messaging.timer")
    assert tuple(timer) == (EXPIRY, next_night(clock.now), 0)


async def test_a_partner_is_told_that_what_it_pulls_is_too_old(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock, account: Account
) -> None:
    await delivered(desk)
    clock.forward(KEEP + timedelta(seconds=1))
    await begun(desk)
    await night.fire_timers()
    # Other databases' transactions may hold it back for a moment.
    (pulled,) = await eventually(lambda: account.get("feed"))
    assert (pulled["body"], pulled["withheld"], pulled["sequence"]) == (None, "expired", 1)
    (seen,) = await account.get("deliveries")
    assert (seen["expired"], seen["state"], seen["attempts"]) == (True, "delivered", [])
    assert len(await all_of(desk.engine, "SELECT * FROM disclosures")) == 1


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_what_has_no_body_is_not_sent_again(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock, account: Account, state: str
) -> None:
    if state == "failed":
        receiver.answers = [answering(500)]
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET attempts = 8")
    async with desk.working():
        (row,) = await desk.become(state)
    clock.forward(KEEP + timedelta(seconds=1))
    await begun(desk)
    await night.fire_timers()
    answer = await account.post(f"deliveries/{row.id}/resend", {"reason": "lost_by_partner"})
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery-expired")


async def test_an_officer_is_told_so_too(
    desk: Desk, night: Bench, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET state = 'failed', next_attempt_at = NULL, body = ''")
    (row,) = await desk.rows()
    headers = tokens.bearer("partner_admin") | once()
    answer = await api.post(f"/v1/deliveries/{row.id}/retry", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery-expired")
    (shown,) = (await api.get("/v1/deliveries", headers=tokens.bearer("operator"))).json()["items"]
    assert shown["expired"]
    # Whatever else makes it due by mistake: nothing without a body is ever sent.
    with pytest.raises(IntegrityError, match="ck_deliveries_nothing_left"):
        await change(desk.engine, "UPDATE deliveries SET state = 'pending', next_attempt_at = now()")


async def test_what_has_expired_is_still_taken_back(
    desk: Desk, receiver: Receiver, night: Bench, clock: SettableClock
) -> None:
    await delivered(desk)
    clock.forward(KEEP + timedelta(seconds=1))
    await begun(desk)
    await night.fire_timers()
    await desk.withdraw()
    assert await desk.states() == ["delivered", "pending"]
    assert await bodies(desk) == [False, True]


def test_what_is_no_longer_true_is_said_to_be_so_first() -> None:
    assert refuse_resend(State.FAILED, withdrawn=True, expired=True, gone=True) == Refusal.DELIVERY_WITHDRAWN
    assert refuse_resend(State.FAILED, withdrawn=False, expired=True, gone=True) == Refusal.DELIVERY_EXPIRED


@pytest.mark.parametrize(
    ("now", "night_"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC)),
        (datetime(2026, 11, 23, 1, 59, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC)),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), datetime(2026, 11, 25, 2, tzinfo=UTC)),
        (datetime(2026, 7, 1, 9, tzinfo=UTC), datetime(2026, 7, 2, 1, tzinfo=UTC)),
    ],
)
def test_the_next_night_is_frances(now: datetime, night_: datetime) -> None:
    assert next_night(now) == night_
