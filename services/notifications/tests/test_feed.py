"""A partner pulls its own envelopes: in order, none behind its back, none that may not be told, each noted as told."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.handlers import alert_partners
from services.notifications.tests.builders import a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.worker import Desk
from shared.database import create_engine
from shared.messaging.envelope import decode
from shared.messaging.event import utc_now
from shared.testing.api import Tokens
from shared.testing.kernel import record
from shared.testing.waiting import eventually


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


class Puller:
    """A partner that asks again and again from where it stands."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, partner: UUID | None) -> None:
        self.api, self.tokens, self.partner = api, tokens, partner
        self.cursor: str | None = None

    async def ask(self, **query: Any) -> httpx.Response:
        token = self.tokens.bearer("partner", partner=None if self.partner is None else str(self.partner))
        return await self.api.get("/v1/partner/feed", params=query, headers=token)

    async def pull(self, limit: int = 50) -> list[dict[str, Any]]:
        answer = await self.ask(limit=limit, **({"cursor": self.cursor} if self.cursor else {}))
        assert answer.status_code == 200, answer.text
        self.cursor = answer.json()["next_cursor"]
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def soon(self, count: int = 1) -> list[dict[str, Any]]:
        """So many envelopes: a transaction that ended just now may hold them back for a moment."""
        found: list[dict[str, Any]] = []

        async def enough() -> bool:
            found.extend(await self.pull())
            return len(found) >= count

        await eventually(enough)
        assert len(found) == count
        return found


async def rows(engine: AsyncEngine, statement: str) -> Sequence[sa.Row[Any]]:
    async with engine.connect() as conn:
        return (await conn.execute(sa.text(statement))).all()


@pytest.fixture
async def puller(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID, engine: AsyncEngine) -> Puller:
    ((partner,),) = await rows(engine, "SELECT partner_id FROM subscriptions")
    return Puller(api, tokens, partner)


async def test_a_partner_pulls_the_envelopes_that_it_is_sent(desk: Desk, puller: Puller, receiver: Receiver) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    (one,) = await puller.soon()
    assert (one["id"], one["body"], one["withheld"]) == (receiver.ids[0], receiver.notices[0], None)
    assert await puller.pull() == []
    await desk.withdraw()
    (other,) = await puller.soon()
    assert (other["type"], other["body"]["data"]) == ("candidacy.withdrawn", one["body"]["data"])


async def test_what_was_pulled_was_told_and_is_taken_back(desk: Desk, puller: Puller, engine: AsyncEngine) -> None:
    await desk.approve()
    await puller.soon()
    told = "SELECT attempt, certain, notice FROM disclosures"
    assert [tuple(one) for one in await rows(engine, told)] == [(0, True, "candidacy.approved")]
    await desk.withdraw()
    assert await desk.states() == ["cancelled", "pending"]
    assert [one["type"] for one in await puller.soon()] == ["candidacy.withdrawn"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE partners SET convention_to = current_date", "convention_ended"),
        ("UPDATE approvals SET allowed = '{}'", "not_allowed"),
    ],
)
async def test_what_may_not_be_told_is_withheld_with_its_reason(
    desk: Desk, puller: Puller, engine: AsyncEngine, change: str, reason: str
) -> None:
    await desk.approve()
    async with engine.begin() as conn:
        await conn.execute(sa.text(change))
    (one,) = await puller.soon()
    assert (one["body"], one["withheld"]) == (None, reason)
    assert await rows(engine, "SELECT id FROM disclosures") == []
    assert [row.reached for row in await desk.rows()] == [False]


async def test_nobody_pulls_what_is_anothers(
    desk: Desk, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await desk.approve()
    stranger = await a_partner(engine, name="Somebody else")
    await a_subscription(engine, stranger)
    assert await Puller(api, tokens, stranger).pull() == []
    assert await Puller(api, tokens, uuid7()).pull() == []
    unnamed = await Puller(api, tokens, None).ask()
    assert (unnamed.status_code, unnamed.json()["code"]) == (403, "partner-missing")
    nobody = await api.get("/v1/partner/feed", headers=tokens.bearer("partner_admin"))
    assert nobody.status_code == 403
    wrong = await Puller(api, tokens, stranger).ask(cursor="nonsense")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor-invalid")


async def test_a_cursor_is_good_for_the_partner_that_it_was_given_to(
    desk: Desk, puller: Puller, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await desk.approve()
    await puller.soon(1)
    other = await Puller(api, tokens, await a_partner(engine, name="Autre")).ask(cursor=puller.cursor)
    assert (other.status_code, other.json()["code"]) == (422, "cursor-of-another")
    assert await puller.pull() == []


async def test_pages_meet_without_gap_or_overlap(desk: Desk, puller: Puller) -> None:
    for _ in range(5):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    everything = await puller.soon(5)
    puller.cursor = None
    pages = [await puller.pull(2) for _ in range(3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == everything


async def test_what_is_committed_late_stands_behind_what_was_read(desk: Desk, puller: Puller) -> None:
    late = record(an_approval(), subject=uuid7())
    async with desk.bench.transaction() as tx:
        await alert_partners(tx, an_approval(), decode(late.headers))
        # Written and not committed: another one is faster.
        await desk.approve()
        assert await puller.pull() == []
    await puller.soon(2)


async def test_a_transaction_of_another_database_holds_nothing_back(
    desk: Desk, puller: Puller, engine: AsyncEngine
) -> None:
    elsewhere = create_engine(
        engine.url.set(database="postgres").render_as_string(hide_password=False), application="elsewhere"
    )
    async with elsewhere.begin() as conn:
        await conn.execute(sa.text("SELECT pg_current_xact_id()"))
        await desk.approve()
        await puller.soon(1)
    await elsewhere.dispose()


async def test_a_notice_that_is_being_withdrawn_is_not_pulled(desk: Desk, puller: Puller, engine: AsyncEngine) -> None:
    await desk.approve()
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE deliveries SET state = 'cancelled', next_attempt_at = NULL"))
        pulling = asyncio.ensure_future(puller.pull())

        async def waits() -> bool:
            nonlocal pulling
            if pulling.done():
                assert pulling.result() == []
                pulling = asyncio.ensure_future(puller.pull())
            waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            return bool(await rows(engine, waiting))

        await eventually(waits)
    assert await pulling == []


async def test_a_retraction_that_waited_stands_where_it_began_to_be_told(
    desk: Desk, puller: Puller, receiver: Receiver, clock: SettableClock
) -> None:
    await desk.approve()
    receiver.gate.clear()
    async with desk.working(deadline=60.0):

        async def being_told() -> bool:
            return bool(receiver.ids)

        await eventually(being_told)
        await desk.withdraw()
        seen = await puller.soon()
        assert [(one["type"], one["withheld"]) for one in seen] == [("candidacy.approved", "not_allowed")]
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await puller.soon()
        receiver.gate.set()
        await desk.become("delivered", "delivered", "delivered")
    clock.forward(timedelta(seconds=1))
    assert [one["type"] for one in await puller.soon()] == ["candidacy.withdrawn"]
