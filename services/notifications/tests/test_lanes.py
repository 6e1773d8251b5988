"""Slow endpoints share half of the places, failing ones are let back step by step, and each has its own patience."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery import outcome
from services.notifications.domain.answer import ALLOWED, Policy
from services.notifications.tests.builders import a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering, receiving, saying
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def setting(engine: AsyncEngine, values: str) -> None:
    """Changes all subscriptions."""
    async with engine.begin() as conn:
        await conn.execute(sa.text(f"UPDATE subscriptions SET {values}"))


async def standing(desk: Desk) -> tuple[int, int, bool]:
    """Failures, allowance and slowness of the one subscription."""
    (row,) = {one.subscription_id for one in await desk.rows()}
    found = await desk.subscription(row)
    return found.failures, found.allowance, found.slow


async def test_slow_endpoints_take_half_of_the_places_and_no_more(desk: Desk, engine: AsyncEngine) -> None:
    for number in range(5):
        await a_subscription(engine, await a_partner(engine, name=f"Lent {number}"))
    await setting(engine, "slow = true")
    fast = await a_subscription(engine, await a_partner(engine, name="Rapide"))
    for _ in range(8):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    claimed = await desk.claim()
    assert sum(one.slow for one in claimed) == 16
    assert sum(one.subscription == fast for one in claimed) == 8


async def test_an_endpoint_that_takes_long_is_slow_until_it_is_not(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.approve()
    (claimed,) = await desk.claim()
    for milliseconds, slow in ((2_001, True), (2_000, False)):
        async with desk.transaction() as tx:
            await outcome.record(tx, [desk.ended(claimed, 500, milliseconds)])
        assert (await standing(desk))[2] is slow
        await setting(desk.engine, "paused_until = NULL")
        async with desk.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE deliveries SET next_attempt_at = created_at"))
        (claimed,) = await desk.claim()


async def test_after_failures_an_endpoint_is_allowed_half_as_much_and_then_more_with_each_success(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)] * 3
    await desk.approve()
    seen = []
    async with desk.working():
        for number in range(1, 4):
            (row,) = await desk.tried(number)
            seen.append((await standing(desk))[:2])
            clock.forward(row.next_attempt_at - clock.now)
        await desk.become("delivered")
        seen.append((await standing(desk))[:2])
        for number in range(2, 2 + ALLOWED):
            await desk.bench.deliver(an_approval(), subject=uuid7())
            await desk.become(*["delivered"] * number)
    assert seen == [(1, 8), (2, 4), (3, 2), (0, 3)]
    assert (await standing(desk))[:2] == (0, ALLOWED)


async def test_an_endpoint_that_comes_back_is_not_run_over(desk: Desk, receiver: Receiver, engine: AsyncEngine) -> None:
    await setting(engine, "allowance = 1")
    for _ in range(20):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    assert len(await desk.claim()) == 1


async def test_a_partner_that_means_its_4xx_is_told_once(desk: Desk, receiver: Receiver, engine: AsyncEngine) -> None:
    await setting(engine, "client_errors = 'give_up'")
    receiver.answers = [answering(422)]
    await desk.approve()
    async with desk.working():
        await desk.become("failed")
    (said,) = [one for one in await desk.bench.published() if "reason" in one.body]
    assert said.body["reason"] == "rejected"


async def test_a_subscription_has_its_own_waits(
    desk: Desk, receiver: Receiver, engine: AsyncEngine, clock: SettableClock
) -> None:
    await setting(engine, "retry_waits = '{3600}'")
    receiver.answers = [answering(500)] * 2
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
        assert row.next_attempt_at - clock.now > timedelta(seconds=5)
        clock.forward(timedelta(hours=1))
        await desk.become("failed")


async def test_an_officer_says_how_a_subscription_is_served(
    desk: Desk, api: httpx.AsyncClient, tokens: Tokens, subscription: UUID
) -> None:
    path, admin = f"/v1/subscriptions/{subscription}/manners", tokens.bearer("partner_admin")
    wanted = {"rate_per_minute": 6, "ordered": False, "retry_waits": [60, 600], "give_up_after": 7_200}
    answer = await api.post(path, json=wanted | {"client_errors": "give_up"}, headers=admin | once())
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in wanted} == wanted
    await desk.approve()
    (claimed,) = await desk.claim()
    assert claimed.policy == Policy([timedelta(minutes=1), timedelta(minutes=10)], timedelta(hours=2), insists=False)
    await api.post(path, json={}, headers=admin | once())
    assert (await desk.subscription(subscription)).retry_waits is None
    assert (await api.post(path, json={}, headers=tokens.bearer("operator") | once())).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_per_minute": 0}, {"retry_waits": []}, {"retry_waits": [0]}, {"retry_waits": [86_401]},
        {"retry_waits": [1] * 21}, {"give_up_after": 3_599}, {"give_up_after": 604_801}, {"client_errors": "ignore"},
    ],
)  # fmt: skip
async def test_manners_that_make_no_sense_are_refused(
    api: httpx.AsyncClient, tokens: Tokens, subscription: UUID, wrong: dict[str, Any]
) -> None:
    headers = tokens.bearer("partner_admin") | once()
    answer = await api.post(f"/v1/subscriptions/{subscription}/manners", json=wrong, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


async def test_what_each_step_took_is_kept_and_a_failure_in_plain_words(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [saying(b"fine: r_0123456789abcdef")]
    receiver.answers = [
        lambda request: saying(b'{"error": "unknown r_3f6c1d0a9b8e", "mail": "a.b@example.org"}')(request),
    ]
    refused = receiver.answers.pop()

    def failing(request: Any) -> Any:
        answer = refused(request)
        answer.set_status(500)
        return answer

    receiver.answers = [failing]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
        clock.forward(row.next_attempt_at - clock.now)
        await desk.become("delivered")
    async with desk.engine.connect() as conn:
        first, second = await conn.execute(sa.text("SELECT * FROM attempts ORDER BY number"))
    assert first.head == '{"error": "unknown …", "mail": "…"}'
    assert second.head is None
    assert first.connect_ms is not None
    assert first.dns_ms is None
    assert second.connect_ms is None, "the connection was used again"
    assert 0 <= first.first_byte_ms <= first.duration_ms


@pytest.mark.parametrize("step", [timedelta(minutes=4), -timedelta(minutes=4)])
async def test_a_clock_that_jumps_loses_nothing_and_repeats_only_what_was_in_flight(
    desk: Desk, receiver: Receiver, clock: SettableClock, step: timedelta
) -> None:
    for _ in range(30):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    receiver.gate.clear()
    async with desk.working():

        async def under_way() -> bool:
            return receiver.most_at_once == ALLOWED

        await eventually(under_way)
        clock.forward(step)
        receiver.gate.set()
        # What was scheduled by the clock as it was before is due again when that time comes.
        clock.forward(max(-step, timedelta()))
        await desk.become(*["delivered"] * 30)
    assert len(set(receiver.ids)) == 30
    assert len(receiver.ids) <= 30 + ALLOWED


async def test_what_fails_at_once_has_failed_once(desk: Desk) -> None:
    for _ in range(4):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    for one in await desk.claim():
        async with desk.transaction() as tx:
            await outcome.record(tx, [desk.ended(one, 500)])
    assert (await standing(desk))[0] == 1


async def test_an_endpoint_that_failed_is_left_alone_while_that_is_not_recorded_yet(
    desk: Desk, receiver: Receiver, engine: AsyncEngine
) -> None:
    await setting(engine, "failures = 5")
    receiver.gate.clear()
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working(), receiving() as other:

        async def asked() -> bool:
            return bool(receiver.ids)

        async def recording() -> bool:
            waits = "datname = current_database() AND wait_event_type = 'Lock'"
            async with engine.connect() as conn:
                return bool(await conn.scalar(sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}")))

        async def claimed() -> bool:
            return bool(other.ids)

        await eventually(asked)
        async with engine.begin() as conn:
            await conn.execute(sa.text("SELECT id FROM deliveries FOR UPDATE"))
            receiver.gate.set()
            await eventually(recording)
            await a_subscription(engine, await a_partner(engine, name="Autre"), url=other.url)
            await desk.bench.deliver(an_approval(), subject=uuid7())
            await eventually(claimed)
            assert len(receiver.ids) == 1
