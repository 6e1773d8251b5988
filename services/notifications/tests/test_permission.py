"""What may be told is asked at every attempt; what was told of whom is kept, and shown for a purpose."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering, hanging_up
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.messaging.verdicts import sqlstate
from shared.testing.api import Tokens

MINUTE = timedelta(minutes=1)
FAILED = "notifications.delivery.partner_alert_failed.v1"


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def said(engine: AsyncEngine, statement: str) -> Sequence[sa.Row[Any]]:
    async with engine.begin() as conn:
        return (await conn.execute(sa.text(statement))).all()


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("change_of_mind", "reason"),
    [
        ("UPDATE partners SET convention_to = current_date", "convention_ended"),
        ("UPDATE partners SET convention_from = current_date + 2", "convention_ended"),
        ("UPDATE approvals SET allowed = '{training_body}'", "not_allowed"),
        ("UPDATE approvals SET ordered = '{training_body}'", "not_allowed"),
        ("UPDATE approvals SET decision_number = 'DON-2026-0099'", "not_allowed"),
        ("DELETE FROM approvals", "not_allowed"),
    ],
)
async def test_what_may_not_be_told_any_more_is_refused_at_the_next_attempt(
    desk: Desk, receiver: Receiver, clock: SettableClock, change_of_mind: str, reason: str
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    await change(desk.engine, change_of_mind)
    await desk.bench.published()
    clock.forward(MINUTE)
    async with desk.working():
        (row,) = await desk.become("refused")
    assert (len(receiver.ids), row.body, row.attempts, row.next_attempt_at) == (1, b"", 1, None)
    (told,) = await desk.bench.published()
    assert (told.event_type, told.body["reason"]) == (FAILED, reason)


async def test_a_retraction_goes_to_who_was_told_even_after_the_convention(desk: Desk, receiver: Receiver) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    await change(desk.engine, "UPDATE partners SET convention_to = current_date")
    await desk.withdraw()
    async with desk.working():
        await desk.become("delivered", "delivered")
    assert [one["type"] for one in receiver.notices] == ["candidacy.approved", "candidacy.withdrawn"]


async def test_a_notice_that_was_refused_stays_so_when_it_is_withdrawn(desk: Desk, receiver: Receiver) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE partners SET convention_to = current_date")
    async with desk.working():
        await desk.become("refused")
    await desk.withdraw()
    assert await desk.states() == ["refused"]
    assert receiver.ids == []


async def test_each_attempt_that_may_have_been_read_is_kept_and_no_other(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500), hanging_up]
    await desk.approve()
    for number in (1, 2):
        async with desk.working():
            await desk.tried(number)
        clock.forward(MINUTE)
    async with desk.working():
        (row,) = await desk.become("delivered")
    kept = await said(desk.engine, "SELECT attempt, certain, notice, decision_number FROM disclosures ORDER BY attempt")
    assert [tuple(one) for one in kept] == [
        (number, number == row.attempts, "candidacy.approved", row.decision_number) for number in (1, 2, 3)
    ]
    for edit in ("UPDATE disclosures SET certain = true", "DELETE FROM disclosures", "DELETE FROM reads"):
        with pytest.raises(DBAPIError) as refused:
            await change(desk.engine, edit)
        assert sqlstate(refused.value) == "23001"


async def test_an_attempt_whose_worker_never_came_back_may_have_been_read(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    await desk.approve()
    await desk.claim()
    clock.forward(MINUTE)
    async with desk.working():
        await desk.become("delivered")
    kept = await said(desk.engine, "SELECT attempt, certain FROM disclosures ORDER BY attempt")
    assert [tuple(one) for one in kept] == [(1, False), (2, True)]


async def test_what_never_left_is_no_disclosure(desk: Desk, receiver: Receiver) -> None:
    await change(desk.engine, "UPDATE subscriptions SET url = 'http://127.0.0.1:1/hook'")
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    assert await said(desk.engine, "SELECT id FROM disclosures") == []


async def test_the_log_is_shown_for_a_purpose_and_the_read_is_kept(
    desk: Desk, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    path = f"/v1/disclosures?candidacy_id={desk.candidacy}"
    bare = await api.get(path, headers=tokens.bearer("inspector"))
    assert (bare.status_code, bare.json()["code"]) == (400, "purpose-missing")
    stranger = await api.get(path, headers=tokens.bearer("spip") | {"Purpose": "inspection"})
    assert stranger.status_code == 403
    answer = await api.get(path, headers=tokens.bearer("inspector") | {"Purpose": "access_request"})
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["items"]
    assert (one["certain"], one["partner"], one["notice"]) == (
        True,
        "Mission locale des Ardennes",
        "candidacy.approved",
    )
    assert one["reference"] == receiver.notices[0]["data"]["reference"]
    kept = await said(desk.engine, "SELECT reader_function, purpose, candidacy_id FROM reads")
    assert [tuple(row) for row in kept] == [("inspector", "access_request", UUID(str(desk.candidacy)))]


async def test_a_claim_that_sent_nothing_and_whose_worker_never_came_back_told_nobody(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    # The first attempt cannot be read by anybody, the second is not made.
    await change(desk.engine, "UPDATE subscriptions SET url = 'http://127.0.0.1:1/hook'")
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    await change(desk.engine, "UPDATE partners SET convention_to = current_date")
    clock.forward(MINUTE)
    (claimed,) = await desk.claim()
    assert claimed.forbidden == "convention_ended"
    clock.forward(MINUTE)
    async with desk.working():
        (row,) = await desk.become("refused")
    assert row.reached is False
    assert await said(desk.engine, "SELECT id FROM disclosures") == []
    # Nobody was told, so nobody hears that it is no longer so.
    await desk.withdraw()
    assert await desk.states() == ["refused"]
