"""A partner says what it did with a notice: once, of what it was told, and nothing more."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tests.account import Account
from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.messaging.verdicts import sqlstate
from shared.testing.api import Tokens, once

PATH = "acknowledgements"


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
async def reference(desk: Desk, receiver: Receiver) -> str:
    """Of a person whom the partner was told of."""
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    told: str = receiver.notices[0]["data"]["reference"]
    return told


async def known(desk: Desk) -> str:
    """The reference of the one delivery, told or not."""
    async with desk.engine.connect() as conn:
        found: str = (await conn.execute(sa.text("SELECT reference FROM partner_references"))).scalar_one()
        return found


async def rows(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as conn:
        return list(await conn.execute(sa.text("SELECT kind, by, at FROM acknowledgements ORDER BY id")))


def received(reference: str, kind: str = "received") -> dict[str, str]:
    return {"reference": reference, "kind": kind}


async def test_what_a_partner_did_is_noted_once_and_shown_with_the_delivery(
    desk: Desk, account: Account, reference: str, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    first = await account.post(PATH, received(reference))
    assert first.status_code == 200, first.text
    at = clock.now.isoformat().replace("+00:00", "Z")
    assert first.json() == {"reference": reference, "kind": "received", "at": at}
    clock.forward(timedelta(days=1))
    again = await account.post(PATH, received(reference))
    assert (again.status_code, again.content) == (200, first.content)
    assert (await account.post(PATH, received(reference, "appointment_given"))).status_code == 200
    assert [(row.kind, row.by) for row in await rows(desk.engine)] == [
        ("received", "partner-9001"),
        ("appointment_given", "partner-9001"),
    ]
    (shown,) = (await api.get("/v1/deliveries", headers=tokens.bearer("partner_admin"))).json()["items"]
    assert [one["kind"] for one in shown["acknowledged"]] == ["received", "appointment_given"]
    assert shown["acknowledged"][0] == {"kind": "received", "at": at}


async def test_a_partner_that_is_faster_than_our_note_of_its_answer_is_heard(desk: Desk, account: Account) -> None:
    await desk.approve()
    reference = await known(desk)
    assert (await account.post(PATH, received(reference))).status_code == 404
    await desk.claim()
    assert (await account.post(PATH, received(reference))).status_code == 200


async def test_what_was_done_before_a_withdrawal_was_done(desk: Desk, account: Account, reference: str) -> None:
    await desk.withdraw()
    async with desk.working():
        await desk.become("delivered", "delivered")
    assert (await account.post(PATH, received(reference, "appointment_given"))).status_code == 200


async def test_what_a_partner_was_not_told_has_one_answer(
    desk: Desk, account: Account, reference: str, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    stranger = Account(api, tokens, await a_partner(desk.engine, name="Somebody else"))
    theirs = await stranger.post(PATH, received(reference))
    nowhere = await account.post(PATH, received(f"r_{uuid7().hex}"))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "reference-unknown")
    assert (theirs.content, theirs.headers) == (nowhere.content, nowhere.headers)
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE deliveries SET reached = false"))
    untold = await account.post(PATH, received(reference))
    assert (untold.status_code, untold.content, untold.headers) == (404, nowhere.content, nowhere.headers)
    assert await rows(desk.engine) == []


async def test_two_partners_that_were_told_of_one_person_speak_for_themselves(
    desk: Desk, account: Account, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    other = Account(api, tokens, await a_partner(desk.engine, name="Somebody else"))
    assert other.partner is not None
    await a_subscription(desk.engine, other.partner, url=receiver.url)
    await desk.approve()
    async with desk.working():
        await desk.become("delivered", "delivered")
    async with desk.engine.begin() as conn:
        found = await conn.execute(sa.text("SELECT partner_id, reference FROM partner_references"))
        references: dict[UUID, str] = {row.partner_id: row.reference for row in found}
        untell = (
            "UPDATE deliveries SET reached = false FROM subscriptions s WHERE s.id = subscription_id AND partner_id = "
        )
        await conn.execute(sa.text(untell + ":partner"), {"partner": other.partner})
    assert account.partner is not None
    assert (await other.post(PATH, received(references[account.partner]))).status_code == 404
    assert (await other.post(PATH, received(references[other.partner]))).status_code == 404
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE deliveries SET reached = true"))
    assert (await other.post(PATH, received(references[account.partner]))).status_code == 404
    assert (await other.post(PATH, received(references[other.partner]))).status_code == 200
    shown = (await api.get("/v1/deliveries", headers=tokens.bearer("inspector"))).json()["items"]
    said = {one["partner_id"]: len(one["acknowledged"]) for one in shown}
    assert said == {str(account.partner): 0, str(other.partner): 1}


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "hired"}, {"reference": "r_1"}, {"reference": "R_" + "0" * 32}, {"at": "2026-11-23T09:00:00Z"}],
)
async def test_nothing_but_a_reference_and_a_kind_is_taken(
    desk: Desk, account: Account, reference: str, wrong: dict[str, str]
) -> None:
    answer = await account.post(PATH, received(reference) | wrong)
    assert answer.status_code == 422
    assert await rows(desk.engine) == []


async def test_what_was_said_is_never_edited(desk: Desk, account: Account, reference: str) -> None:
    await account.post(PATH, received(reference))
    for edit in ("UPDATE acknowledgements SET kind = 'appointment_given'", "DELETE FROM acknowledgements"):
        with pytest.raises(DBAPIError) as error:
            async with desk.engine.begin() as conn:
                await conn.execute(sa.text(edit))
        assert sqlstate(error.value) == "23001"


async def test_only_a_partner_may(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> None:
    body = received("r_" + "0" * 32)
    for officer in ("partner_admin", "operator", "spip"):
        answer = await api.post(f"/v1/partner/{PATH}", json=body, headers=tokens.bearer(officer) | once())
        assert (answer.status_code, answer.json()["code"]) == (403, "role-missing"), officer
    nameless = await Account(api, tokens, None).post(PATH, body)
    assert (nameless.status_code, nameless.json()["code"]) == (403, "partner-missing")
