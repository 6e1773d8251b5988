"""An endpoint proves itself, a second officer approves it, deliveries are held and paced, and secrets change hands."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from services.notifications.delivery.lease import claim
from services.notifications.delivery.outcome import record
from services.notifications.domain import day_in_france
from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.office import Office
from services.notifications.tests.receiver import SAID, Receiver, answering, saying
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens
from shared.testing.waiting import eventually

ELSEWHERE = "https://elsewhere.example.org/notices"


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def office(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Office:
    return Office(api, tokens, subscription)


@pytest.fixture
async def proposed(engine: AsyncEngine, subscription: UUID) -> None:
    """The subscription has only just been asked for, by the first officer."""
    async with engine.begin() as conn:
        await conn.execute(
            sa.text(
                "UPDATE subscriptions SET state = 'proposed', proposed_by = 'agent-6001', proven_at = NULL,"
                " approved_by = NULL, approved_at = NULL, ever_active = false"
            )
        )


def repeating(request: web.Request) -> web.StreamResponse:
    """What every receiver in the partner guide does with a challenge; the body was read already."""
    return web.json_response({"challenge": request[SAID]["data"]["challenge"]})


def consenting(**headers: str) -> Callable[[web.Request], web.StreamResponse]:
    """Answers the handshake of the CloudEvents specification."""
    return answering(200, **{name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.usefixtures("proposed")
async def test_nothing_goes_to_an_endpoint_before_it_is_proved_and_approved(
    desk: Desk, office: Office, receiver: Receiver
) -> None:
    await desk.approve()
    assert await desk.rows() == []
    receiver.answers = [answering(404), repeating]
    proven = await office.must("prove")
    assert (proven["state"], proven["outcome"]) == ("proposed", "challenge_repeated")
    assert receiver.notices[-1]["type"] == "endpoint.challenge"
    assert await office.refused("approve", by="partner_admin") == (403, "approval-by-the-same")
    assert (await office.must("approve", by="partner_approver"))["state"] == "active"


@pytest.mark.usefixtures("proposed")
async def test_the_second_officer_may_come_before_the_proof(office: Office, receiver: Receiver) -> None:
    assert (await office.must("approve", by="partner_approver"))["state"] == "proposed"
    receiver.answers = [consenting(webhook_allowed_origin="inserre-don", webhook_allowed_rate="120")]
    proven = await office.must("prove")
    assert (proven["state"], proven["outcome"], proven["rate_per_minute"]) == ("active", "allowed_origin", 120)
    assert receiver.headers[0]["webhook-request-origin"] == "inserre-don"
    assert receiver.notices == []


@pytest.mark.usefixtures("proposed")
@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([answering(200), answering(200)], "challenge_not_repeated"),
        ([consenting(webhook_allowed_origin="somebody-else"), answering(204)], "challenge_not_repeated"),
        ([answering(404), saying(b'{"challenge": "c_0"}')], "challenge_not_repeated"),
        ([answering(404), saying(b"[1]")], "challenge_not_repeated"),
        ([answering(404), saying(b"[" * 4000)], "challenge_not_repeated"),
        ([answering(404), answering(302, location="http://127.0.0.1:1/")], "answered_302"),
        ([answering(404), answering(500)], "answered_500"),
        ([answering(999), answering(999)], "answered_999"),
    ],
)
async def test_an_endpoint_that_does_not_say_yes_is_not_proved(
    office: Office, receiver: Receiver, answers: list[Any], outcome: str
) -> None:
    receiver.answers = answers
    answer = await office.act("prove")
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "endpoint-not-proven", outcome)
    assert (await office.must("approve", by="partner_approver"))["state"] == "proposed"


@pytest.mark.usefixtures("proposed")
async def test_an_address_that_changes_while_the_old_one_says_yes_is_not_proved(
    office: Office, receiver: Receiver
) -> None:
    receiver.gate.clear()
    receiver.answers = [consenting(webhook_allowed_origin="*")]
    proving = asyncio.ensure_future(office.refused("prove"))

    async def asked() -> bool:
        return bool(receiver.headers)

    await eventually(asked)
    assert (await office.must("endpoint", {"url": ELSEWHERE}))["proven_at"] is None
    receiver.gate.set()
    assert await proving == (409, "endpoint-changed")
    assert (await office.must("approve", by="partner_approver"))["proven_at"] is None


async def test_another_address_holds_what_is_due_until_it_is_proved_and_approved_too(
    desk: Desk, office: Office, receiver: Receiver, engine: AsyncEngine
) -> None:
    await desk.approve()
    assert (await office.must("endpoint", {"url": ELSEWHERE}))["state"] == "proposed"
    assert await office.refused("endpoint", {"url": "https://10.0.0.1/"}) == (422, "endpoint-not-allowed")
    assert await desk.claim() == []
    await desk.bench.deliver(an_approval(), subject=uuid7())
    listed = (await office.api.get("/v1/subscriptions", headers=office.tokens.bearer("operator"))).json()["items"]
    assert [(one["state"], one["pending"]) for one in listed] == [("proposed", 2)]
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": receiver.url})
    receiver.answers = [consenting(webhook_allowed_origin="*")]
    await office.must("prove")
    await office.must("approve", by="partner_approver")
    async with desk.working():
        await desk.become("delivered", "delivered")


async def test_a_hold_keeps_what_is_due_and_ends_by_itself(
    desk: Desk, office: Office, receiver: Receiver, clock: SettableClock
) -> None:
    def hold(**by: int) -> dict[str, str]:
        return {"until": (clock() + timedelta(**by)).isoformat(), "reason": "maintenance"}

    for wrong in (hold(days=31), hold(days=-1), hold()):
        assert await office.refused("pause", wrong) == (422, "hold-too-long")
    shown = await office.must("pause", hold(days=20))
    assert shown["paused_because"] == "maintenance"
    await desk.approve()
    assert await desk.claim() == []
    # Patience is not used up while it is held: a failure at the end of the hold is tried again.
    clock.forward(timedelta(days=20, seconds=1))
    (claimed,) = await desk.claim()
    assert claimed.patient_since > clock() - timedelta(minutes=1)
    assert (await office.must("resume"))["paused_until"] is None


async def test_an_officers_reason_does_not_outlive_the_hold(
    desk: Desk, office: Office, receiver: Receiver, subscription: UUID, clock: SettableClock
) -> None:
    await office.must("pause", {"until": (clock() + timedelta(minutes=1)).isoformat(), "reason": "maintenance"})
    await desk.approve()
    clock.forward(timedelta(minutes=2))
    receiver.answers = [answering(429, **{"Retry-After": "600"})]
    async with desk.working():
        await desk.tried(1)
    row = await desk.subscription(subscription)
    assert (row.paused_until > clock(), row.paused_by, row.paused_because) == (True, None, None)


async def test_a_rate_is_kept_across_claims(
    desk: Desk, office: Office, engine: AsyncEngine, clock: SettableClock
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET rate_per_minute = 6"))
    for _ in range(4):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    taken = []
    for _ in range(24):
        taken.append(len(await desk.claim()))
        clock.forward(timedelta(seconds=1))
    assert (sum(taken), max(taken)) == (3, 1)
    assert [second for second, many in enumerate(taken) if many] == [0, 10, 20]


async def test_an_endpoint_that_fails_on_end_is_probed_with_one_due_delivery_until_it_works(
    desk: Desk, receiver: Receiver, engine: AsyncEngine, subscription: UUID, clock: SettableClock
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET failures = 4"))
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    assert (await desk.subscription(subscription)).failures == 5
    for _ in range(3):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    assert await desk.claim() == []
    clock.forward(timedelta(seconds=31))
    async with desk.transaction() as tx:
        today = day_in_france(tx.now)
        probe = await claim(tx.conn, now=tx.now, today=today, token=uuid7(), in_flight=[], cap=8, room=32, slow_room=16)
        assert len(probe) == 1
        await tx.conn.execute(sa.text("UPDATE deliveries SET lease_token = NULL, lease_until = NULL"))
        await tx.conn.execute(sa.text("UPDATE deliveries SET next_attempt_at = :now"), {"now": tx.now})
    # The probe gets through: all that waited goes at once.
    async with desk.working():
        await desk.become(*["delivered"] * 4)
    assert (await desk.subscription(subscription)).failures == 0


async def test_both_secrets_sign_until_the_old_one_ends(
    desk: Desk, office: Office, receiver: Receiver, clock: SettableClock
) -> None:
    new = (await office.must("secret", {}))["secret"]
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    (sent,) = receiver.headers
    assert [one.partition(",")[0] for one in sent["webhook-signature"].split(" ")] == ["v1", "v1", "v1a"]
    body = json.dumps(receiver.notices[0], separators=(",", ":"))
    assert Webhook(new).verify(body, dict(sent))["type"] == "candidacy.approved"
    forced = (await office.must("secret", {"forced": True}))["secret"]
    assert b64decode(forced.removeprefix("whsec_")) != b64decode(new.removeprefix("whsec_"))
    await desk.bench.deliver(an_approval(), subject=uuid7())
    (claimed,) = await desk.claim()
    assert claimed.old_secret is None


async def test_an_old_secret_ends_after_a_day(desk: Desk, office: Office, clock: SettableClock) -> None:
    await office.must("secret", {})
    clock.forward(timedelta(days=1))
    await desk.approve()
    (claimed,) = await desk.claim()
    assert claimed.old_secret is None


async def test_what_has_ended_or_never_was_is_refused(
    office: Office, engine: AsyncEngine, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    acts = {"approve": None, "resume": None, "secret": {}, "endpoint": {"url": ELSEWHERE}, "manners": {}}
    stranger = Office(api, tokens, uuid7())
    for act, body in (acts | {"prove": None}).items():
        assert await stranger.refused(act, body) == (404, "subscription-unknown"), act
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET state = 'disabled'"))
    for act, body in acts.items():
        assert await office.refused(act, body) == (409, "subscription-disabled"), act


async def test_a_hold_that_begins_during_an_attempt_is_not_cut_short_by_how_that_ends(
    desk: Desk, office: Office, engine: AsyncEngine, subscription: UUID, clock: SettableClock
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET failures = 4"))
    await desk.approve()
    (claimed,) = await desk.claim()
    until = clock() + timedelta(days=20)
    await office.must("pause", {"until": until.isoformat(), "reason": "maintenance"})
    async with desk.transaction() as tx:
        await record(tx, [desk.ended(claimed, 500)])
    row = await desk.subscription(subscription)
    assert (row.paused_until, row.paused_by, row.paused_because) == (until, "agent-6001", "maintenance")


async def test_what_the_address_before_says_does_not_end_the_one_that_took_its_place(
    desk: Desk, office: Office, subscription: UUID, clock: SettableClock
) -> None:
    await desk.approve()
    (claimed,) = await desk.claim()
    await office.must("endpoint", {"url": ELSEWHERE})
    async with desk.transaction() as tx:
        await record(tx, [desk.ended(claimed, 410)])
    assert (await desk.subscription(subscription)).state == "proposed"


async def test_patience_begins_with_the_end_of_a_hold_also_for_an_address_that_was_approved_meanwhile(
    desk: Desk, office: Office, receiver: Receiver, engine: AsyncEngine, clock: SettableClock
) -> None:
    await office.must("pause", {"until": (clock() + timedelta(days=20)).isoformat(), "reason": "maintenance"})
    await office.must("endpoint", {"url": ELSEWHERE})
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": receiver.url})
    receiver.answers = [consenting(webhook_allowed_origin="*")]
    await office.must("prove")
    assert (await office.must("approve", by="partner_approver"))["state"] == "active"
    await desk.approve()
    clock.forward(timedelta(days=20, seconds=1))
    (claimed,) = await desk.claim()
    assert claimed.patient_since > clock() - timedelta(minutes=1)


async def test_an_endpoint_that_asks_for_quiet_gets_it_also_at_the_last_attempt(
    desk: Desk, receiver: Receiver, engine: AsyncEngine, subscription: UUID, clock: SettableClock
) -> None:
    receiver.answers = [answering(503, **{"Retry-After": "600"})]
    await desk.approve()
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE deliveries SET attempts = 8"))
    async with desk.working():
        await desk.become("failed")
    assert (await desk.subscription(subscription)).paused_until >= clock() + timedelta(seconds=600)


async def test_an_endpoint_that_fails_on_end_does_not_use_up_what_waits_for_it(
    desk: Desk, receiver: Receiver, engine: AsyncEngine, subscription: UUID, clock: SettableClock
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET failures = 4, client_errors = 'give_up', allowance = 1"))
    receiver.answers = [answering(404), answering(404)]
    await desk.approve()
    await desk.bench.deliver(an_approval(), subject=uuid7())
    async with desk.working():
        await desk.tried(1)
        await desk.become("failed", "pending")
    row = await desk.subscription(subscription)
    assert (row.failures, row.paused_until > clock()) == (5, True)
    assert len(receiver.ids) == 1


BROKEN = {
    "state": "state = 'gone'",
    "served": "proven_at = NULL",
    "approved_by_another": "approved_by = proposed_by",
    "paused": "paused_by = 'x', paused_because = 'other'",
    "rate": "rate_per_minute = 0",
    "failures": "failures = -1",
    "allowance": "allowance = 0",
    "retry_waits": "retry_waits = '{0}'",
    "give_up_after": "give_up_after = 60",
    "client_errors": "client_errors = 'ignore'",
    "disabled": "disabled_at = now(), disabled_because = 'endpoint_gone'",
    "old_secret": "old_secret = secret",
}


async def test_the_database_keeps_the_rules_of_subscriptions(subscription: UUID, engine: AsyncEngine) -> None:
    for rule, change in BROKEN.items():
        with pytest.raises(IntegrityError, match=f"ck_subscriptions_{rule}"):
            async with engine.begin() as conn:
                await conn.execute(sa.text(f"UPDATE subscriptions SET {change}"))
