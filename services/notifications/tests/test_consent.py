"""A no of the person is obeyed by exactly those whom it concerns; a yes that comes later tells only what was signed."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import newly_allowed
from services.notifications.tables import approvals, deliveries
from services.notifications.tests.builders import (
    DECISION,
    NOW,
    a_consent,
    a_partner,
    a_subscription,
    a_withdrawal,
    an_approval,
)
from services.notifications.tests.test_handlers import failed, planned, rows
from shared.contracts.selection import PartnerCategory
from shared.testing.kernel import Bench, Published

JOBS, REGION, SCHOOL = (
    PartnerCategory.EMPLOYMENT_SERVICE,
    PartnerCategory.REGION,
    PartnerCategory.TRAINING_BODY,
)


@pytest.mark.parametrize(
    ("ordered", "before", "now", "expected"),
    [
        (["a", "b"], ["a", "b"], ["a"], []),
        (["a", "b"], ["a"], ["a", "b"], ["b"]),
        (["a"], ["a"], ["a", "b"], []),
        (["a"], [], ["a"], ["a"]),
        ([], [], ["a"], []),
    ],
)
def test_only_what_was_signed_and_was_not_allowed_before_is_told_anew(
    ordered: list[str], before: list[str], now: list[str], expected: list[str]
) -> None:
    assert newly_allowed(ordered, before, now) == expected


class Approved:
    """An approval that lists two categories, planned for one partner of each."""

    def __init__(self, bench: Bench, engine: AsyncEngine, jobs: UUID, region: UUID) -> None:
        self.bench, self.engine, self.jobs, self.region = bench, engine, jobs, region
        self.candidacy, self.approval, self.version = uuid7(), str(uuid7()), 3

    async def answer(self, *categories: PartnerCategory, event_id: str | None = None) -> list[Published]:
        self.version += 1
        return await self.bench.deliver(
            a_consent(*categories), subject=self.candidacy, version=self.version, event_id=event_id
        )

    async def sent(self, *subscriptions: UUID, **values: Any) -> None:
        """Brings alerts into a state that tests of the worker reach by sending; delivered, unless said otherwise."""
        delivered = {"state": "delivered", "next_attempt_at": None, "attempts": 1, "reached": True, "version": 1}
        async with self.engine.begin() as conn:
            mine = deliveries.c.subscription_id.in_(subscriptions)
            await conn.execute(sa.update(deliveries).where(mine).values(values or delivered))

    async def of(self, subscription: UUID) -> list[tuple[str, str]]:
        return [(row.notice, row.state) for row in await rows(self.engine) if row.subscription_id == subscription]


@pytest.fixture
async def approved(bench: Bench, engine: AsyncEngine) -> Approved:
    jobs = await a_subscription(engine, await a_partner(engine))
    region = await a_subscription(engine, await a_partner(engine, name="Région Grand Est", category=REGION))
    approved = Approved(bench, engine, jobs, region)
    await bench.deliver(an_approval(JOBS, REGION), subject=approved.candidacy, version=3, event_id=approved.approval)
    return approved


async def test_a_no_before_anything_was_sent_cancels_that_categorys_notice_and_no_other(approved: Approved) -> None:
    published = await approved.answer(JOBS)
    assert await approved.of(approved.region) == [("candidacy.approved", "cancelled")]
    assert await approved.of(approved.jobs) == [("candidacy.approved", "pending")]
    assert planned(published) == [0]
    assert failed(published) == [("consent_withdrawn_before_sending", approved.approval)]


async def test_exactly_those_who_were_told_of_that_category_are_told_that_it_is_no_longer_so(
    approved: Approved,
) -> None:
    await approved.sent(approved.jobs, approved.region)
    published = await approved.answer(JOBS)
    assert await approved.of(approved.region) == [
        ("candidacy.approved", "delivered"),
        ("candidacy.withdrawn", "pending"),
    ]
    assert await approved.of(approved.jobs) == [("candidacy.approved", "delivered")]
    assert (planned(published), failed(published)) == ([1], [])
    alert, retraction = (row for row in await rows(approved.engine) if row.subscription_id == approved.region)
    assert alert.superseded_by == retraction.id
    assert retraction.decision_number == DECISION
    assert json.loads(retraction.body)["data"] == json.loads(alert.body)["data"]


async def test_the_one_reply_names_the_event_and_the_approval_that_stands(approved: Approved) -> None:
    event_id = str(uuid7())
    (reply,) = await approved.answer(JOBS, REGION, SCHOOL, event_id=event_id)
    assert reply.body == {
        "candidacy_id": str(approved.candidacy),
        "request_id": event_id,
        "decision_number": DECISION,
        "count": 0,
    }
    assert (reply.headers["ce_subject"], reply.headers["ce_aggregateversion"]) == (event_id, "1")


async def test_retries_stop_and_are_retracted_when_an_attempt_may_have_been_read(approved: Approved) -> None:
    await approved.sent(approved.region, attempts=2, reached=True, next_attempt_at=NOW + timedelta(minutes=5))
    published = await approved.answer(JOBS)
    assert await approved.of(approved.region) == [
        ("candidacy.approved", "cancelled"),
        ("candidacy.withdrawn", "pending"),
    ]
    assert (planned(published), failed(published)) == (
        [1],
        [("consent_withdrawn_while_retrying", approved.approval)],
    )


async def test_a_retraction_waits_while_the_notice_is_being_sent(approved: Approved) -> None:
    until = NOW + timedelta(seconds=30)
    leased = {"attempts": 1, "lease_token": uuid7(), "lease_until": until, "next_attempt_at": until}
    await approved.sent(approved.region, **leased)
    assert planned(await approved.answer(JOBS)) == [1]
    assert await approved.of(approved.region) == [
        ("candidacy.approved", "pending"),
        ("candidacy.withdrawn", "waiting"),
    ]


async def test_the_same_answer_twice_does_nothing_twice(approved: Approved) -> None:
    await approved.sent(approved.region)
    event_id = str(uuid7())
    assert planned(await approved.answer(JOBS, event_id=event_id)) == [1]
    approved.version -= 1
    assert await approved.answer(JOBS, event_id=event_id) == []
    assert planned(await approved.answer(JOBS)) == [0]
    assert len(await approved.of(approved.region)) == 2


async def test_a_later_yes_tells_what_the_signed_act_lists_under_the_same_reference(approved: Approved) -> None:
    await approved.sent(approved.region)
    await approved.answer(JOBS)
    published = await approved.answer(JOBS, REGION)
    assert (planned(published), failed(published)) == ([1], [])
    told = [row for row in await rows(approved.engine) if row.subscription_id == approved.region]
    assert [row.notice for row in told] == ["candidacy.approved", "candidacy.withdrawn", "candidacy.approved"]
    assert (told[2].state, told[2].superseded_by, told[2].decision_number) == ("pending", None, DECISION)
    assert json.loads(told[0].body)["data"] == json.loads(told[2].body)["data"]
    assert planned(await approved.answer(JOBS, REGION)) == [0]


async def test_a_later_yes_to_what_the_signed_act_does_not_list_tells_nobody(
    approved: Approved, engine: AsyncEngine
) -> None:
    school = await a_subscription(engine, await a_partner(engine, name="GRETA fictif", category=SCHOOL))
    assert planned(await approved.answer(JOBS, REGION, SCHOOL)) == [0]
    assert await approved.of(school) == []


async def test_a_partner_who_came_after_the_approval_is_not_told_by_an_answer_about_others(
    approved: Approved, engine: AsyncEngine
) -> None:
    late = await a_subscription(engine, await a_partner(engine, name="Nouvelle mission fictive"))
    await approved.answer(JOBS)
    await approved.answer(JOBS, REGION)
    assert await approved.of(late) == []


async def test_after_a_withdrawal_an_answer_finds_nobody_to_tell(approved: Approved, engine: AsyncEngine) -> None:
    await approved.sent(approved.jobs, approved.region)
    await approved.answer(JOBS)
    published = await approved.bench.deliver(a_withdrawal(), subject=approved.candidacy, version=9)
    assert planned(published) == [1], "the region was told already that it is no longer so"
    approved.version = 9
    assert planned(await approved.answer(JOBS, REGION)) == [0]
    async with engine.connect() as conn:
        assert (await conn.execute(sa.select(approvals))).all() == []


async def test_a_later_approval_of_the_same_file_tells_what_it_lists_and_obeys_anew(approved: Approved) -> None:
    await approved.sent(approved.jobs, approved.region)
    await approved.answer(JOBS)
    await approved.bench.deliver(a_withdrawal(), subject=approved.candidacy, version=9)
    again = await approved.bench.deliver(an_approval(JOBS), subject=approved.candidacy, version=12)
    assert planned(again) == [1]
    approved.version = 12
    assert (await approved.of(approved.region))[-1] == ("candidacy.withdrawn", "pending")
    assert (await approved.of(approved.jobs))[-1] == ("candidacy.approved", "pending")
    assert planned(await approved.answer(JOBS, REGION)) == [0]


async def test_what_was_told_before_answers_were_noted_is_taken_back_all_the_same(approved: Approved) -> None:
    await approved.sent(approved.region)
    async with approved.engine.begin() as conn:
        await conn.execute(sa.delete(approvals))
    assert planned(await approved.answer(JOBS)) == [1]
    assert planned(await approved.answer(JOBS, REGION)) == [0]
