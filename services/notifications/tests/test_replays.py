"""A range sent again: the same ids and bodies, behind whatever is live, permitted anew, and once each."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, Script, answering, hanging_up
from services.notifications.tests.replaying import Replaying
from services.notifications.tests.worker import Desk
from shared.contracts.notifications import PartnerAlerted, PartnerAlertFailed
from shared.messaging.event import utc_now
from shared.messaging.timers import Timers
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually

BOTH = {"states": ["failed", "delivered"]}


@pytest.fixture
def clock() -> SettableClock:
    """Begins four minutes ago: the partner's library refuses what is more than five minutes from the real time."""
    return SettableClock(utc_now() - timedelta(minutes=4))


@pytest.fixture
def replaying(
    desk: Desk, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens, subscription: UUID
) -> Replaying:
    return Replaying(desk, clock, api, tokens, subscription)


async def told(desk: Desk) -> list[tuple[str, int, int, str | None]]:
    """Outcomes as they were published: type, attempts, version, reason."""
    return [
        (one.event_type, one.body["attempts"], int(one.headers["ce_aggregateversion"]), one.body.get("reason"))
        for one in await desk.bench.published()
        if one.event_type in {PartnerAlerted.type, PartnerAlertFailed.type}
    ]


async def test_what_was_delivered_comes_again_with_its_id_and_body_in_order_and_is_not_said_again(
    desk: Desk, replaying: Replaying, receiver: Receiver
) -> None:
    ids = [str(one) for one in await replaying.delivered(5)]
    first = {one["webhook-id"]: body for one, body in zip(receiver.headers, receiver.notices, strict=True)}
    # The order is that of planning, whatever the rows' order on disk.
    await replaying.change(
        "UPDATE deliveries SET created_at = CAST(:begun AS timestamptz) - (created_at - :begun)", begun=replaying.begun
    )
    since = (replaying.begun - timedelta(hours=1)).isoformat()
    job = await replaying.order(**BOTH, reason="data_lost", since=since)
    assert (job["state"], job["to_take"], job["remaining"]) == ("queued", 5, 5)
    ended = await replaying.finish(job)
    assert (ended["state"], ended["taken"], ended["delivered"], ended["remaining"]) == ("done", 5, 5, 0)
    again = [one["webhook-id"] for one in receiver.headers[5:]]
    assert again == ids[::-1]
    assert dict(zip(again, receiver.notices[5:], strict=True)) == first
    assert [one.get("inserre-replay") for one in receiver.headers] == [None] * 5 + [job["id"]] * 5
    stamps = [one["webhook-timestamp"] for one in receiver.headers]
    assert min(stamps[5:]) > max(stamps[:5])
    assert [(row.state, row.attempts, row.version, row.replay_id) for row in await desk.rows()] == [
        ("delivered", 2, 1, None)
    ] * 5
    assert await told(desk) == []
    attempts = "SELECT attempt FROM disclosures ORDER BY delivery_id, attempt"
    assert await replaying.rows(attempts) == [(1,), (2,)] * 5


async def test_what_had_failed_is_told_and_said_with_the_next_version_and_attempt(
    desk: Desk, replaying: Replaying, receiver: Receiver
) -> None:
    await replaying.failed(1)
    await replaying.delivered(1)
    job = await replaying.order()
    ended = await replaying.finish(job)
    assert (ended["taken"], ended["skipped"], ended["delivered"]) == (1, {"delivered": 1}, 1)
    assert await told(desk) == [(PartnerAlerted.type, 10, 2, None)]
    assert len(receiver.ids) == 2


