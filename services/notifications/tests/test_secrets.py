"""A partner may bring its own signing secret; one that libraries would not read alike, or that is weak, is refused."""

import json
from base64 import b64encode
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook

from services.notifications.domain import Refusal, Refused, brought
from services.notifications.tests.account import Account
from services.notifications.tests.builders import KEYS, a_partner
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.office import Office
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once


def written(secret: bytes) -> str:
    return "whsec_" + b64encode(secret).decode()


OWN = bytes(range(200, 240))
WRONG = {
    "too short": written(bytes(range(23))),
    "too long": written(bytes(range(65))),
    "empty": "",
    "nothing after the prefix": "whsec_",
    "no prefix": b64encode(OWN).decode(),
    "another prefix": "whsk_" + b64encode(OWN).decode(),
    "not base64": "whsec_" + "!" * 44,
    "not ASCII": "whsec_" + "é" * 44,
    "without padding": written(OWN).rstrip("="),
    "for URLs": written(b"\xff" * 40).replace("/", "_"),
    "bits behind the end": "whsec_" + "A" * 41 + "B==",
    "spaces": written(OWN) + "\n",
}


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def office(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Office:
    return Office(api, tokens, subscription)


@pytest.mark.parametrize("length", [24, 32, 64])
def test_a_secret_of_the_standards_length_is_taken(length: int) -> None:
    assert brought(written(bytes(range(length)))) == bytes(range(length))


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_any_other_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        brought(text)
    assert caught.value.refusal is Refusal.SECRET_INVALID


async def test_a_wrong_secret_is_refused_and_not_repeated(
    office: Office, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    def body(secret: str) -> dict[str, Any]:
        return {
            "partner_id": str(partner), "url": "https://partner.example.org/", "event_types": ["candidacy.approved"],
            "secret": secret,
        }  # fmt: skip

    partner = await a_partner(engine)
    for secret in WRONG.values():
        made = await api.post("/v1/subscriptions", json=body(secret), headers=tokens.bearer("partner_admin") | once())
        for answer in (made, await office.act("secret", {"secret": secret})):
            assert (answer.status_code, answer.json()["code"]) == (422, "secret-invalid")
            assert len(secret) < 10 or secret not in answer.text
    made = await api.post("/v1/subscriptions", json=body("A" * 201), headers=tokens.bearer("partner_admin") | once())
    assert (made.status_code, made.json()["code"]) == (422, "validation-failed")
    made = await api.post("/v1/subscriptions", json=body(written(OWN)), headers=tokens.bearer("partner_admin") | once())
    assert (made.status_code, made.json()["secret"]) == (201, None)
    async with engine.connect() as conn:
        row = (
            await conn.execute(
                sa.text("SELECT id, secret FROM subscriptions WHERE id = :id"), {"id": made.json()["id"]}
            )
        ).one()
    assert KEYS.open(row.secret, row.id) == OWN


async def test_what_a_partner_brings_signs_beside_the_old_one(desk: Desk, office: Office, receiver: Receiver) -> None:
    assert (await office.must("secret", {"secret": written(OWN)}))["secret"] is None
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    (sent,) = receiver.headers
    body = json.dumps(receiver.notices[0], separators=(",", ":"))
    assert Webhook(written(OWN)).verify(body, dict(sent))["type"] == "candidacy.approved"
    assert sent["webhook-signature"].count("v1,") == 2


async def test_a_partner_brings_its_own_itself_and_the_trail_says_who(
    account: Account, office: Office, engine: AsyncEngine, subscription: UUID
) -> None:
    path = f"subscriptions/{subscription}/secret"
    answer = await account.post(path, {"secret": WRONG["too short"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "secret-invalid")
    answer = await account.post(path, {"secret": written(OWN)})
    assert (answer.status_code, answer.json()["secret"]) == (200, None)
    async with engine.connect() as conn:
        row = (await conn.execute(sa.text("SELECT id, secret FROM subscriptions"))).one()
    assert KEYS.open(row.secret, row.id) == OWN
    (line,) = (await office.get("changes", "inspector")).json()["items"]
    assert (line["by"], line["change"], line["what"]) == ("partner-9001", "secret_changed", [])
