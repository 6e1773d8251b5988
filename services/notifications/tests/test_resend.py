"""A delivery is sent again by hand: the same thing, asked about again, noted, and no news to anybody else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Refusal, State, refuse_resend
from services.notifications.tests.account import Account
from services.notifications.tests.builders import a_withdrawal, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.messaging.verdicts import sqlstate
from shared.testing.api import Tokens, once

Resending = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def resend(api: httpx.AsyncClient, tokens: Tokens) -> Resending:
    async def resend(
        delivery: object, by: str = "partner_admin", reason: object = "asked_by_partner"
    ) -> httpx.Response:
        headers = tokens.bearer(by) | once()
        return await api.post(f"/v1/deliveries/{delivery}/resend", json={"reason": reason}, headers=headers)

    return resend


@pytest.fixture
async def delivered(desk: Desk, receiver: Receiver) -> UUID:
    """A delivery that was accepted, and said so."""
    await desk.approve()
    async with desk.working():
        (row,) = await desk.become("delivered")
    await desk.bench.published()
    found: UUID = row.id
    return found


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


def must(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_what_was_accepted_is_sent_again_as_it_was_and_is_no_news(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver, clock: SettableClock
) -> None:
    clock.forward(timedelta(minutes=1))
    shown = must(await resend(delivered, reason="lost_by_partner"))
    (noted,) = shown["resends"]
    assert (shown["state"], noted["by"], noted["function"], noted["reason"]) == (
        "pending",
        "agent-6001",
        "partner_admin",
        "lost_by_partner",
    )
    async with desk.working():
        (row,) = await desk.become("delivered")
    assert receiver.ids == [str(delivered)] * 2
    assert receiver.notices[0] == receiver.notices[1]
    assert (row.attempts, row.version) == (2, 1)
    assert await desk.bench.published() == []
    async with desk.engine.connect() as conn:
        told = (await conn.execute(sa.text("SELECT attempt, certain FROM disclosures ORDER BY attempt"))).all()
    assert [tuple(one) for one in told] == [(1, True), (2, True)]


async def test_that_it_does_not_get_through_again_does_not_undo_that_the_partner_was_told(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver
) -> None:
    # The last one of its schedule: one attempt, and no more.
    await change(desk.engine, "UPDATE deliveries SET attempts = 8")
    must(await resend(delivered))
    receiver.answers = [answering(500)]
    async with desk.working():
        await desk.tried(2)
        (row,) = await desk.become("delivered")
    assert (await desk.tries(), row.version) == ([(1, "accepted", 200), (9, "answered", 500)], 1)
    must(await resend(delivered))
    async with desk.working():
        await desk.become("delivered")
    assert await desk.bench.published() == []


async def test_one_that_failed_is_news_when_it_is_sent_again(desk: Desk, resend: Resending, receiver: Receiver) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET attempts = 8")
    async with desk.working():
        (row,) = await desk.become("failed")
    must(await resend(row.id, reason="endpoint_repaired"))
    async with desk.working():
        (row,) = await desk.become("delivered")
    told = [(one.body["attempts"], one.headers["ce_aggregateversion"]) for one in await desk.bench.published()]
    assert told[-2:] == [(9, "1"), (10, "2")]


async def test_what_is_withdrawn_before_it_is_sent_again_is_retracted_and_did_not_fail(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver
) -> None:
    must(await resend(delivered))
    planned = await desk.withdraw()
    assert [one.event_type.split(".")[2] for one in planned] == ["alerts_planned"]
    async with desk.working():
        (alert, _) = await desk.become("delivered", "delivered")
    assert (alert.attempts, alert.version) == (1, 1)
    assert [one["type"] for one in receiver.notices] == ["candidacy.approved", "candidacy.withdrawn"]


async def test_what_is_withdrawn_while_it_is_sent_again_is_retracted_and_did_not_fail(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver, clock: SettableClock
) -> None:
    must(await resend(delivered))
    await desk.claim()
    await desk.withdraw()
    assert await desk.states() == ["pending", "waiting"]
    clock.forward(timedelta(minutes=1))
    await desk.bench.published()
    async with desk.working():
        await desk.become("delivered", "delivered")
    # Only the retraction's own outcome.
    assert [one.body["notice"] for one in await desk.bench.published()] == ["candidacy.withdrawn"]


async def test_whether_it_may_be_told_is_asked_again(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver
) -> None:
    await change(desk.engine, "UPDATE approvals SET allowed = '{}'")
    must(await resend(delivered))
    async with desk.working():
        (row,) = await desk.become("refused")
    assert (len(receiver.ids), row.body) == (1, b"")
    assert await desk.bench.published() == []


@pytest.mark.parametrize("state", [State.PENDING, State.WAITING, State.CANCELLED, State.REFUSED])
def test_what_has_not_ended_with_the_partner_is_not_sent_again(state: State) -> None:
    assert refuse_resend(state, withdrawn=False, expired=False, gone=False) == Refusal.DELIVERY_NOT_RESENDABLE


async def test_what_is_no_longer_true_or_has_no_endpoint_is_not_sent_again(
    desk: Desk, delivered: UUID, resend: Resending
) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'disabled'")
    assert refused(await resend(delivered)) == (409, "subscription-disabled")
    await desk.withdraw()
    assert refused(await resend(delivered)) == (409, "delivery-withdrawn")
    await change(desk.engine, "UPDATE deliveries SET state = 'cancelled', next_attempt_at = NULL")
    assert refused(await resend(delivered)) == (409, "delivery-not-resendable")
    assert refused(await resend(uuid7())) == (404, "delivery-unknown")


async def test_what_goes_to_an_address_that_is_being_changed_waits_for_it(
    desk: Desk, delivered: UUID, resend: Resending
) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'proposed'")
    must(await resend(delivered))
    assert await desk.claim() == []


async def test_a_reason_is_one_of_a_closed_list(delivered: UUID, resend: Resending) -> None:
    for reason in ("because", "", None):
        assert refused(await resend(delivered, reason=reason)) == (422, "validation-failed")
    assert refused(await resend(delivered, by="operator")) == (403, "role-missing")


async def test_who_had_it_sent_again_stays_noted(desk: Desk, delivered: UUID, resend: Resending) -> None:
    must(await resend(delivered))
    for edit in ("UPDATE resends SET reason = 'other'", "DELETE FROM resends"):
        with pytest.raises(DBAPIError) as error:
            await change(desk.engine, edit)
        assert sqlstate(error.value) == "23001"


async def test_a_partner_has_its_own_sent_again(
    desk: Desk, delivered: UUID, account: Account, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    path = f"deliveries/{delivered}/resend"
    assert must(await account.post(path, {"reason": "lost_by_partner"}))["state"] == "pending"
    assert refused(await account.post(path, {"reason": "lost_by_partner"})) == (409, "delivery-not-resendable")
    async with desk.working():
        await desk.become("delivered")
    assert receiver.ids == [str(delivered)] * 2
    (shown,) = (await api.get("/v1/deliveries", headers=tokens.bearer("inspector"))).json()["items"]
    assert [(one["by"], one["function"]) for one in shown["resends"]] == [("partner-9001", "partner")]


async def test_a_partner_cannot_find_out_what_it_was_not_told(desk: Desk, account: Account, receiver: Receiver) -> None:
    await desk.approve()
    await desk.withdraw()
    (row,) = await desk.rows()
    body = {"reason": "other"}
    never, unknown = [await account.post(f"deliveries/{one}/resend", body) for one in (row.id, uuid7())]
    assert row.state == "cancelled"
    assert (never.status_code, never.content, never.headers) == (404, unknown.content, unknown.headers)


@pytest.mark.parametrize("act", ["resend", "retry"])
async def test_a_retraction_that_a_later_approval_has_overtaken_is_not_sent_again(
    act: str, desk: Desk, delivered: UUID, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    receiver.answers = [answering(410)] if act == "retry" else []
    await desk.withdraw()
    async with desk.working():
        (_, retraction) = await desk.become("delivered", "failed" if act == "retry" else "delivered")
    await change(desk.engine, "UPDATE subscriptions SET state = 'active', disabled_at = NULL, disabled_because = NULL")
    await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=3)
    async with desk.working():
        await desk.become("delivered", retraction.state, "delivered")
    # Said again, it would be the last that the partner hears of somebody whose place stands.
    path = f"/v1/deliveries/{retraction.id}/{act}"
    answer = await api.post(path, json={"reason": "lost_by_partner"}, headers=tokens.bearer("partner_admin") | once())
    assert refused(answer) == (409, "delivery-withdrawn")


async def test_a_retraction_stands_where_the_later_approval_was_never_told(
    desk: Desk, delivered: UUID, resend: Resending, receiver: Receiver
) -> None:
    await desk.withdraw()
    async with desk.working():
        (_, retraction) = await desk.become("delivered", "delivered")
    await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=3)
    await desk.bench.deliver(a_withdrawal(), subject=desk.candidacy, version=4)
    assert await desk.states() == ["delivered", "delivered", "cancelled"]
    assert must(await resend(retraction.id))["state"] == "pending"
