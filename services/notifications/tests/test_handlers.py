"""What each event of a candidacy leaves behind: deliveries, references, and exactly one reply."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Notice
from services.notifications.tables import deliveries, partner_references
from services.notifications.tests.builders import (
    DECISION,
    NOW,
    a_partner,
    a_refusal,
    a_subscription,
    a_withdrawal,
    an_approval,
)
from services.notifications.tests.conftest import SettableClock
from shared.contracts.notifications import AlertsPlanned, PartnerAlertFailed
from shared.contracts.selection import CandidacyLapsed, CandidacyRevoked, PartnerCategory
from shared.testing.kernel import Bench, Published


async def rows(engine: AsyncEngine) -> list[sa.Row[Any]]:
    async with engine.connect() as conn:
        return list((await conn.execute(sa.select(deliveries).order_by(deliveries.c.id))).all())


async def change(engine: AsyncEngine, **values: object) -> None:
    """Brings all deliveries into a state that tests of the worker reach by sending."""
    async with engine.begin() as conn:
        await conn.execute(sa.update(deliveries).values(**values))


def planned(published: list[Published]) -> list[int]:
    return [one.body["count"] for one in published if one.event_type == AlertsPlanned.type]


def failed(published: list[Published]) -> list[tuple[str, str]]:
    return [
        (one.body["reason"], one.body["request_id"]) for one in published if one.event_type == PartnerAlertFailed.type
    ]


async def test_an_approval_plans_one_due_delivery_per_subscription_of_the_categories_named(
    bench: Bench, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    first = await a_subscription(engine, partner)
    second = await a_subscription(engine, await a_partner(engine, name="France Travail"))
    await a_subscription(engine, await a_partner(engine, category=PartnerCategory.REGION))
    candidacy, event_id = uuid7(), str(uuid7())

    published = await bench.deliver(an_approval(), subject=candidacy, event_id=event_id)

    found = await rows(engine)
    assert {row.subscription_id for row in found} == {first, second}
    assert all((row.state, row.next_attempt_at, row.attempts) == ("pending", NOW, 0) for row in found)
    (reply,) = published
    assert reply.body == {
        "candidacy_id": str(candidacy),
        "request_id": event_id,
        "decision_number": DECISION,
        "count": 2,
    }
    assert reply.key == candidacy
    assert (reply.headers["ce_subject"], reply.headers["ce_aggregateversion"]) == (event_id, "1")


async def test_the_body_says_nothing_but_type_time_and_an_opaque_reference(bench: Bench, engine: AsyncEngine) -> None:
    await a_subscription(engine, await a_partner(engine))
    candidacy = uuid7()
    await bench.deliver(an_approval(), subject=candidacy)
    (row,) = await rows(engine)
    body = json.loads(row.body)
    reference = body["data"].pop("reference")
    assert body == {"type": "candidacy.approved", "timestamp": "2026-11-23T09:00:00Z", "data": {}}
    assert len(reference) == len("r_") + 32
    for secret in (str(candidacy), candidacy.hex, str(row.id), "DON", DECISION):
        assert secret not in row.body.decode()


async def test_two_partners_know_one_candidacy_by_two_references_and_one_partner_by_one(
    bench: Bench, engine: AsyncEngine
) -> None:
    first, second = await a_partner(engine), await a_partner(engine, name="France Travail")
    for partner in (first, first, second):
        await a_subscription(engine, partner)
    await bench.deliver(an_approval(), subject=uuid7())
    async with engine.connect() as conn:
        known = (await conn.execute(sa.select(partner_references))).all()
    assert {row.partner_id for row in known} == {first, second}
    assert len({row.reference for row in known}) == 2
    bodies = [row.body for row in await rows(engine)]
    assert (len(bodies), len(set(bodies))) == (3, 2)


@pytest.mark.parametrize(
    ("first_day", "day_after", "told"),
    [
        (date(2026, 11, 23), date(2026, 11, 24), 1),
        (date(2026, 11, 24), date(2027, 1, 1), 0),
        (date(2026, 1, 1), date(2026, 11, 23), 0),
    ],
)
async def test_only_partners_whose_convention_covers_today_are_told(
    bench: Bench, engine: AsyncEngine, first_day: date, day_after: date, told: int
) -> None:
    await a_subscription(engine, await a_partner(engine, convention=(first_day, day_after)))
    assert planned(await bench.deliver(an_approval(), subject=uuid7())) == [told]


async def test_who_did_not_ask_for_the_notice_or_is_disabled_is_not_told(bench: Bench, engine: AsyncEngine) -> None:
    partner = await a_partner(engine)
    await a_subscription(engine, partner, event_types=(Notice.WITHDRAWN,))
    await a_subscription(engine, partner, state="disabled")
    assert planned(await bench.deliver(an_approval(), subject=uuid7())) == [0]
    assert await rows(engine) == []


async def test_an_approval_that_orders_nobody_to_be_told_is_answered_too(bench: Bench) -> None:
    assert planned(await bench.deliver(an_approval(PartnerCategory.REGION), subject=uuid7())) == [0]


async def test_the_same_approval_twice_is_told_once(bench: Bench, engine: AsyncEngine) -> None:
    await a_subscription(engine, await a_partner(engine))
    candidacy, event_id = uuid7(), str(uuid7())
    await bench.deliver(an_approval(), subject=candidacy, event_id=event_id)
    assert await bench.deliver(an_approval(), subject=candidacy, event_id=event_id) == []
    assert len(await rows(engine)) == 1


async def test_a_withdrawal_that_finds_nothing_to_take_back_is_answered(bench: Bench) -> None:
    assert planned(await bench.deliver(a_withdrawal(), subject=uuid7())) == [0]


async def test_a_refusal_of_whom_nobody_knows_is_answered_and_tells_nobody(bench: Bench, engine: AsyncEngine) -> None:
    await a_subscription(engine, await a_partner(engine))
    assert planned(await bench.deliver(a_refusal(), subject=uuid7())) == [0]
    assert await rows(engine) == []


class Told:
    """An approval that was planned for one subscription, and the way to undo it."""

    def __init__(self, bench: Bench, engine: AsyncEngine, subscription: UUID) -> None:
        self.bench, self.engine, self.subscription = bench, engine, subscription
        self.candidacy, self.approval, self.withdrawal = uuid7(), str(uuid7()), str(uuid7())

    async def withdraw(self) -> list[Published]:
        return await self.bench.deliver(a_withdrawal(), subject=self.candidacy, version=2, event_id=self.withdrawal)

    async def alert(self) -> sa.Row[Any]:
        return (await rows(self.engine))[0]

    async def retraction(self) -> sa.Row[Any]:
        _, retraction = await rows(self.engine)
        return retraction


@pytest.fixture
async def told(bench: Bench, engine: AsyncEngine) -> Told:
    told = Told(bench, engine, await a_subscription(engine, await a_partner(engine)))
    await bench.deliver(an_approval(), subject=told.candidacy, event_id=told.approval)
    return told


async def test_an_alert_that_was_never_sent_is_cancelled_and_said_to_be_void(told: Told) -> None:
    published = await told.withdraw()
    assert [(row.state, row.next_attempt_at) for row in await rows(told.engine)] == [("cancelled", None)]
    assert planned(published) == [0]
    assert failed(published) == [("withdrawn_before_sending", told.approval)]


async def test_a_delivered_alert_is_retracted_under_the_same_reference(told: Told) -> None:
    await change(told.engine, state="delivered", next_attempt_at=None, attempts=1, reached=True, version=1)
    published = await told.withdraw()
    assert planned(published) == [1]
    assert failed(published) == []
    alert, retraction = await rows(told.engine)
    assert (alert.state, alert.superseded_by) == ("delivered", retraction.id)
    assert (retraction.state, retraction.notice, retraction.subscription_id, retraction.event_id) == (
        "pending",
        "candidacy.withdrawn",
        told.subscription,
        told.withdrawal,
    )
    assert json.loads(retraction.body)["type"] == "candidacy.withdrawn"
    assert json.loads(retraction.body)["data"] == json.loads(alert.body)["data"]


async def test_a_refusal_takes_back_what_an_earlier_approval_told(told: Told) -> None:
    await change(told.engine, state="delivered", next_attempt_at=None, attempts=1, reached=True)
    assert planned(await told.bench.deliver(a_refusal(), subject=told.candidacy, version=2)) == [1]
    assert (await told.retraction()).notice == "candidacy.withdrawn"


@pytest.mark.parametrize("ended", [CandidacyRevoked, CandidacyLapsed])
async def test_a_revocation_and_a_lapse_are_told_in_the_words_of_a_withdrawal_and_answered_once(
    told: Told, ended: type[CandidacyRevoked] | type[CandidacyLapsed]
) -> None:
    await change(told.engine, state="delivered", next_attempt_at=None, attempts=1, reached=True)
    await a_subscription(told.engine, await a_partner(told.engine, name="France Travail"))
    event = ended(decision_number=DECISION)
    assert planned(await told.bench.deliver(event, subject=told.candidacy, version=2, event_id=told.withdrawal)) == [1]
    assert await told.bench.deliver(event, subject=told.candidacy, version=2, event_id=told.withdrawal) == []
    retraction = await told.retraction()
    assert (retraction.notice, retraction.subscription_id) == ("candidacy.withdrawn", told.subscription)
    body = json.loads(retraction.body)
    assert (body["type"], body["data"].keys()) == ("candidacy.withdrawn", {"reference"})
    # A second approval, after an appeal, is told anew.
    assert planned(await told.bench.deliver(an_approval(), subject=told.candidacy, version=3)) == [2]


async def test_a_lapse_without_an_approval_tells_nobody(bench: Bench, engine: AsyncEngine) -> None:
    await a_subscription(engine, await a_partner(engine))
    (reply,) = await bench.deliver(CandidacyLapsed(decision_number=None), subject=uuid7())
    assert (reply.body["count"], reply.body["decision_number"]) == (0, None)


async def test_a_retraction_goes_to_who_was_told_whatever_it_subscribes_to_now(told: Told) -> None:
    await change(told.engine, state="delivered", next_attempt_at=None, attempts=1, reached=True)
    async with told.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET event_types = ARRAY['candidacy.approved']"))
        await conn.execute(sa.text("UPDATE partners SET convention_to = '2026-11-01'"))
    assert planned(await told.withdraw()) == [1]


async def test_retries_stop_and_a_retraction_is_sent_when_an_attempt_may_have_been_read(told: Told) -> None:
    await change(told.engine, attempts=2, reached=True, next_attempt_at=NOW + timedelta(minutes=5))
    published = await told.withdraw()
    assert ((await told.alert()).state, (await told.retraction()).state) == ("cancelled", "pending")
    assert planned(published) == [1]
    assert failed(published) == [("withdrawn_while_retrying", told.approval)]


async def test_retries_stop_without_a_retraction_when_no_attempt_left_the_socket(told: Told) -> None:
    await change(told.engine, attempts=2, next_attempt_at=NOW + timedelta(minutes=5))
    published = await told.withdraw()
    assert [row.state for row in await rows(told.engine)] == ["cancelled"]
    assert planned(published) == [0]
    assert failed(published) == [("withdrawn_before_sending", told.approval)]


async def test_a_retraction_waits_while_the_alert_is_being_sent(told: Told) -> None:
    until = NOW + timedelta(seconds=30)
    await change(told.engine, attempts=1, lease_token=uuid7(), lease_until=until, next_attempt_at=until)
    published = await told.withdraw()
    alert, retraction = await rows(told.engine)
    assert (alert.state, alert.superseded_by) == ("pending", retraction.id)
    assert (retraction.state, retraction.next_attempt_at) == ("waiting", None)
    assert planned(published) == [1]
    assert failed(published) == []


async def test_an_alert_that_was_given_up_after_an_answer_is_retracted_and_not_failed_twice(told: Told) -> None:
    await change(told.engine, state="failed", next_attempt_at=None, attempts=9, reached=True, version=1)
    published = await told.withdraw()
    assert ((await told.alert()).state, (await told.retraction()).state) == ("failed", "pending")
    assert (planned(published), failed(published)) == ([1], [])


async def test_an_alert_that_was_given_up_unread_is_closed_without_another_word(told: Told) -> None:
    await change(told.engine, state="failed", next_attempt_at=None, attempts=9, version=1)
    published = await told.withdraw()
    assert [row.state for row in await rows(told.engine)] == ["cancelled"]
    assert (planned(published), failed(published)) == ([0], [])


async def test_a_second_undoing_takes_nothing_back_again(told: Told) -> None:
    await change(told.engine, state="delivered", next_attempt_at=None, attempts=1, reached=True)
    await told.withdraw()
    published = await told.bench.deliver(a_refusal(), subject=told.candidacy, version=3)
    assert planned(published) == [0]
    assert len(await rows(told.engine)) == 2


async def test_a_candidacy_keeps_its_reference_when_it_is_approved_again(told: Told) -> None:
    await told.withdraw()
    await told.bench.deliver(an_approval(), subject=told.candidacy, version=3)
    first, second = await rows(told.engine)
    assert first.body == second.body
    assert second.state == "pending"


async def test_a_delivery_carries_the_envelope_of_its_event(told: Told) -> None:
    row = await told.alert()
    carried = dict(zip(row.header_names, row.header_values, strict=True))
    assert carried[b"ce_id"].decode() == told.approval
    assert carried[b"ce_actorfunction"] == b"director"


@pytest.mark.parametrize(
    "values",
    [
        {"next_attempt_at": None},
        {"state": "delivered"},
        {"state": "waiting", "next_attempt_at": None},
        {"lease_token": uuid7()},
        {"state": "failed", "next_attempt_at": None, "lease_token": uuid7(), "lease_until": NOW},
        {"state": "lost"},
    ],
)
async def test_the_database_refuses_a_delivery_that_is_neither_ended_nor_scheduled(
    told: Told, values: dict[str, object]
) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        await change(told.engine, **values)


async def test_fifty_approvals_in_one_chunk_are_all_planned(
    bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    from shared.testing.kernel import record

    await a_subscription(engine, await a_partner(engine))
    await bench.dispatcher.dispatch([record(an_approval(), subject=uuid7(), clock=clock) for _ in range(50)])
    assert planned(await bench.published()) == [1] * 50
    assert len(await rows(engine)) == 50
