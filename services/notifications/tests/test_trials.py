"""An example goes to an endpoint at once, signed and marked; nothing of it is kept, and none follows at its heels."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tests.account import Account
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering, saying
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually

Trying = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def attempt(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Trying:
    async def attempt(of: object = subscription, by: str = "partner_admin", **body: Any) -> httpx.Response:
        return await api.post(f"/v1/subscriptions/{of}/test", json=body, headers=tokens.bearer(by))

    return attempt


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("notice", ["candidacy.approved", "candidacy.withdrawn"])
async def test_an_example_is_like_any_notice_but_marked_and_about_nobody(
    attempt: Trying, receiver: Receiver, notice: str
) -> None:
    receiver.answers = [saying(b"stored for anne@example.org" + b" x" * 4000)]
    answer = await attempt(type=notice)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown.pop("duration_ms") >= 0
    assert shown == {
        "webhook_id": receiver.ids[0],
        "outcome": "accepted",
        "http_status": 200,
        "head": ("stored for …" + " x" * 100)[:200],
    }
    (told,) = receiver.notices
    assert told.pop("timestamp")
    assert told == {"type": notice, "data": {"reference": "r_" + "0" * 32}, "sequence": 2147483647, "test": True}


async def test_nothing_of_an_example_is_kept(attempt: Trying, desk: Desk, subscription: UUID) -> None:
    before = await desk.subscription(subscription)
    assert (await attempt()).status_code == 200
    after = await desk.subscription(subscription)
    assert dict(after._mapping) == {**before._mapping, "tested_at": desk.clock()}
    async with desk.engine.connect() as conn:
        for table in ("deliveries", "attempts", "disclosures", "partner_references", "messaging.outbox"):
            assert (await conn.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0, table


@pytest.mark.parametrize("status", [410, 500, 302])
async def test_what_an_endpoint_answers_to_an_example_has_no_consequence(
    attempt: Trying, desk: Desk, subscription: UUID, receiver: Receiver, status: int
) -> None:
    receiver.answers = [answering(status, location="http://127.0.0.1:1/")]
    shown = (await attempt()).json()
    assert (shown["outcome"], shown["http_status"]) == ("answered", status)
    row = await desk.subscription(subscription)
    assert (row.state, row.failures, row.paused_until) == ("active", 0, None)


async def test_an_address_where_nobody_answers_is_said_to_be_one(attempt: Trying, engine: AsyncEngine) -> None:
    await change(engine, "UPDATE subscriptions SET url = 'http://127.0.0.1:1/hook'")
    shown = (await attempt()).json()
    assert (shown["outcome"], shown["http_status"], shown["head"]) == ("connect_failed", None, None)


async def test_an_address_inside_is_not_called(attempt: Trying, engine: AsyncEngine) -> None:
    await change(engine, "UPDATE subscriptions SET url = 'https://10.0.0.1/hook'")
    assert (await attempt()).json()["outcome"] == "egress_refused"


async def test_one_example_in_ten_seconds_goes_to_an_endpoint(
    attempt: Trying, receiver: Receiver, clock: SettableClock
) -> None:
    assert (await attempt()).status_code == 200
    clock.forward(timedelta(seconds=9))
    soon = await attempt()
    assert (code(soon), soon.headers["retry-after"]) == ((429, "example-too-soon"), "10")
    clock.forward(timedelta(seconds=1))
    assert (await attempt()).status_code == 200
    assert len(receiver.ids) == 2


async def test_who_asks_while_an_endpoint_hangs_does_not_get_in_between(attempt: Trying, receiver: Receiver) -> None:
    receiver.gate.clear()
    first = asyncio.ensure_future(attempt())

    async def hanging() -> bool:
        return bool(receiver.ids)

    await eventually(hanging)
    assert [code(one) for one in await asyncio.gather(*(attempt() for _ in range(3)))] == [
        (429, "example-too-soon")
    ] * 3
    receiver.gate.set()
    assert (await first).status_code == 200
    assert len(receiver.ids) == 1


async def test_an_example_goes_to_a_proven_address_alone(
    attempt: Trying, engine: AsyncEngine, receiver: Receiver
) -> None:
    await change(engine, "UPDATE subscriptions SET state = 'proposed', approved_by = NULL, approved_at = NULL")
    assert (await attempt()).status_code == 200
    await change(engine, "UPDATE subscriptions SET proven_at = NULL, tested_at = NULL")
    assert code(await attempt()) == (409, "endpoint-not-proven")
    await change(engine, "UPDATE subscriptions SET state = 'disabled'")
    assert code(await attempt()) == (409, "subscription-disabled")
    assert code(await attempt(uuid7())) == (404, "subscription-unknown")
    assert len(receiver.ids) == 1


async def test_both_secrets_sign_an_example_while_both_are_good(
    attempt: Trying, account: Account, subscription: UUID, receiver: Receiver, clock: SettableClock
) -> None:
    assert (await account.post(f"subscriptions/{subscription}/secret", {})).status_code == 200
    # The receiver knows the old one alone, and verifies on arrival.
    assert (await attempt()).json()["outcome"] == "accepted"
    clock.forward(timedelta(hours=25))
    assert (await attempt()).json()["http_status"] == 500


async def test_an_unknown_type_is_refused(attempt: Trying) -> None:
    for body in ({"type": "candidacy.assessed"}, {"kind": "x"}):
        assert (await attempt(**body)).status_code == 422, body


async def test_only_the_partners_administrator_and_the_partner_itself_may(
    attempt: Trying, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    for officer in ("operator", "inspector", "spip", "partner"):
        assert code(await attempt(by=officer)) == (403, "role-missing"), officer
    path = f"/v1/partner/subscriptions/{uuid7()}/test"
    for officer in ("operator", "partner_admin"):
        answer = await api.post(path, json={}, headers=tokens.bearer(officer) | once())
        assert code(answer) == (403, "role-missing"), officer


async def test_a_partner_has_an_example_sent_to_its_own_endpoint(
    account: Account, subscription: UUID, receiver: Receiver
) -> None:
    answer = await account.post(f"subscriptions/{subscription}/test", {"type": "candidacy.withdrawn"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
    assert [one["test"] for one in receiver.notices] == [True]
