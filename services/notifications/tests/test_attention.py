"""What waits for a person is on one list, until somebody has seen to it."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery.settlement import disable
from services.notifications.domain import day_in_france
from services.notifications.tests.account import Account
from services.notifications.tests.builders import a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


class List:
    """The list as an operator sees it."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens) -> None:
        self.api, self.tokens = api, tokens

    async def items(self) -> list[dict[str, Any]]:
        answer = await self.api.get("/v1/attention", headers=self.tokens.bearer("operator"))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def kinds(self) -> list[tuple[str, int]]:
        return [(one["kind"], one["deliveries"]) for one in await self.items()]


@pytest.fixture
def waiting(api: httpx.AsyncClient, tokens: Tokens) -> List:
    return List(api, tokens)


async def change(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement), values)


def instant(text: str | None) -> str | None:
    return None if text is None else text.replace("+00:00", "Z")


async def test_nothing_waits_while_all_goes_well(desk: Desk, waiting: List, receiver: Receiver) -> None:
    await desk.approve()
    assert await waiting.items() == []
    async with desk.working():
        await desk.become("delivered")
    assert await waiting.items() == []


async def test_an_endpoint_that_is_gone_is_seen_by_officers_and_by_its_partner_until_there_is_another(
    desk: Desk, waiting: List, account: Account, receiver: Receiver, subscription: UUID, clock: SettableClock
) -> None:
    receiver.answers = [answering(410)]
    await desk.approve()
    async with desk.working():
        await desk.become("failed")
    at = instant(clock.now.isoformat())
    (gone, failed) = await waiting.items()
    assert gone == {
        "kind": "subscription_disabled",
        "partner_id": str(account.partner),
        "partner": "Mission locale des Ardennes",
        "subscription_id": str(subscription),
        "since": at,
        "until": None,
        "deliveries": 1,
        "because": "endpoint_gone",
    }
    assert failed["kind"] == "deliveries_failed"
    (seen,) = await account.get("subscriptions")
    assert (seen["state"], seen["disabled_at"], seen["disabled_because"]) == ("disabled", at, "endpoint_gone")
    assert account.partner is not None
    other = await a_subscription(desk.engine, account.partner, url=receiver.url)
    assert await waiting.kinds() == [("subscription_disabled", 1), ("deliveries_failed", 1)]
    await change(desk.engine, "UPDATE subscriptions SET created_at = :at WHERE id = :id", id=other, at=clock.now)
    assert await waiting.kinds() == [("deliveries_failed", 1)]


async def test_when_an_endpoint_first_said_that_it_is_gone_stays_noted(
    desk: Desk, subscription: UUID, clock: SettableClock
) -> None:
    began = clock.now
    for _ in range(2):
        url = (await desk.subscription(subscription)).url
        async with desk.transaction() as tx:
            await disable(tx.conn, [(subscription, url)], tx.now)
        clock.forward(timedelta(minutes=1))
    assert (await desk.subscription(subscription)).disabled_at == began


async def test_what_is_due_for_long_waits_for_a_person(
    desk: Desk, waiting: List, subscription: UUID, clock: SettableClock
) -> None:
    await desk.approve()
    due = instant(clock.now.isoformat())
    clock.forward(timedelta(minutes=4, seconds=59))
    assert await waiting.items() == []
    clock.forward(timedelta(seconds=1))
    await desk.bench.deliver(an_approval(), subject=uuid7())
    (late,) = await waiting.items()
    assert (late["kind"], late["subscription_id"], late["since"], late["deliveries"]) == (
        "delivery_overdue",
        str(subscription),
        due,
        1,
    )
    # Being sent is not late; nor is what is held, which has its own row.
    await change(desk.engine, "UPDATE subscriptions SET paused_until = :until", until=clock.now + timedelta(hours=1))
    assert await waiting.items() == []
    await change(desk.engine, "UPDATE subscriptions SET paused_until = NULL")
    await desk.claim()
    assert await waiting.items() == []


async def test_an_endpoint_that_is_only_probed_waits_for_a_person(
    desk: Desk, waiting: List, clock: SettableClock
) -> None:
    await desk.approve()
    planned, until = clock.now, clock.now + timedelta(hours=1)
    probed = "UPDATE subscriptions SET failures = :failures, paused_until = :until"
    await change(desk.engine, probed, failures=4, until=until)
    assert await waiting.items() == []
    await change(desk.engine, probed, failures=5, until=until)
    (one,) = await waiting.items()
    assert (one["kind"], one["deliveries"]) == ("endpoint_failing", 1)
    assert (one["since"], one["until"]) == (instant(planned.isoformat()), instant(until.isoformat()))
    # It is late because it fails: that is one matter, not two.
    clock.forward(timedelta(hours=2))
    assert await waiting.kinds() == [("endpoint_failing", 1)]


