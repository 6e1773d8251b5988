"""An endpoint that is served is asked month by month whether it still wants to be; a no is borne for a week."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery.reproof import Reproof
from services.notifications.domain.proof import ASKED_AGAIN, ASKED_EVERY, BORNE
from services.notifications.http.access import Accesses
from services.notifications.http.proof import asking
from services.notifications.tests.builders import KEYS, SIGNING, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.office import Office
from services.notifications.tests.receiver import SAID, Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.messaging.transaction import Transaction
from shared.testing.api import Tokens
from shared.testing.waiting import eventually

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
YES = answering(200, **{"webhook-allowed-origin": "inserre-don"})
NO = [answering(404), answering(500)]


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def office(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Office:
    return Office(api, tokens, subscription)


class Asking:
    """A worker's asking of one subscription's endpoint."""

    def __init__(self, desk: Desk, subscription: UUID) -> None:
        self.desk, self.subscription = desk, subscription
        self.worker = self.another()

    def another(self, poll: float = 60.0) -> Reproof:
        ask = asking(Accesses(KEYS, SIGNING, self.desk.clock), "DON", self.desk.clock, allow_loopback=True)
        return Reproof(self.desk.transaction, ask, poll=poll)

    async def due(self) -> None:
        """Its proof is due now, at a time at which the partner's library accepts what we sign."""
        async with self.desk.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE subscriptions SET proof_due_at = :now"), {"now": self.desk.clock()})

    async def row(self) -> sa.Row[Any]:
        return await self.desk.subscription(self.subscription)


@pytest.fixture
async def asks(desk: Desk, subscription: UUID, engine: AsyncEngine) -> Asking:
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET proven_at = :now"), {"now": desk.clock()})
    return Asking(desk, subscription)


async def waiting(office: Office) -> list[tuple[Any, ...]]:
    """What waits for a person, as an officer sees it."""

    def instant(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    listed = (await office.api.get("/v1/attention", headers=office.tokens.bearer("operator"))).json()["items"]
    return [
        (one["kind"], instant(one["since"]), instant(one["until"]), one["deliveries"], one["because"]) for one in listed
    ]


async def test_an_endpoint_is_asked_again_after_thirty_days(
    asks: Asking, receiver: Receiver, clock: SettableClock
) -> None:
    clock.forward(ASKED_EVERY - SECOND)
    assert not await asks.worker.one()
    clock.forward(SECOND)
    receiver.answers = [answering(200, **{"webhook-allowed-origin": "*", "webhook-allowed-rate": "90"})]
    assert await asks.worker.one()
    row = await asks.row()
    assert (row.state, row.proven_at, row.proof_due_at) == ("active", clock(), clock() + ASKED_EVERY)
    assert (row.proof_outcome, row.rate_per_minute) == ("allowed_origin", 90)
    assert not await asks.worker.one()
    assert len(receiver.headers) == 1


async def test_a_no_is_asked_daily_and_borne_for_a_week_and_then_what_is_due_is_held(
    asks: Asking, desk: Desk, office: Office, receiver: Receiver, clock: SettableClock
) -> None:
    clock.forward(ASKED_EVERY)
    since = clock()
    for day in range(7):
        receiver.answers = NO.copy()
        assert await asks.worker.one(), day
        assert not await asks.worker.one(), day
        row = await asks.row()
        assert (row.state, row.proof_failed_since, row.proof_due_at) == ("active", since, clock() + ASKED_AGAIN)
        assert await waiting(office) == [("proof_missing", since, since + BORNE, 0, "answered_500")]
        clock.forward(ASKED_AGAIN)
    assert clock() - since == BORNE
    await desk.approve()
    receiver.answers = NO.copy()
    await asks.worker.one()
    (shown,) = (await office.api.get("/v1/subscriptions", headers=office.tokens.bearer("operator"))).json()["items"]
    assert (shown["state"], shown["proven_at"], shown["pending"]) == ("proposed", None, 1)
    assert shown["proof_failed_since"] == since.isoformat().replace("+00:00", "Z")
    assert shown["proof_outcome"] == "answered_500"
    assert shown["approved_at"] is not None
    assert await waiting(office) == [("proof_missing", since, None, 1, "answered_500")]
    assert await desk.claim() == []
    # It is planned for all the same, and asked on: its yes brings back all that waited.
    await desk.bench.deliver(an_approval(), subject=uuid7())
    clock.forward(ASKED_AGAIN)
    receiver.answers = [YES]
    assert await asks.worker.one()
    row = await asks.row()
    assert (row.state, row.proof_failed_since, row.served_since) == ("active", None, clock())
    assert "proof_missing" not in {kind for kind, *_ in await waiting(office)}
    assert len(await desk.claim()) == 2


async def test_an_officer_brings_back_an_endpoint_that_lapsed(
    asks: Asking, office: Office, receiver: Receiver, clock: SettableClock
) -> None:
    for wait in (ASKED_EVERY, BORNE):
        clock.forward(wait)
        receiver.answers = NO.copy()
        await asks.worker.one()
    assert (await asks.row()).state == "proposed"
    receiver.answers = [YES]
    shown = await office.must("prove")
    assert (shown["state"], shown["proof_failed_since"]) == ("active", None)
    # A new address has nothing of the old one's failure.
    receiver.answers = NO.copy()
    await asks.due()
    await asks.worker.one()
    assert (await asks.row()).proof_failed_since is not None
    shown = await office.must("endpoint", {"url": "https://elsewhere.example.org/"})
    assert (shown["proof_failed_since"], shown["proof_due_at"], shown["proof_outcome"]) == (None, None, None)
    clock.forward(ASKED_EVERY)
    assert not await asks.worker.one()


async def test_an_endpoint_that_is_gone_ends_the_subscription(asks: Asking, desk: Desk, receiver: Receiver) -> None:
    await asks.due()
    receiver.answers = [answering(404), answering(410)]
    desk.wake.clear()
    assert await asks.worker.one()
    row = await asks.row()
    assert (row.state, desk.wake.is_set()) == ("disabled", True)
    assert (row.disabled_at, row.disabled_because) == (desk.clock(), "endpoint_gone")
    await asks.due()
    assert not await asks.worker.one()


async def test_two_workers_ask_an_endpoint_once(asks: Asking, receiver: Receiver) -> None:
    await asks.due()
    receiver.gate.clear()
    receiver.answers = [YES]
    asking = asyncio.ensure_future(asks.worker.one())

    async def asked() -> bool:
        return bool(receiver.headers)

    await eventually(asked)
    assert not await asks.another().one()
    receiver.gate.set()
    assert await asking
    assert len(receiver.headers) == 1


async def test_a_row_that_another_worker_is_just_taking_is_passed_over(asks: Asking, engine: AsyncEngine) -> None:
    await asks.due()
    async with engine.begin() as conn:
        await conn.execute(sa.text("SELECT FROM subscriptions FOR UPDATE"))
        assert not await asks.worker.one()


async def test_who_never_comes_back_is_followed_by_another(
    asks: Asking, receiver: Receiver, clock: SettableClock
) -> None:
    await asks.due()
    receiver.gate.clear()
    receiver.answers = [YES, YES]
    lost = asyncio.ensure_future(asks.worker.one())

    async def asked() -> bool:
        return bool(receiver.headers)

    await eventually(asked)
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)
    assert not await asks.another().one()
    clock.forward(timedelta(minutes=5))
    receiver.gate.set()
    assert await asks.another().one()
    assert (await asks.row()).proven_at == clock()