async def test_a_replayed_one_has_patience_anew_and_goes_on_in_its_lane(
    desk: Desk, replaying: Replaying, receiver: Receiver, clock: SettableClock
) -> None:
    await replaying.failed(1)
    await replaying.change("UPDATE deliveries SET created_at = created_at - interval '9 days'")
    job = await replaying.order(since=(clock() - timedelta(days=10)).isoformat())
    receiver.answers = [answering(500)]
    await replaying.step()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert row.state == "pending"
    assert timedelta() < row.next_attempt_at - clock() <= timedelta(seconds=5)
    assert str(row.replay_id) == job["id"]
    ended = await replaying.finish(job, every=10)
    assert (ended["delivered"], ended["failed"]) == (1, 0)
    assert await desk.tries() == [(10, "answered", 500), (11, "accepted", 200)]
    assert [one["inserre-replay"] for one in receiver.headers] == [job["id"]] * 2


@pytest.mark.parametrize("former", ["failed", "delivered"])
async def test_what_fails_again_stays_what_it_was_and_only_news_is_said(
    desk: Desk, replaying: Replaying, receiver: Receiver, former: str
) -> None:
    if former == "failed":
        await replaying.failed(1)
    else:
        await replaying.delivered(1)
    job = await replaying.order(**BOTH)
    await replaying.step()
    await replaying.change("UPDATE replayed SET attempts = attempts - 8")
    receiver.answers = [answering(500)]
    ended = await replaying.finish(job)
    assert (ended["state"], ended["failed"], ended["delivered"]) == ("done", 1, 0)
    assert await desk.states() == [former]
    again = [(PartnerAlertFailed.type, 10, 2, "retries_exhausted")]
    assert await told(desk) == (again if former == "failed" else [])


async def test_live_deliveries_go_before_replayed_ones(
    desk: Desk, replaying: Replaying, receiver: Receiver, clock: SettableClock
) -> None:
    old = [str(one) for one in await replaying.failed(3)]
    await replaying.order(per_minute=240)
    await replaying.step()
    clock.forward(timedelta(seconds=2))
    live = [str(one) for one in await replaying.plan(3)]
    async with desk.working(room=1, per_endpoint=2):
        await desk.become(*["delivered"] * 6)
    assert receiver.ids == live + old


async def test_a_replay_takes_no_more_than_its_pace_and_a_few_at_once(
    desk: Desk, replaying: Replaying, clock: SettableClock
) -> None:
    await replaying.failed(12)
    until = clock()
    for per_minute, seconds, most in ((30, 10, 1), (240, 2, 4)):
        job = await replaying.order(per_minute=per_minute, until=until.isoformat())
        counts, began = [], clock()
        while (passed := (clock() - began).total_seconds()) <= seconds:
            before = await replaying.taken()
            await replaying.step()
            counts.append(await replaying.taken() - before)
            due = await replaying.rows("SELECT next_attempt_at FROM deliveries WHERE state = 'pending' ORDER BY 1")
            gaps = [(after - one).total_seconds() for (one,), (after,) in pairwise(due)]
            assert all(gap == 60 / per_minute for gap in gaps)
            # Sent as they come due.
            await replaying.change("UPDATE deliveries SET state = 'failed', next_attempt_at = NULL")
            assert sum(counts) <= 1 + per_minute * passed / 60 + most - 1
            clock.forward(timedelta(seconds=0.5))
        assert max(counts) == most
        assert sum(counts) == 1 + per_minute * seconds // 60 if most == 1 else 12
        if most == 1:
            await replaying.cancel(job)


