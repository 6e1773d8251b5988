"""What a partner sees and does by itself; what is another's is for it as if it were not."""

from base64 import b64decode
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tests.account import Account
from services.notifications.tests.builders import KEYS, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
async def stranger(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> Account:
    """Another partner, with an endpoint of its own."""
    partner = await a_partner(engine, name="Somebody else")
    await a_subscription(engine, partner)
    return Account(api, tokens, partner)


def seconds(instant: str) -> str:
    return instant.replace("+00:00", "Z")


async def test_a_partner_sees_its_own_deliveries_and_nothing_of_the_person(
    desk: Desk, account: Account, receiver: Receiver, subscription: UUID, clock: SettableClock
) -> None:
    receiver.answers = [answering(503)]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    (one,) = await account.get("deliveries")
    now = seconds(clock.now.isoformat())
    (attempt,) = one.pop("attempts")
    assert 0 <= attempt.pop("first_byte_ms") <= attempt.pop("duration_ms")
    assert attempt.pop("connect_ms") >= 0
    assert attempt == {
        "number": 1,
        "started_at": now,
        "outcome": "answered",
        "http_status": 503,
        "dns_ms": None,
        "head": None,
    }
    assert one == {
        "id": receiver.ids[0],
        "subscription_id": str(subscription),
        "type": "candidacy.approved",
        "sequence": 1,
        "state": "pending",
        "next_attempt_at": seconds(row.next_attempt_at.isoformat()),
        "expired": False,
        "planned_at": now,
    }


async def test_a_partner_does_not_learn_of_what_it_was_never_told(desk: Desk, account: Account) -> None:
    await desk.approve()
    assert len(await account.get("deliveries")) == 1
    await desk.withdraw()
    assert await desk.states() == ["cancelled"]
    for query in ({}, {"state": "cancelled"}):
        assert await account.get("deliveries", **query) == []


async def test_a_partner_sees_what_was_undone_while_it_was_told(
    desk: Desk, account: Account, receiver: Receiver
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    await desk.withdraw()
    assert [(one["type"], one["state"], one["sequence"]) for one in await account.get("deliveries")] == [
        ("candidacy.withdrawn", "pending", None),
        ("candidacy.approved", "cancelled", 1),
    ]


async def test_a_partner_finds_its_deliveries_by_state_and_endpoint_in_pages(
    desk: Desk, account: Account, subscription: UUID
) -> None:
    for _ in range(3):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    ids = [str(row.id) for row in reversed(await desk.rows())]
    for query, found in (
        ({"state": "pending"}, ids),
        ({"state": "delivered"}, []),
        ({"subscription_id": str(subscription)}, ids),
        ({"subscription_id": str(uuid7())}, []),
        ({"limit": 2}, ids[:2]),
    ):
        assert [one["id"] for one in await account.get("deliveries", **query)] == found, query


async def test_a_partner_sees_how_its_own_endpoints_stand(
    desk: Desk, account: Account, stranger: Account, subscription: UUID, receiver: Receiver
) -> None:
    await desk.approve()
    (one,) = await account.get("subscriptions")
    assert (one["id"], one["url"], one["state"]) == (str(subscription), receiver.url, "active")
    assert (one["failures"], one["pending"], one["paused_until"], one["rate_per_minute"]) == (0, 1, None, None)
    assert "secret" not in one
    (other,) = await stranger.get("subscriptions")
    assert other["id"] != str(subscription)


async def test_a_partner_changes_its_own_secret_and_is_shown_it_once(
    desk: Desk, account: Account, subscription: UUID
) -> None:
    path = f"subscriptions/{subscription}/secret"
    answer = await account.post(path, {}, key="same")
    assert answer.status_code == 200, answer.text
    secret = b64decode(answer.json()["secret"].removeprefix("whsec_"))
    assert (await account.post(path, {}, key="same")).json()["secret"] is None
    row = await desk.subscription(subscription)
    assert KEYS.open(row.secret, subscription) == secret
    assert row.old_secret_until == desk.clock() + timedelta(hours=24)


async def test_what_is_anothers_is_as_if_it_were_not(
    desk: Desk, account: Account, stranger: Account, subscription: UUID
) -> None:
    before = await desk.subscription(subscription)
    await desk.approve()
    (delivery,) = [row.id for row in await desk.rows() if row.subscription_id == subscription]
    assert {one["subscription_id"] for one in await stranger.get("deliveries")}.isdisjoint({str(subscription)})
    assert await stranger.get("deliveries", subscription_id=str(subscription)) == []
    for path, own in OWN.items():
        theirs = subscription if own == "subscription" else delivery
        at, nowhere = [await stranger.post(path.format(one), BODIES.get(path)) for one in (theirs, uuid7())]
        assert (at.status_code, at.json()["code"]) == (404, f"{own}-unknown"), path
        assert (at.content, at.headers) == (nowhere.content, nowhere.headers), path
    assert await desk.subscription(subscription) == before


OWN = {
    "subscriptions/{}/secret": "subscription",
    "deliveries/{}/resend": "delivery",
    "subscriptions/{}/test": "subscription",
}
"""What a partner does to its own things, and to which."""
BODIES: dict[str, Any] = {
    "subscriptions/{}/secret": {},
    "deliveries/{}/resend": {"reason": "lost_by_partner"},
    "subscriptions/{}/test": {},
}


async def test_only_a_partner_that_its_token_names_has_anything_of_its_own(
    api: httpx.AsyncClient, tokens: Tokens, account: Account
) -> None:
    unnamed = Account(api, tokens, None)
    for path in ("deliveries", "subscriptions"):
        answers = [await api.get(f"/v1/partner/{path}", headers=unnamed.bearer)]
        answers += [
            await api.get(f"/v1/partner/{path}", headers=tokens.bearer(one)) for one in ("partner_admin", "operator")
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [
            (403, "partner-missing"),
            (403, "role-missing"),
            (403, "role-missing"),
        ], path
    for path in OWN:
        full, body = path.format(uuid7()), BODIES.get(path)
        nameless = await unnamed.post(full, body)
        assert (nameless.status_code, nameless.json()["code"]) == (403, "partner-missing"), path
        officer = await api.post(f"/v1/partner/{full}", json=body, headers=tokens.bearer("partner_admin") | once())
        assert (officer.status_code, officer.json()["code"]) == (403, "role-missing"), path


async def test_a_partner_may_nothing_that_is_an_officers(account: Account, subscription: UUID) -> None:
    for path in ("subscriptions", "deliveries", "partners"):
        answer = await account.api.get(f"/v1/{path}", headers=account.bearer)
        assert answer.status_code == 403, path
    for act in ("secret", "approve", "prove", "resume"):
        answer = await account.api.post(
            f"/v1/subscriptions/{subscription}/{act}", json={}, headers=account.bearer | once()
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "role-missing"), act
