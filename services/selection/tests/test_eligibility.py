"""The criteria, and the calendar under them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.selection import domain
from services.selection.domain import (
    Code,
    Criterion,
    Duration,
    Finding,
    LineKind,
    PenalStatus,
    Quantum,
    QuantumRule,
    Result,
)
from services.selection.tests.builders import POLICY, TODAY, a_case, a_sentence, some_facts

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))
DURATIONS = st.builds(Duration, st.integers(0, 8), st.integers(1, 30), st.integers(0, 30))


NOT_SUBSTANTIVE = set(map(Criterion, ("C8", "C9", "C12a", "C12b", "C13", "C14", "C15")))


def line(opinion: domain.Opinion, criterion: Criterion) -> domain.Line:
    return next(line for line in opinion.lines if line.criterion is criterion)


def test_a_complete_file_within_every_bound_is_favourable_with_one_line_per_criterion() -> None:
    opinion = domain.assess(a_case(some_facts()), TODAY, POLICY)
    assert opinion.result is Result.FAVOURABLE
    assert [line.criterion for line in opinion.lines] == list(Criterion)
    substantive = [line for line in opinion.lines if line.kind is LineKind.SUBSTANTIVE]
    assert {line.criterion for line in substantive} == set(Criterion) - NOT_SUBSTANTIVE
    assert all(line.finding is Finding.MET and line.code is None for line in substantive)
    assert all(line.legal_basis for line in opinion.lines)
    assert opinion.rule_version == domain.RULE_VERSION
    assert opinion.reference_on == TODAY


@pytest.mark.parametrize(
    ("reference", "end", "result", "code", "eligible_on"),
    [
        (TODAY, date(2027, 11, 22), Result.UNFAVOURABLE, Code.REMAINDER_UNDER_1Y, None),
        (TODAY, date(2027, 11, 23), Result.FAVOURABLE, None, None),
        (TODAY, date(2029, 11, 23), Result.FAVOURABLE, None, None),
        (TODAY, date(2029, 11, 24), Result.DEFERRED, Code.REMAINDER_OVER_3Y, date(2026, 11, 24)),
        (date(2028, 2, 29), date(2029, 2, 27), Result.UNFAVOURABLE, Code.REMAINDER_UNDER_1Y, None),
        (date(2028, 2, 29), date(2029, 2, 28), Result.FAVOURABLE, None, None),
        (date(2028, 2, 29), date(2031, 2, 28), Result.FAVOURABLE, None, None),
        (date(2028, 2, 29), date(2031, 3, 1), Result.DEFERRED, Code.REMAINDER_OVER_3Y, date(2028, 3, 1)),
        (date(2025, 2, 28), date(2028, 2, 29), Result.DEFERRED, Code.REMAINDER_OVER_3Y, date(2025, 3, 1)),
    ],
)
def test_the_remainder_is_one_to_three_years_from_date_to_date_both_ends_inclusive(
    reference: date, end: date, result: Result, code: Code | None, eligible_on: date | None
) -> None:
    facts = some_facts(sentence_end=end, extract_on=reference, consent_signed_on=reference, planned_entry=reference)
    opinion = domain.assess(a_case(facts), reference, POLICY)
    assert opinion.result is result
    assert opinion.eligible_on == eligible_on
    codes = [line.code for line in opinion.lines if line.code and line.kind is LineKind.SUBSTANTIVE]
    assert codes == ([code] if code else [])


@pytest.mark.parametrize(
    ("sentences", "finding", "code"),
    [
        ((a_sentence(5),), Finding.MET, None),
        ((a_sentence(5, 0, 1),), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(0, 60, 0),), Finding.MET, None),
        ((a_sentence(0, 60, 1),), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(4, 11, 30),), Finding.MET, None),
        ((a_sentence(4), a_sentence(1, 1)), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(2), a_sentence(3)), Finding.MET, None),
        ((a_sentence(0, 30, 15), a_sentence(0, 29, 15)), Finding.MET, None),
        ((a_sentence(0, 30, 15), a_sentence(0, 29, 16)), Finding.TO_EXAMINE, Code.DAYS_MAKE_A_MONTH),
        ((a_sentence(0, 30, 15), a_sentence(0, 30, 16)), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(1, 6, 20), a_sentence(1, 0, 15)), Finding.MET, None),
        ((a_sentence(0, 29, 20), a_sentence(0, 29, 20)), Finding.MET, None),
        ((a_sentence(0, 29, 28), a_sentence(0, 29, 29)), Finding.TO_EXAMINE, Code.DAYS_MAKE_A_MONTH),
        ((a_sentence(7, firm=Duration(3, 0, 0)),), Finding.TO_EXAMINE, Code.PARTLY_SUSPENDED),
        ((a_sentence(7, firm=Duration(5, 0, 0)),), Finding.TO_EXAMINE, Code.PARTLY_SUSPENDED),
        ((a_sentence(7, firm=Duration(5, 0, 1)),), Finding.NOT_MET, Code.SENTENCE_OVER_5Y),
        ((a_sentence(4, firm=Duration(2, 0, 0)),), Finding.MET, None),
        ((), Finding.TO_COMPLETE, Code.DATA_MISSING),
    ],
)
def test_the_sentences_together_are_at_most_five_years_as_pronounced(
    sentences: tuple[domain.Sentence, ...], finding: Finding, code: Code | None
) -> None:
    found = line(domain.assess(a_case(some_facts(sentences=sentences)), TODAY, POLICY), Criterion.FIVE_YEARS)
    assert (found.finding, found.code) == (finding, code)


@pytest.mark.parametrize(
    ("overrides", "criterion", "code", "result"),
    [
        ({"penal_status": PenalStatus.REMANDED}, "C1", Code.NOT_FINALLY_CONVICTED, Result.UNFAVOURABLE),
        ({"penal_status": PenalStatus.CONVICTED_NOT_FINAL}, "C1", Code.NOT_FINALLY_CONVICTED, Result.UNFAVOURABLE),
        ({"penal_status": None}, "C1", Code.DATA_MISSING, Result.TO_COMPLETE),
        ({"sentences": ()}, "C2", Code.DATA_MISSING, Result.TO_COMPLETE),
        ({"sentence_end": None}, "C3a", Code.DATA_MISSING, Result.TO_COMPLETE),
        ({"extract_on": None}, "C3b", Code.DATA_MISSING, Result.TO_COMPLETE),
        ({"extract_on": TODAY - timedelta(days=31)}, "C3a", Code.EXTRACT_STALE, Result.TO_COMPLETE),
        ({"extract_on": TODAY + timedelta(days=1)}, "C3a", Code.DATA_CONTRADICTORY, Result.TO_EXAMINE),
        (
            {"sentence_end": TODAY - timedelta(days=5), "extract_on": TODAY},
            "C3a",
            Code.DATA_CONTRADICTORY,
            Result.TO_EXAMINE,
        ),
        ({"consent_signed_on": None}, "C4", Code.CONSENT_MISSING, Result.UNFAVOURABLE),
        ({"consent_signed_on": TODAY + timedelta(days=1)}, "C4", Code.CONSENT_MISSING, Result.UNFAVOURABLE),
        ({"consent_withdrawn_on": TODAY}, "C4", Code.CANDIDATE_WITHDREW, Result.UNFAVOURABLE),
    ],
)
def test_what_a_file_lacks_is_said_by_code(
    overrides: dict[str, object], criterion: str, code: Code, result: Result
) -> None:
    opinion = domain.assess(a_case(some_facts(**overrides)), TODAY, POLICY)
    assert line(opinion, Criterion(criterion)).code is code
    assert opinion.result is result


def test_an_extract_of_thirty_days_still_counts() -> None:
    assert (
        domain.assess(a_case(some_facts(extract_on=TODAY - timedelta(days=30))), TODAY, POLICY).result
        is Result.FAVOURABLE
    )


def test_a_stale_extract_never_makes_ineligible() -> None:
    stale = some_facts(extract_on=TODAY - timedelta(days=31), sentence_end=TODAY + timedelta(days=90))
    assert domain.assess(a_case(stale), TODAY, POLICY).result is Result.TO_COMPLETE


def test_one_criterion_not_met_outweighs_what_is_missing() -> None:
    facts = some_facts(extract_on=None, sentences=(a_sentence(6),))
    assert domain.assess(a_case(facts), TODAY, POLICY).result is Result.UNFAVOURABLE


def test_the_remainder_at_the_planned_entry_informs_and_blocks_nothing() -> None:
    opinion = domain.assess(a_case(some_facts(sentence_end=date(2027, 12, 1))), TODAY, POLICY)
    assert (opinion.result, opinion.at_entry) == (Result.FAVOURABLE, Result.UNFAVOURABLE)


def test_the_legal_basis_is_the_one_of_the_day() -> None:
    assert (
        "716-1"
        in line(domain.assess(a_case(some_facts()), date(2028, 12, 31), POLICY), Criterion.FIVE_YEARS).legal_basis
    )
    assert (
        "L5211-2"
        in line(domain.assess(a_case(some_facts()), date(2029, 1, 1), POLICY), Criterion.FIVE_YEARS).legal_basis
    )


@pytest.mark.parametrize("figures", [(0, 0, 15), (0, 0, 0), (1, 0, 31), (-1, 24, 0), (1, -1, 0), (1, 0, -1)])
def test_a_sentence_is_taken_only_as_pronounced(figures: tuple[int, int, int]) -> None:
    with pytest.raises(domain.Refused) as refused:
        Duration(*figures)
    assert refused.value.refusal is domain.Refusal.SENTENCE_NOT_AS_PRONOUNCED


def test_the_firm_part_is_not_longer_than_the_sentence() -> None:
    with pytest.raises(domain.Refused) as refused:
        a_sentence(2, firm=Duration(2, 0, 1))
    assert refused.value.refusal is domain.Refusal.FIRM_PART_TOO_LONG


@given(DAYS, st.integers(-600, 600))
def test_months_keep_the_day_of_the_month_or_end_at_the_months_end(day: date, months: int) -> None:
    moved = domain.add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_later_day_is_never_earlier_after_the_same_months(one: date, other: date, months: int) -> None:
    earlier, later = sorted((one, other))
    assert domain.add_months(earlier, months) <= domain.add_months(later, months)


@given(DAYS, st.integers(0, 60))
def test_the_first_day_that_reaches_an_end_is_the_first(end: date, months: int) -> None:
    first = domain.first_day_reaching(end, months)
    assert domain.add_months(first, months) >= end
    assert domain.add_months(first - timedelta(days=1), months) < end


@given(DAYS, st.integers(0, 1500))
def test_a_file_is_deferred_until_the_day_it_is_eligible_and_not_a_day_longer(reference: date, remainder: int) -> None:
    end = reference + timedelta(days=remainder)
    facts = some_facts(sentence_end=end, extract_on=reference, consent_signed_on=reference, planned_entry=reference)
    opinion = domain.assess(a_case(facts), reference, POLICY)
    if opinion.result is not Result.DEFERRED:
        assert opinion.eligible_on is None
        return
    assert opinion.eligible_on is not None
    assert opinion.eligible_on > reference
    for day, result in (
        (opinion.eligible_on, Result.FAVOURABLE),
        (opinion.eligible_on - timedelta(days=1), Result.DEFERRED),
    ):
        again = some_facts(sentence_end=end, extract_on=day, consent_signed_on=day, planned_entry=day)
        assert domain.assess(a_case(again), day, POLICY).result is result


@given(st.lists(DURATIONS, min_size=2, max_size=4), st.sampled_from(QuantumRule))
def test_another_sentence_never_shortens_what_is_compared(durations: list[Duration], rule: QuantumRule) -> None:
    order = [Quantum.WITHIN, Quantum.UNDECIDED, Quantum.OVER]
    more, fewer = (domain.compare(domain.measure_of(some, rule), 60) for some in (durations, durations[:-1]))
    assert order.index(more) >= order.index(fewer)