@pytest.mark.parametrize(
    ("hindrance", "relief"),
    [
        ("UPDATE subscriptions SET paused_until = 'infinity'", "UPDATE subscriptions SET paused_until = NULL"),
        ("UPDATE subscriptions SET state = 'proposed'", "UPDATE subscriptions SET state = 'active'"),
        (
            "UPDATE deliveries SET state = 'pending', next_attempt_at = created_at WHERE id = :live",
            "UPDATE deliveries SET state = 'delivered', next_attempt_at = NULL WHERE id = :live",
        ),
    ],
    ids=["held", "not approved", "live due"],
)
async def test_a_replay_stands_back_and_goes_on_by_itself(replaying: Replaying, hindrance: str, relief: str) -> None:
    await replaying.failed(2)
    (live,) = await replaying.delivered(1)
    job = await replaying.order(until=(replaying.clock() - timedelta(seconds=1)).isoformat())
    await replaying.change(hindrance, **({"live": live} if ":live" in hindrance else {}))
    for _ in range(5):
        await replaying.step(after=5)
    assert (await replaying.see(job))["taken"] == 0
    await replaying.change(relief, **({"live": live} if ":live" in relief else {}))
    ended = await replaying.finish(job)
    assert (ended["state"], ended["delivered"]) == ("done", 2)


async def test_an_endpoint_that_fails_is_asked_with_one_until_it_works(
    desk: Desk, replaying: Replaying, receiver: Receiver, subscription: UUID
) -> None:
    # All had failed, nothing is due, and so nothing else would ever show that it works again.
    await replaying.failed(6)
    await replaying.change("UPDATE subscriptions SET failures = 7")
    job = await replaying.order(per_minute=240)
    for _ in range(3):
        await replaying.step(after=5)
    assert (await replaying.see(job))["pending"] == 1
    ended = await replaying.finish(job, every=5)
    assert (ended["delivered"], (await desk.subscription(subscription)).failures) == (6, 0)


async def test_an_endpoint_that_is_gone_ends_the_replay(desk: Desk, replaying: Replaying, receiver: Receiver) -> None:
    await replaying.failed(1)
    await replaying.delivered(2)
    receiver.answers = [answering(410)]
    job = await replaying.order(**BOTH)
    ended = await replaying.finish(job)
    assert (ended["state"], ended["cancelled_because"], ended["cancelled_by"]) == (
        "cancelled", "subscription_disabled", None,
    )  # fmt: skip
    assert await desk.states() == ["failed", "delivered", "delivered"]


@pytest.mark.parametrize(
    ("change_of_mind", "reason"),
    [
        ("UPDATE partners SET convention_to = current_date", "convention_ended"),
        ("UPDATE approvals SET allowed = '{}'", "not_allowed"),
        ("DELETE FROM approvals", "not_allowed"),
    ],
)
async def test_permission_is_asked_again_and_what_is_refused_loses_its_body(
    desk: Desk, replaying: Replaying, receiver: Receiver, change_of_mind: str, reason: str
) -> None:
    await replaying.failed(1)
    await replaying.delivered(1)
    job = await replaying.order(**BOTH)
    await replaying.change(change_of_mind)
    ended = await replaying.finish(job)
    assert (ended["refused"], ended["delivered"], len(receiver.ids)) == (2, 0, 1)
    assert [(row.state, row.body) for row in await desk.rows()] == [("refused", b"")] * 2
    # Of the one that was told, that was said; that it is not told again is no news.
    assert await told(desk) == [(PartnerAlertFailed.type, 9, 2, reason)]


async def test_a_withdrawal_goes_before_what_waits_to_be_sent_again(
    desk: Desk, replaying: Replaying, receiver: Receiver
) -> None:
    await desk.approve()
    replaying.clock.forward(timedelta(seconds=1))
    async with desk.working():
        await desk.become("delivered")
    job = await replaying.order(**BOTH)
    await replaying.step()
    await desk.bench.published()
    await desk.withdraw()
    ended = await replaying.finish(job)
    assert (ended["given_back"], ended["delivered"]) == (1, 0)
    assert await desk.states() == ["delivered", "delivered"]
    assert [one["type"] for one in receiver.notices] == ["candidacy.approved", "candidacy.withdrawn"]
    assert await told(desk) == [(PartnerAlerted.type, 1, 1, None)]


