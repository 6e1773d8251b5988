"""Every criterion and every special case of the programme, as tables."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.selection import domain
from services.selection.domain import (
    AdviceKind,
    Code,
    Criterion,
    Duration,
    Finding,
    Gathered,
    LineKind,
    QuantumRule,
    Result,
    Sex,
)
from services.selection.tests.builders import IDENTITY, POLICY, TODAY, a_case, a_sentence, some_facts


def line(opinion: domain.Opinion, criterion: Criterion) -> domain.Line:
    return next(line for line in opinion.lines if line.criterion is criterion)


def assessed(facts: dict[str, Any] | None = None, **case: Any) -> domain.Opinion:
    return domain.assess(a_case(some_facts(**facts or {}), **case), TODAY, POLICY)


SUBSTANTIVE: list[tuple[dict[str, Any], Criterion, Finding, Code | None, Result]] = [
    ({"born_on": date(2009, 1, 11)}, Criterion.ADULT, Finding.MET, None, Result.FAVOURABLE),
    ({"born_on": date(2009, 1, 12)}, Criterion.ADULT, Finding.NOT_MET, Code.MINOR, Result.UNFAVOURABLE),
    ({"site": "DON", "sex": Sex.FEMALE}, Criterion.SITE_TAKES_PUBLIC, Finding.MET, None, Result.FAVOURABLE),
    ({"site": "ARR", "sex": Sex.MALE}, Criterion.SITE_TAKES_PUBLIC, Finding.MET, None, Result.FAVOURABLE),
    (
        {"site": "ARR", "sex": Sex.FEMALE},
        Criterion.SITE_TAKES_PUBLIC,
        Finding.NOT_MET,
        Code.SITE_NOT_OPEN_TO_PUBLIC,
        Result.UNFAVOURABLE,
    ),
    (
        {"site": "TOU"},
        Criterion.SITE_TAKES_PUBLIC,
        Finding.NOT_MET,
        Code.SITE_NOT_OPEN_TO_PUBLIC,
        Result.UNFAVOURABLE,
    ),
    ({"site": "XXX"}, Criterion.SITE_TAKES_PUBLIC, Finding.TO_EXAMINE, Code.DATA_MISSING, Result.TO_EXAMINE),
    (
        {"facts": {"specially_flagged": True}},
        Criterion.COMPETENCE,
        Finding.TO_EXAMINE,
        Code.MINISTER_DECIDES,
        Result.TO_EXAMINE,
    ),
    (
        {"facts": {"terrorism": True}},
        Criterion.COMPETENCE,
        Finding.TO_EXAMINE,
        Code.MINISTER_DECIDES,
        Result.TO_EXAMINE,
    ),
    (
        {"facts": {"separation": True}},
        Criterion.SEPARATION,
        Finding.TO_EXAMINE,
        Code.SEPARATION_TO_EXAMINE,
        Result.TO_EXAMINE,
    ),
    (
        {"facts": {"other_proceedings": True}},
        Criterion.JUDICIAL_SITUATION,
        Finding.TO_EXAMINE,
        Code.JUDICIAL_SITUATION_TO_EXAMINE,
        Result.TO_EXAMINE,
    ),
    ({"facts": {"planned_entry": None}}, Criterion.ADULT, Finding.TO_COMPLETE, Code.DATA_MISSING, Result.TO_COMPLETE),
]


@pytest.mark.parametrize(("given", "criterion", "finding", "code", "result"), SUBSTANTIVE)
def test_age_site_competence_separation_and_proceedings_make_the_result(
    given: dict[str, Any], criterion: Criterion, finding: Finding, code: Code | None, result: Result
) -> None:
    opinion = assessed(**given)
    found = line(opinion, criterion)
    assert (found.kind, found.finding, found.code) == (LineKind.SUBSTANTIVE, finding, code)
    assert opinion.result is result


INFORMATION: list[tuple[dict[str, Any], Criterion, Code | None]] = [
    # 60 months, 18 left: past two thirds. 20 left: just there; a day more: not yet.
    (
        {"facts": {"sentences": (a_sentence(5),), "sentence_end": date(2028, 5, 23)}},
        Criterion("C12a"),
        Code("INFO_CONDITIONAL_RELEASE"),
    ),
    (
        {"facts": {"sentences": (a_sentence(5),), "sentence_end": date(2028, 7, 23)}},
        Criterion("C12a"),
        Code("INFO_CONDITIONAL_RELEASE"),
    ),
    ({"facts": {"sentences": (a_sentence(5),), "sentence_end": date(2028, 7, 24)}}, Criterion("C12a"), None),
    (
        {"facts": {"sentences": (a_sentence(4),), "sentence_end": date(2028, 3, 23)}},
        Criterion("C12a"),
        Code("INFO_CONDITIONAL_RELEASE"),
    ),
    ({"facts": {"sentences": (a_sentence(3),), "sentence_end": date(2027, 11, 24)}}, Criterion("C12a"), None),
    # 50 months: a third is 16 months and 20 days.
    (
        {"facts": {"sentences": (a_sentence(0, 50),), "sentence_end": date(2028, 4, 12)}},
        Criterion("C12a"),
        Code("INFO_CONDITIONAL_RELEASE"),
    ),
    ({"facts": {"sentences": (a_sentence(0, 50),), "sentence_end": date(2028, 4, 13)}}, Criterion("C12a"), None),
    ({"facts": {"sentences": ()}}, Criterion("C12a"), Code.DATA_MISSING),
    ({"facts": {"sentence_end": date(2028, 11, 23)}}, Criterion("C12b"), Code.INFO_ADJUSTMENT),
    ({"facts": {"sentence_end": date(2028, 11, 24)}}, Criterion("C12b"), None),
    (
        {"facts": {"sentence_end": date(2028, 11, 24), "adjustment_requested": True}},
        Criterion("C12b"),
        Code("INFO_ADJUSTMENT"),
    ),
    ({"facts": {"sentence_end": None}}, Criterion("C12b"), Code.DATA_MISSING),
    ({"facts": {"local_project": True}}, Criterion("C13"), Code.INFO_LOCAL_PROJECT),
    ({"facts": {"local_project": False}}, Criterion("C13"), None),
    ({"facts": {"local_project": None}}, Criterion("C13"), None),
    ({"adapted_cell": True}, Criterion("C14"), Code.INFO_ADAPTATION),
    ({"adapted_cell": False}, Criterion("C14"), None),
    ({"others_wait": True}, Criterion("C15"), Code.WAITING_LIST),
    ({"others_wait": False}, Criterion("C15"), None),
    ({"others_wait": None}, Criterion("C15"), None),
]


@pytest.mark.parametrize(("given", "criterion", "code"), INFORMATION)
def test_release_adjustment_project_adaptation_and_waiting_only_inform(
    given: dict[str, Any], criterion: Criterion, code: Code | None
) -> None:
    found = line(assessed(**given), criterion)
    assert (found.kind, found.finding, found.code) == (LineKind.INFORMATION, Finding.INFORMATION, code)


def test_what_is_to_be_gathered_is_shown_and_does_not_change_the_result() -> None:
    every = frozenset(POLICY.required_advice)
    for advice, held_on, missing, interview in (
        (frozenset(), None, 4, Code.INTERVIEW_NOT_HELD),
        (frozenset({AdviceKind.SPIP, AdviceKind.PROSECUTOR}), TODAY + timedelta(days=1), 3, Code.INTERVIEW_NOT_HELD),
        (every, TODAY, 0, None),
    ):
        opinion = assessed(gathered=Gathered(advice, held_on))
        gathered, held = line(opinion, Criterion.ADVICE_GATHERED), line(opinion, Criterion.INTERVIEW_HELD)
        assert {gathered.kind, held.kind} == {LineKind.PROCEDURAL}
        assert gathered.code is (Code.ADVICE_MISSING if missing else None)
        assert gathered.finding is (Finding.TO_COMPLETE if missing else Finding.MET)
        assert len(gathered.inputs["missing"]) == missing  # type: ignore[arg-type]
        assert held.code is interview
        assert opinion.result is Result.FAVOURABLE


def test_which_advice_is_needed_is_the_sites_choice() -> None:
    policy = replace(POLICY, required_advice=(AdviceKind.WORK_AGENCY,))
    missing = line(domain.assess(a_case(), TODAY, policy), Criterion.ADVICE_GATHERED)
    assert missing.inputs["missing"] == ["work_agency"]


def test_a_woman_for_arras_is_offered_donchery_and_a_man_for_toul_both_others() -> None:
    woman = line(assessed(site="ARR", sex=Sex.FEMALE), Criterion.SITE_TAKES_PUBLIC)
    assert woman.inputs["offers"] == ["DON"]
    assert line(assessed(site="TOU"), Criterion.SITE_TAKES_PUBLIC).inputs["offers"] == ["DON", "ARR"]


def test_a_site_that_is_suspended_by_its_settings_takes_nobody_from_then_on() -> None:
    frozen = replace(POLICY, sites=tuple(replace(site, status=domain.SiteStatus.SUSPENDED) for site in POLICY.sites))
    found = line(domain.assess(a_case(), TODAY, frozen), Criterion.SITE_TAKES_PUBLIC)
    assert (found.code, found.inputs["offers"]) == (Code.SITE_NOT_OPEN_TO_PUBLIC, [])


def test_who_only_the_minister_decides_on_is_routed_and_never_refused() -> None:
    found = line(assessed({"specially_flagged": True, "terrorism": True}), Criterion.COMPETENCE)
    assert (found.finding, found.inputs["route"]) == (Finding.TO_EXAMINE, "minister")


@pytest.mark.parametrize(
    ("born_on", "entry", "adult"),
    [
        (date(2008, 11, 30), date(2026, 11, 29), False),
        (date(2008, 11, 30), date(2026, 11, 30), True),
        # Eighteen years are complete when the 28th of February is over, not when it begins.
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (date(2010, 2, 28), date(2028, 2, 28), True),
        (date(2010, 3, 1), date(2028, 2, 29), False),
    ],
)
def test_somebody_is_of_age_once_eighteen_years_are_complete(born_on: date, entry: date, adult: bool) -> None:
    assert a_case(some_facts(planned_entry=entry), born_on=born_on).inputs.adult_at_entry is adult


LONGEST = replace(POLICY, quantum_rule=QuantumRule.LONGEST)


@pytest.mark.parametrize(
    ("sentences", "finding", "code"),
    [
        ((a_sentence(4), a_sentence(1, 1)), Finding.MET, None),
        ((a_sentence(5), a_sentence(5)), Finding.MET, None),
        ((a_sentence(4), a_sentence(5, 0, 1)), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(2), a_sentence(7, firm=Duration(3, 0, 0))), Finding.TO_EXAMINE, Code.PARTLY_SUSPENDED),
        ((a_sentence(0, 59, 30), a_sentence(0, 59, 30)), Finding.MET, None),
        ((), Finding.TO_COMPLETE, Code.DATA_MISSING),
    ],
)
def test_a_site_may_compare_the_longest_sentence_alone(
    sentences: tuple[domain.Sentence, ...], finding: Finding, code: Code | None
) -> None:
    found = line(domain.assess(a_case(some_facts(sentences=sentences)), TODAY, LONGEST), Criterion.FIVE_YEARS)
    assert (found.finding, found.code, found.inputs["rule"]) == (finding, code, "LONGEST")


def test_how_old_an_extract_may_be_is_the_sites_choice() -> None:
    facts = some_facts(extract_on=TODAY - timedelta(days=31))
    assert domain.assess(a_case(facts), TODAY, replace(POLICY, extract_days=31)).result is Result.FAVOURABLE
    assert domain.assess(a_case(), TODAY, replace(POLICY, extract_days=2)).result is Result.TO_COMPLETE


def test_the_planned_entry_is_checked_again_with_its_own_lines_and_blocks_nothing() -> None:
    opinion = assessed({"sentence_end": date(2027, 12, 1)})
    assert (opinion.result, opinion.at_entry) == (Result.FAVOURABLE, Result.UNFAVOURABLE)
    assert [(line.criterion, line.finding) for line in opinion.entry_lines] == [
        (Criterion.AT_LEAST_ONE_YEAR, Finding.NOT_MET),
        (Criterion.AT_MOST_THREE_YEARS, Finding.MET),
        (Criterion.VOLUNTEER, Finding.MET),
    ]
    assert opinion.entry_lines[0].inputs["reference_on"] == "2027-01-11"
    unknown = assessed({"sentence_end": None})
    assert (unknown.at_entry, unknown.entry_lines[0].code) == (Result.TO_COMPLETE, Code.DATA_MISSING)


SPECIAL_CASES: list[tuple[str, dict[str, Any], Result, set[Code]]] = [
    ("5 years exactly", {"facts": {"sentences": (a_sentence(5),)}}, Result.FAVOURABLE, set()),
    (
        "5 years and a day",
        {"facts": {"sentences": (a_sentence(5, 0, 1),)}},
        Result.UNFAVOURABLE,
        {Code.SENTENCE_OVER_5Y},
    ),
    ("12 months left", {"facts": {"sentence_end": date(2027, 11, 23)}}, Result.FAVOURABLE, set()),
    ("a day less", {"facts": {"sentence_end": date(2027, 11, 22)}}, Result.UNFAVOURABLE, {Code.REMAINDER_UNDER_1Y}),
    ("a day more", {"facts": {"sentence_end": date(2027, 11, 24)}}, Result.FAVOURABLE, set()),
    ("36 months left", {"facts": {"sentence_end": date(2029, 11, 23)}}, Result.FAVOURABLE, set()),
    ("one less", {"facts": {"sentence_end": date(2029, 11, 22)}}, Result.FAVOURABLE, set()),
    ("one more", {"facts": {"sentence_end": date(2029, 11, 24)}}, Result.DEFERRED, {Code.REMAINDER_OVER_3Y}),
    (
        "two sentences of 5 years and a month",
        {"facts": {"sentences": (a_sentence(4), a_sentence(1, 1))}},
        Result.UNFAVOURABLE,
        {Code.SENTENCE_OVER_5Y},
    ),
    (
        "7 years of which 3 are firm",
        {"facts": {"sentences": (a_sentence(7, firm=Duration(3, 0, 0)),)}},
        Result.TO_EXAMINE,
        {Code.PARTLY_SUSPENDED},
    ),
    ("a woman for Arras", {"site": "ARR", "sex": Sex.FEMALE}, Result.UNFAVOURABLE, {Code.SITE_NOT_OPEN_TO_PUBLIC}),
    ("consent withdrawn", {"facts": {"consent_withdrawn_on": TODAY}}, Result.UNFAVOURABLE, {Code.CANDIDATE_WITHDREW}),
    ("stale extract", {"facts": {"extract_on": date(2026, 10, 23)}}, Result.TO_COMPLETE, {Code.EXTRACT_STALE}),
    (
        "the judge's advice missing",
        {"gathered": Gathered(frozenset(POLICY.required_advice) - {AdviceKind.SENTENCE_JUDGE}, TODAY)},
        Result.FAVOURABLE,
        {Code.ADVICE_MISSING},
    ),
    (
        "60 months, 18 left",
        {"facts": {"sentences": (a_sentence(5),), "sentence_end": date(2028, 5, 23)}},
        Result.FAVOURABLE,
        {Code.INFO_CONDITIONAL_RELEASE},
    ),
    ("incompatible pair", {"facts": {"separation": True}}, Result.TO_EXAMINE, {Code.SEPARATION_TO_EXAMINE}),
    (
        "adapted cell and none free",
        {"adapted_cell": True, "others_wait": True},
        Result.FAVOURABLE,
        {Code.INFO_ADAPTATION, Code.WAITING_LIST},
    ),
    ("minor", {"born_on": date(2010, 1, 1)}, Result.UNFAVOURABLE, {Code.MINOR}),
    ("specially flagged", {"facts": {"specially_flagged": True}}, Result.TO_EXAMINE, {Code.MINISTER_DECIDES}),
]


@pytest.mark.parametrize(("name", "given", "result", "codes"), SPECIAL_CASES, ids=[case[0] for case in SPECIAL_CASES])
def test_every_special_case_of_the_demonstration_is_said_by_its_codes(
    name: str, given: dict[str, Any], result: Result, codes: set[Code]
) -> None:
    complete = {"gathered": Gathered(frozenset(POLICY.required_advice), TODAY)}
    opinion = assessed(**complete | given)
    assert opinion.result is result
    said = {line.code for line in opinion.lines} - {None}
    # Most of them have two years or less to serve, which is worth knowing and nothing more.
    assert said - {Code.INFO_ADJUSTMENT, Code.INFO_CONDITIONAL_RELEASE} == codes - {Code.INFO_CONDITIONAL_RELEASE}
    assert codes <= said


def test_the_29th_of_february_ends_at_the_end_of_a_common_february() -> None:
    leap = date(2028, 2, 29)
    facts = some_facts(sentence_end=date(2029, 2, 28), extract_on=leap, planned_entry=leap)
    assert domain.assess(a_case(facts), leap, POLICY).result is Result.FAVOURABLE


def test_a_birth_date_decides_majority_and_nothing_else() -> None:
    young, old = (domain.assess(a_case(born_on=day), TODAY, POLICY) for day in (date(2008, 1, 1), date(1940, 1, 1)))
    assert young == old
    assert a_case(born_on=IDENTITY.birth_date).inputs == a_case(born_on=date(1941, 1, 1)).inputs
