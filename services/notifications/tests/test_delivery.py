"""Sending for real: a worker's engine, PostgreSQL, and a partner's server that verifies with the public library."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery import lease
from services.notifications.delivery.lease import LEASE
from services.notifications.delivery.outcome import record
from services.notifications.tables import partner_references
from services.notifications.tests.builders import a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, Script, answering, hanging_up, receiving, saying
from services.notifications.tests.worker import Desk
from shared.contracts.notifications import PartnerAlerted, PartnerAlertFailed
from shared.messaging.event import utc_now
from shared.testing.waiting import eventually

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def told(desk: Desk) -> list[tuple[str, str, int, str | None]]:
    """What was published of outcomes: type, notice, attempts, reason."""
    return [
        (one.event_type, one.body["notice"], one.body["attempts"], one.body.get("reason"))
        for one in await desk.bench.published()
        if one.event_type in {PartnerAlerted.type, PartnerAlertFailed.type}
    ]


async def test_a_partner_receives_a_verified_notice_and_we_say_that_it_was_told(
    desk: Desk, receiver: Receiver, engine: AsyncEngine
) -> None:
    await desk.approve()
    async with engine.connect() as conn:
        partner = (await conn.execute(sa.select(partner_references))).one()
    async with desk.working():
        (row,) = await desk.become("delivered")
    (notice,) = receiver.notices
    assert notice["type"] == "candidacy.approved"
    assert receiver.ids == [str(row.id)]
    assert await desk.tries() == [(1, "accepted", 200)]
    (said,) = await desk.bench.published()
    assert said.event_type == PartnerAlerted.type
    assert said.body == {
        "candidacy_id": str(desk.candidacy),
        "request_id": desk.approval,
        "decision_number": row.decision_number,
        "notice": "candidacy.approved",
        "partner": "Mission locale des Ardennes",
        "attempts": 1,
        "partner_id": str(partner.partner_id),
        "reference": notice["data"]["reference"],
    }
    assert (said.headers["ce_subject"], said.headers["ce_aggregateversion"]) == (str(row.id), "1")
    assert said.headers["ce_causationid"] == desk.approval


async def test_nothing_but_what_a_webhook_needs_leaves_with_it(desk: Desk, receiver: Receiver) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    assert {name.lower() for name in receiver.headers[0]} == {
        "host", "content-type", "content-length", "user-agent", "accept", "accept-encoding",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip


async def test_a_failed_attempt_is_repeated_with_the_same_id_and_a_new_timestamp(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
        assert row.state == "pending"
        assert timedelta() <= row.next_attempt_at - clock.now <= timedelta(seconds=5)
        clock.forward(timedelta(seconds=7))
        await desk.become("delivered")
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert len({one["webhook-timestamp"] for one in receiver.headers}) == 2
    assert await desk.tries() == [(1, "answered", 500), (2, "accepted", 200)]
    assert await told(desk) == [(PartnerAlerted.type, "candidacy.approved", 2, None)]


async def test_an_endpoint_that_never_answers_runs_into_the_deadline(desk: Desk, receiver: Receiver) -> None:
    receiver.gate.clear()
    await desk.approve()
    async with desk.working(deadline=0.2):
        (row,) = await desk.tried(1)
    assert (row.state, row.reached) == ("pending", True)
    assert await desk.tries() == [(1, "timeout", None)]


async def test_an_endpoint_that_hangs_up_may_have_read_the_notice(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [hanging_up]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.reached) == ("pending", True)
    assert await desk.tries() == [(1, "disconnected", None)]


async def test_an_endpoint_that_cannot_be_reached_has_read_nothing(
    desk: Desk, engine: AsyncEngine, unused_tcp_port: int
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(f"UPDATE subscriptions SET url = 'http://127.0.0.1:{unused_tcp_port}/'"))
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.reached) == ("pending", False)
    assert await desk.tries() == [(1, "connect_failed", None)]


async def test_an_address_that_is_forbidden_by_now_is_not_dialled(
    desk: Desk, engine: AsyncEngine, receiver: Receiver
) -> None:
    url = receiver.url.replace("http://", "http://user:word@")
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": url})
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    assert await desk.tries() == [(1, "egress_refused", None)]
    assert receiver.ids == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(desk: Desk, receiver: Receiver, status: int) -> None:
    receiver.answers = [answering(status, Location="/elsewhere")]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert receiver.paths == ["/hook"]
    assert row.state == "pending"
    assert await desk.tries() == [(1, "answered", status)]


async def test_410_ends_the_subscription_and_what_is_due_to_it_fails_unsent(
    desk: Desk, receiver: Receiver, subscription: UUID, clock: SettableClock
) -> None:
    receiver.answers = [answering(500), answering(410)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await desk.become("pending", "failed")
        assert (await desk.subscription(subscription)).state == "disabled"
        clock.forward(MINUTE)
        await desk.become("failed", "failed")
    assert len(receiver.ids) == 2
    assert await told(desk) == [
        (PartnerAlertFailed.type, "candidacy.approved", 1, "endpoint_gone"),
        (PartnerAlertFailed.type, "candidacy.approved", 1, "subscription_disabled"),
    ]


async def test_a_body_is_read_only_so_far_and_never_kept(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [saying(b"x" * 5_000_000)]
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    assert await desk.tries() == [(1, "accepted", 200)]


async def test_a_compressed_answer_is_not_unpacked(desk: Desk, receiver: Receiver) -> None:
    # Unpacking it would fail, and cost the connection.
    receiver.answers = [saying(b"not gzip at all", **{"Content-Encoding": "gzip"})]
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await desk.become("delivered", "delivered")
    assert len(set(receiver.peers)) == 1


async def test_retry_after_leaves_the_whole_endpoint_alone(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(429, **{"Retry-After": "120"})]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert row.next_attempt_at == clock.now + 2 * MINUTE
    await desk.bench.deliver(an_approval(), subject=uuid7())
    clock.forward(MINUTE)
    assert await desk.claim() == []
    clock.forward(MINUTE)
    async with desk.working():
        await desk.become("delivered", "delivered")
    assert len(receiver.ids) == 3


async def test_after_the_last_attempt_a_delivery_is_given_up_and_we_say_so(
    desk: Desk, receiver: Receiver, engine: AsyncEngine
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE deliveries SET attempts = 8"))
    async with desk.working():
        await desk.become("failed")
    assert await told(desk) == [(PartnerAlertFailed.type, "candidacy.approved", 9, "retries_exhausted")]


async def test_a_row_that_a_crashed_worker_held_is_sent_after_its_lease_and_not_before(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    await desk.approve()
    (crashed,) = await desk.claim()
    assert await desk.claim() == []
    clock.forward(LEASE)
    async with desk.working():
        (row,) = await desk.become("delivered")
    assert receiver.ids == [str(crashed.id)]
    assert row.reached
    assert await desk.tries() == [(1, "lost", None), (2, "accepted", 200)]


async def test_a_late_worker_cannot_overwrite_the_outcome_of_the_one_after_it(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    (late,) = await desk.claim()
    clock.forward(LEASE)
    async with desk.working():
        (row,) = await desk.tried(2)
    assert row.state == "pending"

    async with desk.transaction() as tx:
        assert await record(tx, [desk.ended(late, 200)]) == [None]

    assert await desk.states() == ["pending"]
    assert await desk.tries() == [(1, "lost", None), (2, "answered", 500)]
    assert await told(desk) == []


async def test_two_workers_send_each_delivery_once(desk: Desk, receiver: Receiver) -> None:
    for _ in range(40):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    async with desk.working(), desk.working():
        await desk.become(*["delivered"] * 40)
    assert len(receiver.ids) == len(set(receiver.ids)) == 40


async def test_a_slow_endpoint_gets_so_many_at_once_and_leaves_places_to_the_others(
    desk: Desk, receiver: Receiver, engine: AsyncEngine
) -> None:
    receiver.gate.clear()
    async with receiving() as quick:
        await a_subscription(engine, await a_partner(engine, name="France Travail"), url=quick.url)
        for _ in range(20):
            await desk.bench.deliver(an_approval(), subject=uuid7())
        async with desk.working(room=6, per_endpoint=3):

            async def all_quick() -> bool:
                return len(set(quick.ids)) == 20

            await eventually(all_quick)
            assert receiver.most_at_once == 3
            receiver.gate.set()
            await desk.become(*["delivered"] * 40)


async def test_an_attempt_in_flight_ends_before_the_worker_does(desk: Desk, receiver: Receiver) -> None:
    receiver.gate.clear()
    await desk.approve()
    async with desk.working() as worker:
        await in_flight(receiver)
        worker.stop()
        receiver.gate.set()
    assert await desk.states() == ["delivered"]


async def test_a_worker_that_is_cancelled_lets_its_attempts_end_too(desk: Desk, receiver: Receiver) -> None:
    receiver.gate.clear()
    await desk.approve()
    task = asyncio.create_task(desk.worker().run())
    await in_flight(receiver)
    task.cancel()
    receiver.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.states() == ["delivered"]


async def test_a_worker_that_is_cancelled_in_the_middle_of_a_claim_sends_what_it_claimed(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming, go_on = asyncio.Event(), asyncio.Event()
    claim = lease.claim

    async def held_up(*args: Any, **kwargs: Any) -> list[lease.Claimed]:
        claimed = await claim(*args, **kwargs)
        claiming.set()
        await go_on.wait()
        return claimed

    monkeypatch.setattr(lease, "claim", held_up)
    await desk.approve()
    task = asyncio.create_task(desk.worker().run())
    await claiming.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.states() == ["delivered"]


async def test_a_worker_does_not_wait_for_ever_for_an_endpoint_that_hangs(desk: Desk, receiver: Receiver) -> None:
    receiver.gate.clear()
    await desk.approve()
    async with asyncio.timeout(3):
        async with desk.working(grace=0.1) as worker:
            await in_flight(receiver)
            worker.stop()
    (row,) = await desk.rows()
    assert (row.state, row.lease_token is None) == ("pending", False)


async def in_flight(receiver: Receiver) -> None:
    """Waits until a notice has been read and not yet answered."""

    async def arrived() -> bool:
        return bool(receiver.notices)

    await eventually(arrived)


async def test_a_withdrawal_before_any_attempt_tells_nobody(desk: Desk, receiver: Receiver) -> None:
    await desk.approve()
    await desk.withdraw()
    async with desk.working():
        await desk.become("cancelled")
    assert await desk.claim() == []
    assert receiver.ids == []


async def test_a_withdrawal_after_delivery_is_told_to_the_same_partner_under_the_same_reference(
    desk: Desk, receiver: Receiver
) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        await desk.withdraw()
        await desk.become("delivered", "delivered")
    approved, withdrawn = receiver.notices
    assert (approved["type"], withdrawn["type"]) == ("candidacy.approved", "candidacy.withdrawn")
    assert approved["data"] == withdrawn["data"]
    assert len(set(receiver.ids)) == 2
    assert await told(desk) == [(PartnerAlerted.type, "candidacy.withdrawn", 1, None)]


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        (answering(200), "delivered", (PartnerAlerted.type, None)),
        (answering(500), "cancelled", (PartnerAlertFailed.type, "withdrawn_while_retrying")),
        (hanging_up, "cancelled", (PartnerAlertFailed.type, "withdrawn_while_retrying")),
    ],
)
async def test_a_withdrawal_during_an_attempt_waits_for_its_outcome_and_is_then_told(
    desk: Desk, receiver: Receiver, answer: Script, state: str, outcome: tuple[str, str | None]
) -> None:
    receiver.answers = [answer]
    receiver.gate.clear()
    await desk.approve()
    async with desk.working():
        await in_flight(receiver)
        await desk.withdraw()
        assert await desk.states() == ["pending", "waiting"]
        assert await desk.claim() == []
        receiver.gate.set()
        await desk.become(state, "delivered")
    assert [one["type"] for one in receiver.notices] == ["candidacy.approved", "candidacy.withdrawn"]
    assert [(kind, reason) for kind, _, _, reason in await told(desk)] == [outcome, (PartnerAlerted.type, None)]


async def test_a_withdrawal_during_an_attempt_that_never_left_the_socket_tells_nobody(
    desk: Desk, engine: AsyncEngine, receiver: Receiver, unused_tcp_port: int
) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(f"UPDATE subscriptions SET url = 'http://127.0.0.1:{unused_tcp_port}/'"))
    await desk.approve()
    (claimed,) = await desk.claim()
    await desk.withdraw()
    async with desk.transaction() as tx:
        await record(tx, [desk.ended(claimed, None, error="connect_failed")])
    assert await desk.states() == ["cancelled", "cancelled"]
    assert [(notice, reason) for _, notice, _, reason in await told(desk)] == [
        ("candidacy.approved", "withdrawn_before_sending"),
        ("candidacy.withdrawn", "nothing_was_told"),
    ]


async def test_a_withdrawal_while_a_crashed_worker_holds_the_alert_is_told_once_the_lease_lapses(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    await desk.approve()
    await desk.claim()
    await desk.withdraw()
    async with desk.working():
        assert await desk.states() == ["pending", "waiting"]
        clock.forward(LEASE)
        await desk.become("cancelled", "delivered")
    assert [one["type"] for one in receiver.notices] == ["candidacy.withdrawn"]
    assert await told(desk) == [
        (PartnerAlertFailed.type, "candidacy.approved", 1, "withdrawn_while_retrying"),
        (PartnerAlerted.type, "candidacy.withdrawn", 1, None),
    ]


async def test_a_withdrawal_between_two_attempts_stops_the_second(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        await desk.withdraw()
        await desk.become("cancelled", "delivered")
    clock.forward(MINUTE)
    assert await desk.claim() == []
    assert [one["type"] for one in receiver.notices] == ["candidacy.approved", "candidacy.withdrawn"]


async def test_a_worker_outlives_a_database_that_goes_away(desk: Desk, receiver: Receiver, engine: AsyncEngine) -> None:
    async with desk.working():
        async with engine.connect() as conn:
            await conn.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await desk.approve()
        await desk.become("delivered")