@pytest.mark.parametrize("answer", [answering(200), answering(500), hanging_up])
async def test_a_withdrawal_waits_for_what_is_just_being_sent_again(
    desk: Desk, replaying: Replaying, receiver: Receiver, answer: Script
) -> None:
    await desk.approve()
    replaying.clock.forward(timedelta(seconds=1))
    async with desk.working():
        await desk.become("delivered")
    await desk.bench.published()
    await replaying.order(**BOTH)
    await replaying.step()
    receiver.gate.clear()
    receiver.answers = [answer]
    async with desk.working():

        async def arrived() -> bool:
            return len(receiver.ids) == 2

        await eventually(arrived)
        await desk.withdraw()
        assert await desk.states() == ["pending", "waiting"]
        receiver.gate.set()
        await desk.become("delivered", "delivered")
    assert len(set(receiver.ids)) == 2
    # It had been told, and stays so whatever came of the second time; the retraction is what is new.
    assert await told(desk) == [(PartnerAlerted.type, 1, 1, None)]


async def test_what_is_no_longer_so_is_not_sent_again_and_each_reason_is_counted(
    desk: Desk, replaying: Replaying
) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        await desk.withdraw()
        await desk.become("delivered", "delivered")
        await desk.bench.deliver(an_approval(), subject=desk.candidacy, version=3)
        await desk.become(*["delivered"] * 3)
    # Of these three only the last says what is so: a withdrawal that comes last would be believed.
    states = {"cancelled": "", "refused": ", body = ''", "failed": ", body = ''", "delivered": ""}
    for (state, more), one in zip(states.items(), await replaying.plan(4), strict=True):
        await replaying.change(
            f"UPDATE deliveries SET state = '{state}', next_attempt_at = NULL{more} WHERE id = :id", id=one
        )
    await replaying.plan(1)
    order = replaying.body(**BOTH)
    counted = await replaying.forecast(**order)
    expected = {"overtaken": 2, "cancelled": 1, "refused": 1, "body_gone": 1, "pending": 1}
    assert (counted["found"], counted["to_take"], counted["skipped"]) == (8, 2, expected)
    job = await replaying.order(**order)
    ((due,),) = await replaying.rows("SELECT id FROM deliveries WHERE state = 'pending'")
    await replaying.change("UPDATE deliveries SET next_attempt_at = 'infinity' WHERE id = :due", due=due)
    ended = await replaying.finish(job)
    assert (ended["taken"], ended["skipped"], ended["remaining"]) == (2, expected, 0)


async def test_a_cancelled_replay_leaves_all_as_it_was(desk: Desk, replaying: Replaying, receiver: Receiver) -> None:
    await replaying.failed(2)
    await replaying.delivered(6)
    before = [(row.state, row.attempts, row.version) for row in await desk.rows()]
    job = await replaying.order(**BOTH, per_minute=240)
    await replaying.step()
    assert await replaying.taken() == 4
    listed = await replaying.api.get("/v1/subscriptions", headers=replaying.tokens.bearer("operator"))
    assert [one["pending"] for one in listed.json()["items"]] == [0]
    over = await replaying.cancel(job, "mistake")
    assert (over["state"], over["given_back"], over["remaining"], over["pending"]) == ("cancelled", 4, 4, 0)
    assert (over["cancelled_because"], over["cancelled_by"], over["created_by"]) == (
        "mistake",
        "agent-6001",
        "agent-6001",
    )
    assert [(row.state, row.attempts, row.version) for row in await desk.rows()] == before
    again = await replaying.ask(f"/{job['id']}/cancel", {"reason": "load"})
    assert (again.status_code, again.json()["code"]) == (409, "replay-over")
    async with desk.working():
        for _ in range(3):
            await replaying.step(after=5)
            await replaying.quiet()
    assert len(receiver.ids) == 6
    assert (await replaying.order(**BOTH))["state"] == "queued"


