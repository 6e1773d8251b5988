"""States, the signed act and the journey: pure rules."""

from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.selection import consumers, domain
from services.selection.domain import Expected, Outcome, Refusal, Refused, State, Status
from services.selection.domain.journey import _STATUS
from services.selection.tests.builders import (
    DIRECTOR,
    FACTS,
    GROUNDS,
    IDENTITY,
    NOW,
    POLICY,
    TODAY,
    WISHES,
    a_case,
    some_facts,
)

OPINION = uuid7()
NUMBER = "DON-2026-000001"


def a_file(**overrides: Any) -> domain.File:
    given: dict[str, Any] = {
        "id": uuid7(),
        "person_id": uuid7(),
        "site": "DON",
        "file_number": 7,
        "state": State.ASSESSED,
        "version": 2,
        "round": 1,
        "prepared_by": "cpip-1",
        "preparers": ("cpip-1",),
        "referent": "cpip-1",
        "establishment": None,
        "arrived_on": None,
        "case": a_case(),
        "wishes": WISHES,
        "opinion_id": OPINION,
        "decision_number": None,
    }
    return domain.File(**given | overrides)


def an_opinion(**overrides: Any) -> domain.NamedOpinion:
    given: dict[str, Any] = {
        "id": OPINION,
        "rule_version": domain.RULE_VERSION,
        "result": domain.Result.FAVOURABLE,
    }
    return domain.NamedOpinion(**given | overrides)


def refusal_of(file: domain.File, opinion: domain.NamedOpinion | None) -> Refusal:
    with pytest.raises(Refused) as refused:
        domain.approvable(file, opinion, TODAY, POLICY)
    return refused.value.refusal


def test_the_effects_are_a_cell_a_seat_after_the_arrival_phase_and_the_partners_agreed_to() -> None:
    effects = domain.approvable(a_file(), an_opinion(), TODAY, POLICY).effects
    assert effects.listed() == [
        {
            "kind": "accommodation",
            "wing_sex": "M",
            "cell_type": "standard",
            "planned_entry": "2027-01-11",
            "projected_exit": "2028-11-23",
        },
        {
            "kind": "training",
            "wishes": ["DON-WEB", "DON-BASIC"],
            "earliest_start": "2027-02-01",
            "projected_exit": "2028-11-23",
        },
        {"kind": "partners", "categories": ["employment_service", "region"]},
    ]


def test_approving_needs_this_files_latest_favourable_opinion_by_todays_rules() -> None:
    assert refusal_of(a_file(), None) is Refusal.OPINION_UNKNOWN
    for result in set(domain.Result) - {domain.Result.FAVOURABLE, domain.Result.TO_EXAMINE}:
        assert refusal_of(a_file(), an_opinion(result=result)) is Refusal.OPINION_NOT_FAVOURABLE
    assert refusal_of(a_file(), an_opinion(id=uuid7())) is Refusal.OPINION_STALE
    assert refusal_of(a_file(), an_opinion(result=domain.Result.TO_EXAMINE)) is Refusal.OPINION_STALE
    assert refusal_of(a_file(), an_opinion(rule_version="2025.1")) is Refusal.OPINION_STALE


def test_the_criteria_are_checked_again_on_the_date_of_the_decision() -> None:
    since = some_facts(extract_on=TODAY - timedelta(days=31))
    assert refusal_of(a_file(case=a_case(since)), an_opinion()) is Refusal.OPINION_STALE


def test_a_planned_entry_that_has_passed_orders_nothing() -> None:
    late = some_facts(planned_entry=TODAY - timedelta(days=1))
    assert refusal_of(a_file(case=a_case(late)), an_opinion()) is Refusal.PLANNED_ENTRY_PASSED


def test_who_prepared_the_file_does_not_sign() -> None:
    for file in (a_file(prepared_by=DIRECTOR.id), a_file(preparers=("cpip-1", DIRECTOR.id))):
        with pytest.raises(Refused) as refused:
            domain.check_signer(file, DIRECTOR)
        assert refused.value.refusal is Refusal.DECISION_BY_PREPARER


@pytest.mark.parametrize(
    ("field", "refusal"),
    [
        ("reasons", Refusal.REASONS_MISSING),
        ("authority", Refusal.AUTHORITY_MISSING),
    ],
)
@pytest.mark.parametrize("blank", ["", "  \n\t"])
def test_a_decision_says_its_grounds(field: str, refusal: Refusal, blank: str) -> None:
    given = {"reasons": GROUNDS.reasons, "authority": GROUNDS.authority} | {field: blank}
    with pytest.raises(Refused) as refused:
        domain.Grounds(given["reasons"], given["authority"], GROUNDS.delegation)
    assert refused.value.refusal is refusal


