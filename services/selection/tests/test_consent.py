"""Consent is an object: which text, signed when, recorded by whom, and a yes or a no for each category of partners."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import domain, handlers
from services.selection.domain import PartnerCategory, Refusal, Refused, Status
from services.selection.domain.consent import TEXTS
from services.selection.tables import candidacies
from services.selection.tests import builders
from services.selection.tests.builders import TODAY, some_facts
from services.selection.tests.officers import NOBODY, Api, problem
from services.selection.tests.steps import approved, journey, kinds, of_acts, requests, steps
from services.selection.tests.test_handlers import refusal_of
from shared.contracts.notifications import AlertsPlanned
from shared.testing.kernel import Bench

JOBS, REGION, SCHOOL = PartnerCategory.EMPLOYMENT_SERVICE, PartnerCategory.REGION, PartnerCategory.TRAINING_BODY


def test_a_text_is_in_use_on_every_day_and_one_alone() -> None:
    for earlier, later in itertools.pairwise(TEXTS):
        assert earlier.until == later.first
    assert TEXTS[-1].until is None


@pytest.mark.parametrize(
    ("text", "signed_on", "refusal"),
    [
        ("2026-07", TODAY, None),
        ("2026-07", date(2026, 7, 1), None),
        ("2025-09", date(2026, 6, 30), None),
        ("2026-07", date(2026, 6, 30), Refusal.CONSENT_TEXT_UNKNOWN),
        ("2025-09", date(2026, 7, 1), Refusal.CONSENT_TEXT_UNKNOWN),
        ("2024-01", TODAY, Refusal.CONSENT_TEXT_UNKNOWN),
        ("2025-09", date(1899, 1, 1), Refusal.CONSENT_TEXT_UNKNOWN),
        ("2026-07", TODAY + timedelta(days=1), Refusal.IMPOSSIBLE_DATES),
    ],
)
def test_a_signature_is_under_a_text_that_was_in_use_on_its_day(
    text: str, signed_on: date, refusal: Refusal | None
) -> None:
    if refusal is None:
        domain.check_signature(text, signed_on, builders.FACTS, TODAY)
        return
    with pytest.raises(Refused) as refused:
        domain.check_signature(text, signed_on, builders.FACTS, TODAY)
    assert refused.value.refusal is refusal


def test_a_new_consent_is_not_older_than_the_withdrawal_that_it_follows() -> None:
    facts = some_facts(consent_withdrawn_on=date(2026, 11, 10))
    domain.check_signature("2026-07", date(2026, 11, 10), facts, TODAY)
    with pytest.raises(Refused) as refused:
        domain.check_signature("2026-07", date(2026, 11, 9), facts, TODAY)
    assert refused.value.refusal is Refusal.IMPOSSIBLE_DATES


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, (JOBS, REGION)),
        ({REGION: False}, (JOBS,)),
        ({SCHOOL: True}, (JOBS, SCHOOL, REGION)),
        ({JOBS: False, REGION: False}, ()),
        ({SCHOOL: False}, (JOBS, REGION)),
    ],
)
def test_what_is_not_named_keeps_its_answer_and_what_was_never_asked_is_a_no(
    answers: dict[PartnerCategory, bool], expected: tuple[PartnerCategory, ...]
) -> None:
    assert domain.categories_after((REGION, JOBS), answers) == expected


async def test_the_consent_shows_what_stands_and_every_answer_ever_given(api: Api) -> None:
    candidacy_id = await api.create()
    signed = {"text_version": "2026-07", "signed_on": "2026-11-20"}
    answer = await api.change("PUT", f"/{candidacy_id}/consent", signed, by="origin_head")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    answers = {"answers": {"region": False, "training_body": True}}
    answer = await api.change("PUT", f"/{candidacy_id}/consent/partners", answers)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    await api.post(f"/{candidacy_id}/withdraw")
    shown = (await api.get(f"/{candidacy_id}/consent", by="inspector")).json()
    assert shown["partners"] == {
        "employment_service": True,
        "youth_service": False,
        "training_body": True,
        "region": False,
        "social_employer": False,
    }
    assert (shown["text_version"], shown["signed_on"], shown["withdrawn_on"], shown["recorded_by"]) == (
        "2026-07",
        "2026-11-20",
        "2026-11-23",
        "agent-1004",
    )
    assert [
        (one["file_version"], one["subject"], one["yes"], one["dated_on"], one["recorded_by"])
        for one in shown["history"]
    ] == [
        (4, "programme", False, "2026-11-23", "agent-1001"),
        (3, "region", False, None, "agent-1001"),
        (3, "training_body", True, None, "agent-1001"),
        (2, "programme", True, "2026-11-20", "agent-1004"),
        (1, "employment_service", True, None, "agent-1001"),
        (1, "programme", True, "2026-11-02", "agent-1001"),
        (1, "region", True, None, "agent-1001"),
    ]


async def test_a_signature_repairs_a_missing_consent_at_the_next_assessment(api: Api) -> None:
    candidacy_id = await api.assessed(consent={})
    signed = {"text_version": "2026-07", "signed_on": "2026-11-23"}
    assert (await api.change("PUT", f"/{candidacy_id}/consent", signed)).status_code == 200
    assert (await api.post(f"/{candidacy_id}/assess")).json()["result"] == "favourable"


WRONG: list[tuple[str, Any, tuple[int, str]]] = [
    ("consent", {"text_version": "2026-07", "signed_on": "2026-11-24"}, (422, "impossible-dates")),
    ("consent", {"text_version": "2026-07", "signed_on": "2026-02-30"}, (422, "impossible-dates")),
    ("consent", {"text_version": "2026-07", "signed_on": "2026-01-01"}, (422, "consent-text-unknown")),
    ("consent", {"text_version": "1999-01", "signed_on": "2026-11-20"}, (422, "consent-text-unknown")),
    ("consent", {"text_version": "any", "signed_on": "2026-11-20"}, (422, "validation-failed")),
    ("consent", {"text_version": "2026-07"}, (422, "validation-failed")),
    ("consent", {"signed_on": "2026-11-20", "withdrawn_on": "2026-11-21"}, (422, "unknown-field")),
    ("consent/partners", {"answers": {}}, (422, "validation-failed")),
    ("consent/partners", {"answers": {"press": True}}, (422, "validation-failed")),
    ("consent/partners", {"answers": {"region": "no"}}, (422, "validation-failed")),
    ("consent/partners", {"answers": {"region": None}}, (422, "validation-failed")),
    ("consent/partners", {}, (422, "validation-failed")),
]


async def test_an_answer_that_cannot_be_changes_nothing(api: Api) -> None:
    candidacy_id = await api.create()
    before = await api.stored()
    for path, body, expected in WRONG:
        assert problem(await api.change("PUT", f"/{candidacy_id}/{path}", body)) == expected, body
    body = {"answers": {"region": False}}
    for officer, expected in (
        ("registry", (403, "role-missing")),
        ("decision_authority", (403, "role-missing")),
        ("origin_spip", (404, "candidacy-unknown")),
    ):
        assert problem(await api.change("PUT", f"/{candidacy_id}/consent/partners", body, by=officer)) == expected
    stale = await api.change("PUT", f"/{candidacy_id}/consent/partners", body, version=7)
    assert problem(stale) == (412, "stale-version")
    assert problem(await api.get(f"/{candidacy_id}/consent", by="placement_officer")) == (403, "role-missing")
    assert problem(await api.get(f"/{NOBODY}/consent")) == (404, "candidacy-unknown")
    assert await api.stored() == before


async def test_after_a_withdrawal_nothing_is_consented_to(api: Api) -> None:
    candidacy_id = await api.create()
    await api.post(f"/{candidacy_id}/withdraw")
    for path, body in (
        ("consent", {"text_version": "2026-07", "signed_on": "2026-11-23"}),
        ("consent/partners", {"answers": {"region": True}}),
    ):
        assert problem(await api.change("PUT", f"/{candidacy_id}/{path}", body)) == (409, "candidacy-withdrawn")


async def test_an_answer_on_an_approved_file_is_published_with_all_that_is_allowed(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        before = (await tx.conn.execute(sa.select(candidacies.c.version))).scalar_one()
        answers = {REGION: False, SCHOOL: True}
        await handlers.answer_partners(tx, candidacy_id, answers, builders.PREPARING)
    (event,) = await bench.published()
    assert event.event_type == "selection.candidacy.partner_consent_changed.v1"
    assert event.body == {"partner_categories": ["employment_service", "training_body"]}
    assert event.headers["ce_aggregateversion"] == str(before + 1)
    missing = {reply.request_id: reply.step for reply in (await journey(bench, candidacy_id)).missing}
    assert missing[event.headers["ce_id"]] == "partners"


async def test_the_reply_to_an_answer_is_the_partners_step_of_the_journey(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    first = {"candidacy_id": candidacy_id, "request_id": asked["candidacy"], "decision_number": "DON-2026-000001"}
    await bench.deliver(AlertsPlanned(**first, count=2), subject=uuid7())
    async with bench.transaction() as tx:
        await handlers.answer_partners(tx, candidacy_id, {REGION: False}, builders.PREPARING)
    request = requests(await bench.published())["candidacy"]
    await bench.deliver(AlertsPlanned(**first | {"request_id": request}, count=1), subject=uuid7())
    assert request not in {reply.request_id for reply in (await journey(bench, candidacy_id)).missing}
    assert (await steps(bench, candidacy_id))["partners"].status is Status.IN_PROGRESS


async def test_an_answer_that_changes_nothing_is_kept_and_not_published(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await handlers.answer_partners(tx, candidacy_id, {REGION: True, SCHOOL: False}, builders.PREPARING)
    assert await bench.published() == []


async def test_before_the_approval_an_answer_is_silent_and_the_approval_lists_what_is_allowed(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        shown = await handlers.preview_effects(tx.conn, candidacy_id, tx.now, builders.SITE, builders.POLICY)
        await handlers.answer_partners(tx, candidacy_id, {REGION: False}, builders.PREPARING)
    assert await of_acts(bench) == []
    effects = shown.approval.effects.listed()
    refusal = await refusal_of(bench, lambda tx: builders.approve(tx, candidacy_id, effects=effects))
    assert refusal is Refusal.EFFECTS_CHANGED
    async with bench.transaction() as tx:
        await builders.approve(tx, candidacy_id)
    published = await bench.published()
    assert kinds(published)[0] == "candidacy.approved"
    assert published[0].body["partner_categories"] == ["employment_service"]