async def test_what_is_being_sent_when_a_replay_is_cancelled_is_not_tried_again(
    desk: Desk, replaying: Replaying, receiver: Receiver
) -> None:
    await replaying.failed(2)
    job = await replaying.order(per_minute=240)
    await replaying.step(after=1)
    receiver.gate.clear()
    receiver.answers = [answering(200), answering(500)]
    replaying.clock.forward(timedelta(seconds=1))
    async with desk.working():

        async def arrived() -> bool:
            return len(receiver.ids) == 2

        await eventually(arrived)
        over = await replaying.cancel(job)
        assert (over["state"], over["pending"], over["given_back"]) == ("cancelled", 2, 0)
        receiver.gate.set()
        await desk.tried(2)
    await replaying.step(after=5)
    assert sorted(await desk.states()) == ["delivered", "failed"]
    seen = await replaying.see(job)
    assert (seen["delivered"], seen["given_back"], seen["pending"]) == (1, 1, 0)
    await replaying.step(after=60)
    assert await replaying.rows("SELECT kind FROM messaging.timer") == []


async def test_two_workers_take_each_delivery_once(desk: Desk, replaying: Replaying, receiver: Receiver) -> None:
    ids = await replaying.failed(12)
    job = await replaying.order(per_minute=240)
    bench = desk.bench
    other = Timers(bench.timers.consumer, desk.engine, bench.source, desk.clock)
    async with desk.working(), desk.working():
        while (await replaying.see(job))["state"] != "done":
            replaying.clock.forward(timedelta(seconds=1))
            await asyncio.gather(bench.timers.fire(), other.fire())
            await replaying.quiet()
    assert sorted(receiver.ids) == sorted(map(str, ids))


async def test_a_delivery_that_somebody_is_changing_is_waited_for_and_not_passed_by(
    desk: Desk, replaying: Replaying
) -> None:
    first, second = await replaying.failed(2)
    job = await replaying.order(per_minute=240)
    async with desk.transaction() as tx:
        await tx.conn.exec_driver_sql(f"SELECT FROM deliveries WHERE id = '{first}' FOR UPDATE")
        async with asyncio.timeout(2):
            await replaying.step()
        assert await replaying.taken() == 0
        await tx.conn.exec_driver_sql(f"UPDATE deliveries SET state = 'cancelled' WHERE id = '{first}'")
    await replaying.step(after=5)
    assert await replaying.rows("SELECT delivery_id FROM replayed") == [(second,)]
    assert (await replaying.see(job))["skipped"] == {"cancelled": 1}


async def test_a_retry_by_hand_is_no_part_of_an_earlier_replay(
    desk: Desk, replaying: Replaying, receiver: Receiver, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    (one,) = await replaying.failed(1)
    job = await replaying.order()
    await replaying.step()
    await replaying.change("UPDATE replayed SET attempts = attempts - 8")
    receiver.answers = [answering(500)]
    await replaying.finish(job)
    headers = tokens.bearer("partner_admin") | once()
    assert (await api.post(f"/v1/deliveries/{one}/retry", headers=headers)).status_code == 200
    async with desk.working():
        await desk.become("delivered")
    assert "inserre-replay" not in receiver.headers[-1]
    assert (await replaying.see(job))["failed"] == 1


async def test_a_replay_waits_behind_no_live_notice_of_a_person_whose_earlier_one_is_tried_again(
    desk: Desk, replaying: Replaying
) -> None:
    await replaying.failed(1)
    order = replaying.body()
    candidacy = uuid7()
    for version in (1, 2):
        await desk.bench.deliver(an_approval(), subject=candidacy, version=version)
        replaying.clock.forward(timedelta(seconds=1))
    later = "UPDATE deliveries SET next_attempt_at = 'infinity' WHERE id = (SELECT id FROM deliveries"
    await replaying.change(f"{later} WHERE candidacy_id = :one ORDER BY created_at LIMIT 1)", one=candidacy)
    assert await desk.claim() == []
    await replaying.order(**order)
    await replaying.step()
    assert await replaying.taken() == 1