@pytest.mark.parametrize(
    "overrides",
    [
        {"sentence_end": FACTS.planned_entry},
        {"consent_withdrawn_on": TODAY - timedelta(days=60)},
        {"consent_signed_on": None, "consent_withdrawn_on": TODAY},
        {"extract_on": TODAY.replace(year=1026)},
        {"planned_entry": TODAY.replace(year=9999), "sentence_end": None},
    ],
)
def test_dates_that_contradict_one_another_are_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        domain.check_dates(some_facts(**overrides), IDENTITY.birth_date)
    assert refused.value.refusal is Refusal.IMPOSSIBLE_DATES


def test_the_digest_changes_with_any_word_of_the_act() -> None:
    act = {"reasons": "one", "effects": [{"kind": "training"}]}
    assert domain.act_digest(act) == domain.act_digest(dict(reversed(act.items())))
    assert domain.act_digest(act) != domain.act_digest(act | {"reasons": "two"})
    assert len(domain.act_digest(act)) == 32


def test_an_identity_never_shows_itself() -> None:
    identity = domain.Identity("Canary", "Canary", TODAY, "Canary", domain.Sex.MALE)
    assert repr(identity) == "Identity()"


def an_outcome(step: str, fact: str, *, request: str = "r1", after: int = 1, **detail: object) -> Outcome:
    return Outcome(step, fact, request, NUMBER, detail, NOW + timedelta(minutes=after))


def a_reply(step: str, request: str = "r1", *, answered: bool = True, after: int = 0) -> Expected:
    at = NOW + timedelta(minutes=after)
    return Expected(request, step, NUMBER, at, at if answered else None)


def statuses(state: State, outcomes: list[Outcome], expected: list[Expected], after: int = 60) -> dict[str, Status]:
    seen = domain.journey(state, outcomes, expected, NOW + timedelta(minutes=after))
    return {step.step: step.status for step in seen.steps}


def test_every_fact_that_is_consumed_has_a_status() -> None:
    facts = {name.split(".")[2] for name in consumers.consumer.events}
    assert facts == {fact for _, fact in _STATUS} | {"alerts_planned", "convention_recorded"}


def test_a_step_without_an_answer_waits_and_its_reply_is_missing() -> None:
    expected = [a_reply(step, f"r{step}", answered=False) for step in ("partners", "accommodation", "training")]
    seen = domain.journey(State.APPROVED, [], expected, NOW)
    assert [(step.step, step.status, step.since) for step in seen.steps] == [
        ("accommodation", Status.WAITING, NOW),
        ("training", Status.WAITING, NOW),
        ("partners", Status.WAITING, NOW),
    ]
    assert seen.missing == tuple(expected)


def test_a_proposal_is_overdue_from_its_date_even_before_anybody_says_so() -> None:
    confirm_by = NOW + timedelta(minutes=30)
    bed = an_outcome("accommodation", "bed_assigned", confirm_by=confirm_by.isoformat())
    expected = [a_reply("accommodation")]
    assert statuses(State.APPROVED, [bed], expected, after=30) == {"accommodation": Status.PROPOSED}
    late = domain.journey(State.APPROVED, [bed], expected, NOW + timedelta(minutes=31))
    assert (late.steps[0].status, late.steps[0].since) == (Status.OVERDUE, confirm_by)


def test_outcomes_of_an_approval_are_superseded_once_the_candidate_withdrew() -> None:
    asked = [a_reply(step, f"r-{step}") for step in ("accommodation", "training", "partners")]
    again = [a_reply(step, f"w-{step}", answered=False, after=5) for step in ("accommodation", "training", "partners")]
    outcomes = [
        an_outcome("accommodation", "bed_assigned", request="r-accommodation"),
        an_outcome("training", "cancelled", request="r-training", after=6),
        an_outcome("partners", "alerts_planned", request="w-partners", after=6, count=1),
        an_outcome("partners/a", "partner_alerted", request="r-partners", after=2),
        an_outcome("partners/b", "partner_alerted", request="w-partners", after=7),
    ]
    assert statuses(State.WITHDRAWN, outcomes, asked + again) == {
        "accommodation": Status.SUPERSEDED,
        "training": Status.RELEASED,
        "partners": Status.TOLD,
        "partners/a": Status.SUPERSEDED,
        "partners/b": Status.TOLD,
    }


@pytest.mark.parametrize(
    ("count", "facts", "status"),
    [
        (0, [], Status.NOBODY_TO_TELL),
        (2, ["partner_alerted"], Status.IN_PROGRESS),
        (2, ["partner_alerted", "partner_alerted"], Status.TOLD),
        (2, ["partner_alerted", "partner_alert_failed"], Status.NOT_TOLD),
    ],
)
def test_partners_are_told_when_every_planned_delivery_arrived(count: int, facts: list[str], status: Status) -> None:
    outcomes = [an_outcome("partners", "alerts_planned", count=count)]
    outcomes += [an_outcome(f"partners/{n}", fact, after=n + 2) for n, fact in enumerate(facts)]
    assert statuses(State.APPROVED, outcomes, [a_reply("partners")])["partners"] is status