async def test_what_was_given_up_waits_until_it_is_set_aside_or_sent_again(
    desk: Desk, waiting: List, receiver: Receiver
) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET attempts = 8")
    receiver.answers = [answering(500), answering(500)]
    async with desk.working():
        (row,) = await desk.become("failed")
    assert await waiting.kinds() == [("deliveries_failed", 1)]

    async def act(act: str) -> httpx.Response:
        bearer = waiting.tokens.bearer("partner_admin")
        return await waiting.api.post(f"/v1/deliveries/{row.id}/{act}", headers=bearer | once())

    shown = await act("set-aside")
    assert (shown.status_code, shown.json()["set_aside_at"]) == (200, instant(desk.clock().isoformat()))
    assert await waiting.items() == []
    # Sent again and given up again, it is news again.
    assert (await act("retry")).json()["set_aside_at"] is None
    assert (await act("set-aside")).json()["code"] == "delivery-not-failed"
    async with desk.working():
        await desk.become("failed")
    assert await waiting.kinds() == [("deliveries_failed", 1)]


async def test_what_was_given_up_and_is_taken_back_waits_no_more(desk: Desk, waiting: List, receiver: Receiver) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET attempts = 8")
    receiver.answers = [answering(500)]
    async with desk.working():
        await desk.become("failed")
        await desk.withdraw()
        await desk.become("failed", "delivered")
    assert await waiting.items() == []


@pytest.mark.parametrize(
    ("change_", "kinds"),
    [
        ("proven_at = NULL", ["proof_missing"]),
        ("approved_by = NULL, approved_at = NULL", ["approval_missing"]),
        ("proven_at = NULL, approved_by = NULL, approved_at = NULL", ["proof_missing", "approval_missing"]),
    ],
)
async def test_an_endpoint_that_is_not_served_yet_says_what_is_missing(
    desk: Desk, waiting: List, change_: str, kinds: list[str]
) -> None:
    await change(desk.engine, f"UPDATE subscriptions SET state = 'proposed', {change_}")
    assert [kind for kind, _ in await waiting.kinds()] == kinds


async def test_a_convention_that_ends_with_something_still_to_be_told_waits_for_a_person(
    desk: Desk, waiting: List, account: Account, clock: SettableClock
) -> None:
    ends = "UPDATE partners SET convention_to = :day"
    today = day_in_france(clock.now)
    await change(desk.engine, ends, day=today + timedelta(days=30))
    assert await waiting.items() == []
    await desk.approve()
    (one,) = await waiting.items()
    assert (one["kind"], one["partner_id"], one["subscription_id"], one["deliveries"]) == (
        "convention_ending",
        str(account.partner),
        None,
        1,
    )
    midnight = datetime.combine(today + timedelta(days=30), time(), ZoneInfo("Europe/Paris"))
    assert datetime.fromisoformat(one["until"]) == midnight
    await change(desk.engine, ends, day=today + timedelta(days=31))
    assert await waiting.items() == []


async def test_a_hold_is_on_the_list_while_it_lasts(desk: Desk, waiting: List, clock: SettableClock) -> None:
    await desk.approve()
    until = clock.now + timedelta(days=2)
    held = "UPDATE subscriptions SET paused_by = 'x', paused_because = 'maintenance', paused_until = :until"
    await change(desk.engine, held, until=until)
    (one,) = await waiting.items()
    assert (one["kind"], one["until"], one["because"]) == ("hold", instant(until.isoformat()), "maintenance")
    clock.now = until
    assert [kind for kind, _ in await waiting.kinds()] == ["delivery_overdue"]


async def test_the_most_urgent_stands_first(desk: Desk, waiting: List, account: Account, clock: SettableClock) -> None:
    assert account.partner is not None
    await a_subscription(desk.engine, account.partner, state="proposed")
    await change(
        desk.engine, "UPDATE subscriptions SET approved_by = NULL, approved_at = NULL WHERE state = 'proposed'"
    )
    await desk.approve()
    clock.forward(timedelta(minutes=6))
    assert [kind for kind, _ in await waiting.kinds()] == ["delivery_overdue", "approval_missing"]


async def test_nobody_else_reads_the_list(api: httpx.AsyncClient, tokens: Tokens, account: Account) -> None:
    for bearer in (tokens.bearer("inspector"), tokens.bearer("spip"), account.bearer):
        answer = await api.get("/v1/attention", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")
