"""What holds of the criteria for any file and any date."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from services.selection import domain, store
from services.selection.domain import (
    FIRST,
    LAST,
    AdviceKind,
    Case,
    Criterion,
    Duration,
    Facts,
    Finding,
    Gathered,
    LineKind,
    Policy,
    Quantum,
    QuantumRule,
    Result,
    Sentence,
    Sex,
)
from services.selection.domain.rule_sets import ALL_CRITERIA

DATES = st.dates(FIRST, LAST)
REFERENCES = st.dates(ALL_CRITERIA.valid_from, date(2190, 12, 31))
DURATIONS = st.builds(Duration, st.integers(0, 12), st.integers(1, 70), st.integers(0, 30))
YES_NO = st.booleans()


def _partly(pronounced: Duration, firm: Duration, suspended: bool) -> Sentence:
    longer, shorter = sorted((pronounced, firm), key=lambda one: one.measure, reverse=True)
    return Sentence(longer, shorter if suspended else None)


SENTENCES = st.builds(_partly, DURATIONS, DURATIONS, YES_NO)
FACTS = st.builds(
    Facts,
    penal_status=st.none() | st.sampled_from(domain.PenalStatus),
    sentences=st.lists(SENTENCES, max_size=4).map(tuple),
    sentence_end=st.none() | DATES,
    extract_on=st.none() | DATES,
    consent_signed_on=st.none() | DATES,
    consent_withdrawn_on=st.none() | DATES,
    planned_entry=st.none() | DATES,
    specially_flagged=YES_NO,
    terrorism=YES_NO,
    separation=YES_NO,
    other_proceedings=YES_NO,
    adjustment_requested=YES_NO,
    local_project=st.none() | YES_NO,
)
GATHERED = st.builds(Gathered, st.frozensets(st.sampled_from(AdviceKind)), st.none() | DATES)
CASES = st.builds(
    Case,
    facts=FACTS,
    gathered=GATHERED,
    sex=st.sampled_from(Sex),
    born_on=DATES,
    site=st.sampled_from(["DON", "ARR", "TOU", "XXX"]),
    adapted_cell=YES_NO,
    others_wait=st.none() | YES_NO,
)
POLICIES = st.builds(
    Policy,
    quantum_rule=st.sampled_from(QuantumRule),
    extract_days=st.integers(0, 400),
    required_advice=st.lists(st.sampled_from(AdviceKind), unique=True).map(tuple),
)


class _Row:
    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def _asdict(self) -> dict[str, Any]:
        return self._data


@given(CASES, DATES, POLICIES)
def test_any_file_has_an_opinion_that_its_stored_form_reproduces_and_explains(
    case: Case, on: date, policy: Policy
) -> None:
    opinion = domain.assess(case, on, policy)
    stored = store.opinion_of(_Row(store.opinion_data(opinion)))  # type: ignore[arg-type]
    assert stored == opinion
    assert domain.recompute(stored) == opinion
    told = domain.explain(stored)
    assert told.reproduced
    sentences = [said.sentence for said in (*told.lines, *told.entry_lines)]
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in sentences)
    assert not any("non renseigné" in sentence for sentence in sentences)


@given(CASES, REFERENCES, POLICIES, GATHERED, YES_NO, YES_NO, YES_NO, YES_NO)
def test_what_is_procedural_or_information_never_changes_the_result(
    case: Case,
    on: date,
    policy: Policy,
    gathered: Gathered,
    adapted: bool,
    waiting: bool,
    requested: bool,
    local: bool,
) -> None:
    facts = replace(case.facts, adjustment_requested=requested, local_project=local)
    other = replace(case, facts=facts, gathered=gathered, adapted_cell=adapted, others_wait=waiting)
    one, two = (domain.assess(given, on, policy) for given in (case, other))
    assert (one.result, one.eligible_on) == (two.result, two.eligible_on)
    informing = [line for line in one.lines if line.kind is LineKind.INFORMATION]
    assert {line.finding for line in informing} == {Finding.INFORMATION}
    assert Finding.INFORMATION not in {line.finding for line in one.lines if line.kind is not LineKind.INFORMATION}


@given(CASES, REFERENCES, POLICIES)
def test_what_is_missing_or_contradictory_never_makes_ineligible(case: Case, on: date, policy: Policy) -> None:
    before = {line.criterion for line in domain.assess(case, on, policy).lines if line.finding is Finding.NOT_MET}
    absent: tuple[dict[str, Any], ...] = (
        {"penal_status": None},
        {"sentences": ()},
        {"sentence_end": None},
        {"extract_on": None},
        {"extract_on": on + timedelta(days=1)},
        {"planned_entry": None},
    )
    for missing in absent:
        facts = replace(case.facts, **missing)
        lines = domain.assess(replace(case, facts=facts), on, policy).lines
        assert {line.criterion for line in lines if line.finding is Finding.NOT_MET} <= before


@given(CASES, REFERENCES, POLICIES)
def test_bans_proceedings_and_the_ministers_competence_never_make_ineligible(
    case: Case, on: date, policy: Policy
) -> None:
    flags: dict[str, Any] = {
        "specially_flagged": True,
        "terrorism": True,
        "separation": True,
        "other_proceedings": True,
    }
    cleared: dict[str, Any] = dict.fromkeys(flags, False)
    plain = replace(case.facts, **cleared)
    flagged = replace(case.facts, **flags)
    one, two = (domain.assess(replace(case, facts=facts), on, policy).result for facts in (plain, flagged))
    assert (two is Result.UNFAVOURABLE) == (one is Result.UNFAVOURABLE)
    assert two is not Result.FAVOURABLE


@given(st.lists(DURATIONS, min_size=1, max_size=4), DURATIONS, st.integers(0, 3), st.sampled_from(QuantumRule))
def test_a_longer_sentence_never_turns_over_into_within(
    durations: list[Duration], longer: Duration, place: int, rule: QuantumRule
) -> None:
    place %= len(durations)
    lengthened = [*durations]
    lengthened[place] = max(longer, durations[place], key=lambda one: one.measure)
    before, after = (domain.compare(domain.measure_of(some, rule), 60) for some in (durations, lengthened))
    assert not (before is Quantum.OVER and after is not Quantum.OVER)


@given(st.lists(DURATIONS, min_size=1, max_size=4), st.sampled_from(QuantumRule))
def test_only_days_that_may_make_the_month_too_many_are_left_undecided(
    durations: list[Duration], rule: QuantumRule
) -> None:
    months, days = domain.measure_of(durations, rule)
    found = domain.compare((months, days), 60)
    # However the sum is counted: months of 28 days make it longest.
    surely_within = months * 28 + days <= 60 * 28 and months + -(-days // 28) <= 60
    if surely_within:
        assert found is Quantum.WITHIN
    if months > 60:
        assert found is Quantum.OVER
    if found is Quantum.UNDECIDED:
        assert days > 30
        assert months < 60


@given(REFERENCES, st.integers(-40, 1500))
def test_the_remainder_is_met_exactly_in_its_window(reference: date, remainder: int) -> None:
    end = reference + timedelta(days=remainder)
    facts = Facts(domain.PenalStatus.FINALLY_CONVICTED, (), end, min(reference, end), None, None, reference)
    policy = Policy(extract_days=10_000)
    opinion = domain.assess(Case(facts, Gathered(), Sex.MALE, FIRST, "DON"), reference, policy)
    found = {line.criterion: line.finding for line in opinion.lines}
    assert (found[Criterion.AT_LEAST_ONE_YEAR] is Finding.MET) == (end >= reference + relativedelta(months=12))
    assert (found[Criterion.AT_MOST_THREE_YEARS] is Finding.MET) == (end <= reference + relativedelta(months=36))


# relativedelta and `add_months` clamp in the same way, which is right for adding. Two things that one may ask of
# relativedelta are not right for us, as the test after the next shows:
# - going back is no inverse of it: 36 months before 2028-02-29 is 2025-02-28, and from that day 36 months lead to
#   2028-02-28 only, so that a deferral would end a day early (`first_day_reaching` gives 2025-03-01);
# - 18 years after a 29th of February is a 28th, a day before eighteen years are complete, so that a minor would be let
#   in (a case counts back from the entry instead).
@given(DATES, st.integers(-600, 600))
def test_months_are_added_as_dateutil_adds_them(day: date, months: int) -> None:
    assert domain.add_months(day, months) == day + relativedelta(months=months)


def test_going_back_or_coming_of_age_as_dateutil_counts_would_be_a_day_early() -> None:
    end = date(2028, 2, 29)
    early = end - relativedelta(months=36)
    assert domain.add_months(early, 36) < end
    assert domain.first_day_reaching(end, 36) == early + timedelta(days=1)
    born_on = date(2008, 2, 29)
    too_early = born_on + relativedelta(years=18)
    facts = Facts(None, (), None, None, None, None, too_early)
    assert Case(facts, Gathered(), Sex.MALE, born_on, "DON").inputs.adult_at_entry is False
