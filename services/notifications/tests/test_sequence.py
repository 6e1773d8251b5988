"""Each notice of a subscription has the number after the one before: a partner sees a gap, and can fill it."""

import asyncio
import json
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens
from shared.testing.waiting import eventually


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def approvals(desk: Desk, number: int) -> list[UUID]:
    """So many approvals, one after the other."""
    people = [uuid7() for _ in range(number)]
    for one in people:
        await desk.bench.deliver(an_approval(), subject=one)
        desk.clock.forward(timedelta(milliseconds=5))  # type: ignore[attr-defined]
    return people


async def pulled(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, count: int) -> list[dict[str, Any]]:
    """The feed from its beginning, once it has so many envelopes."""
    async with engine.connect() as conn:
        partner = (await conn.execute(sa.text("SELECT id FROM partners"))).scalar_one()

    async def enough() -> list[dict[str, Any]]:
        answer = await api.get("/v1/partner/feed", headers=tokens.bearer("partner", partner=str(partner)))
        items: list[dict[str, Any]] = answer.json()["items"]
        assert len(items) == count
        return items

    return await eventually(enough)


async def test_notices_are_numbered_in_their_order_and_the_number_is_signed(desk: Desk, receiver: Receiver) -> None:
    await approvals(desk, 5)
    async with desk.working():
        rows = await desk.become(*["delivered"] * 5)
    told = dict(zip(receiver.ids, receiver.notices, strict=True))
    assert [told[str(row.id)]["sequence"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]


async def test_a_notice_keeps_its_number_and_its_bytes_when_it_is_sent_again(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500), answering(500)]
    await approvals(desk, 1)
    async with desk.working():
        for number in (1, 2):
            (row,) = await desk.tried(number)
            clock.forward(row.next_attempt_at - clock.now)
        (row,) = await desk.become("delivered")
    assert [one["sequence"] for one in receiver.notices] == [1, 1, 1]
    assert json.loads(row.body) == receiver.notices[0]
    assert (await desk.subscription(row.subscription_id)).last_sequence == 1


async def test_claims_at_once_never_give_a_number_twice_nor_leave_one_out(desk: Desk) -> None:
    await approvals(desk, 40)
    claimed = await asyncio.gather(*(desk.claim() for _ in range(8)))
    assert sorted(json.loads(one.body)["sequence"] for many in claimed for one in many) == list(range(1, 41))


async def test_a_claim_that_is_rolled_back_leaves_no_hole(desk: Desk, engine: AsyncEngine) -> None:
    await approvals(desk, 1)
    async with engine.connect() as conn:
        (first,) = await desk.claim_on(conn)
        await conn.rollback()
    assert json.loads(first.body)["sequence"] == 1
    (claimed,) = await desk.claim()
    assert json.loads(claimed.body)["sequence"] == 1


async def test_what_became_void_before_it_was_sent_has_no_number(desk: Desk, receiver: Receiver) -> None:
    await desk.approve()
    await desk.withdraw()
    await approvals(desk, 1)
    async with desk.working():
        await desk.become("cancelled", "delivered")
    assert [one["sequence"] for one in receiver.notices] == [1]


async def test_the_feed_gives_numbers_to_what_was_not_sent_yet_and_sending_keeps_them(
    desk: Desk, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await approvals(desk, 3)
    items = await pulled(api, tokens, engine, 3)
    assert [one["sequence"] for one in items] == [one["body"]["sequence"] for one in items] == [1, 2, 3]
    assert await pulled(api, tokens, engine, 3) == items
    async with desk.working():
        await desk.become(*["delivered"] * 3)
    assert sorted(one["sequence"] for one in receiver.notices) == [1, 2, 3]
    assert {one["id"]: one["body"] for one in items} == dict(zip(receiver.ids, receiver.notices, strict=True))


async def test_pulls_and_claims_at_once_share_one_row_of_numbers(
    desk: Desk, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await approvals(desk, 30)
    await asyncio.gather(*(desk.claim() for _ in range(4)), *(pulled(api, tokens, engine, 30) for _ in range(4)))
    numbers = [row.sequence for row in await desk.rows()]
    assert sorted(numbers) == list(range(1, 31))


async def test_a_number_whose_notice_was_withdrawn_unread_is_explained_by_the_feed(
    desk: Desk, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, unused_tcp_port: int
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(f"UPDATE subscriptions SET url = 'http://127.0.0.1:{unused_tcp_port}/'"))
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    await desk.withdraw()
    (item,) = await pulled(api, tokens, engine, 1)
    assert (item["sequence"], item["body"], item["withheld"]) == (1, None, "withdrawn")


async def test_notices_of_one_person_never_overtake_each_other(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    """Approved, withdrawn, approved again: a partner that is told them out of order would lose the person."""
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        receiver.answers = [answering(500)]
        await desk.withdraw()
        await desk.tried(2)
        await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=3)
        (_, behind) = await approvals(desk, 2)
        # Others go on meanwhile.
        await desk.become("delivered", "pending", "pending", "delivered", "delivered")
        clock.forward(timedelta(minutes=1))
        rows = await desk.become(*["delivered"] * 5)
    assert behind == rows[-1].candidacy_id
    theirs = [str(row.id) for row in rows[:3]]
    assert [one for one in receiver.ids if one in theirs] == [theirs[0], theirs[1], theirs[1], theirs[2]]


async def test_a_partner_that_does_not_want_order_gets_none(
    desk: Desk, receiver: Receiver, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET ordered = false"))
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        receiver.answers = [answering(500)]
        await desk.withdraw()
        await desk.tried(2)
        await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=3)
        rows = await desk.become("delivered", "pending", "delivered")
    assert all(one.id < other.id for one, other in pairwise(rows))