@pytest.mark.parametrize("say", [YES, answering(500)])
async def test_what_an_old_address_says_does_not_count_for_the_new_one(
    say: Any, asks: Asking, office: Office, receiver: Receiver
) -> None:
    await asks.due()
    receiver.gate.clear()
    receiver.answers = [say]
    asking = asyncio.ensure_future(asks.worker.one())

    async def asked() -> bool:
        return bool(receiver.headers)

    await eventually(asked)
    await office.must("endpoint", {"url": "https://elsewhere.example.org/"})
    receiver.gate.set()
    assert await asking
    row = await asks.row()
    assert (row.proven_at, row.proof_failed_since, row.proof_due_at) == (None, None, None)


async def test_a_late_no_does_not_undo_a_later_yes(asks: Asking, receiver: Receiver) -> None:
    await asks.due()
    receiver.gate.clear()
    receiver.answers = NO.copy()
    asking = asyncio.ensure_future(asks.worker.one())

    async def asked() -> bool:
        return bool(receiver.headers)

    await eventually(asked)
    # As if an officer had asked meanwhile, and been told yes.
    async with asks.desk.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET proof_due_at = :at"), {"at": asks.desk.clock() + 30 * DAY})
    receiver.gate.set()
    assert await asking
    assert (await asks.row()).proof_failed_since is None


async def test_an_endpoint_that_is_held_is_not_asked(
    asks: Asking, office: Office, receiver: Receiver, clock: SettableClock
) -> None:
    await asks.due()
    await office.must("pause", {"until": (clock() + DAY).isoformat(), "reason": "maintenance"})
    assert not await asks.worker.one()
    clock.forward(DAY)
    receiver.answers = [YES]
    assert await asks.worker.one()


async def test_both_secrets_sign_the_question_while_one_takes_the_place_of_the_other(
    asks: Asking, office: Office, receiver: Receiver
) -> None:
    def repeating(request: web.Request) -> web.StreamResponse:
        return web.json_response({"challenge": request[SAID]["data"]["challenge"]})

    await office.must("secret", {})
    await asks.due()
    receiver.answers = [answering(404), repeating]
    assert await asks.worker.one()
    # The receiver knows the old secret alone.
    assert (await asks.row()).proof_outcome == "challenge_repeated"
    receiver.answers = [answering(404), repeating]
    assert (await office.must("prove"))["outcome"] == "challenge_repeated"


async def test_the_loop_asks_what_is_due_and_survives_a_database_that_is_away(asks: Asking, receiver: Receiver) -> None:
    await asks.due()
    receiver.answers = [YES]
    away = [OSError("away")]

    def open_transaction() -> AbstractAsyncContextManager[Transaction]:
        if away:
            raise away.pop()
        return asks.desk.transaction()

    ask = asking(Accesses(KEYS, SIGNING, asks.desk.clock), "DON", asks.desk.clock, allow_loopback=True)
    running = asyncio.create_task(Reproof(open_transaction, ask, poll=0.02).run())
    try:

        async def proved() -> bool:
            return str((await asks.row()).proof_outcome) == "allowed_origin"

        await eventually(proved)
        assert not away
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
