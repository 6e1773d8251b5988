"""C3 and C12: what is left to serve, counted date to date, and what that opens elsewhere."""

from datetime import date, timedelta

from services.selection.domain.case import Facts
from services.selection.domain.criteria.verdict import Code, Examination, Finding, Verdict, iso, measure_data
from services.selection.domain.dates import FIRST, LAST, add_months, first_day_reaching
from services.selection.domain.policy import QuantumRule
from services.selection.domain.sentence import measure_of

_DAYS_OF_A_MONTH = 30
"""Of a month that is not counted from date to date (CPP 716-1, kept as L5211-2)."""
_FARTHEST = 12 * (LAST.year - FIRST.year + 1)
"""Months that lead past every date of a file, whichever they are counted from; more would leave the calendar."""


def at_least_one_year(examination: Examination) -> Verdict:
    """C3a: the sentence ends a year from the date, or later. Too short is final."""
    return _doubt(examination) or ends_late_enough(examination)


def at_most_three_years(examination: Examination) -> Verdict:
    """C3b: the sentence ends three years from the date, or sooner. Too long passes with time."""
    return _doubt(examination) or ends_soon_enough(examination)


def ends_late_enough(examination: Examination) -> Verdict:
    """C3a without a look at how old the extract is: for a date to come."""
    end, inputs = examination.inputs.facts.sentence_end, _remainder(examination)
    if end is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    bound = add_months(examination.on, examination.parameters.shortest_remainder)
    inputs["not_before"] = bound.isoformat()
    if end < bound:
        return Verdict(Finding.NOT_MET, Code.REMAINDER_UNDER_1Y, inputs)
    return Verdict(Finding.MET, None, inputs)


def ends_soon_enough(examination: Examination) -> Verdict:
    """C3b without a look at how old the extract is: for a date to come."""
    end, inputs = examination.inputs.facts.sentence_end, _remainder(examination)
    if end is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    longest = examination.parameters.longest_remainder
    bound = add_months(examination.on, longest)
    inputs["not_after"] = bound.isoformat()
    if end > bound:
        inputs["eligible_on"] = first_day_reaching(end, longest).isoformat()
        return Verdict(Finding.DEFERRED, Code.REMAINDER_OVER_3Y, inputs)
    return Verdict(Finding.MET, None, inputs)


def eligible_on(facts: Facts, longest_remainder: int) -> date | None:
    """The first day on which the remainder is short enough; None when the end is not known."""
    return None if facts.sentence_end is None else first_day_reaching(facts.sentence_end, longest_remainder)


def conditional_release(examination: Examination) -> Verdict:
    """C12a: two thirds are served, so that the judge examines a conditional release (LSC, D422-1). Information."""
    facts = examination.inputs.facts
    inputs = _remainder(examination)
    if facts.sentence_end is None or not facts.sentences:
        return Verdict(Finding.INFORMATION, Code.DATA_MISSING, inputs)
    # The law looks at the total whatever the site's rule for C2 is.
    months, days = measure_of((sentence.to_serve for sentence in facts.sentences), QuantumRule.TOTAL)
    third = (months // 3, (months % 3 * _DAYS_OF_A_MONTH + days) // 3)
    inputs["third"] = measure_data(third)
    reached = add_months(examination.on, min(third[0], _FARTHEST)) + timedelta(days=third[1]) >= facts.sentence_end
    return Verdict(Finding.INFORMATION, Code.INFO_CONDITIONAL_RELEASE if reached else None, inputs)


def adjustment(examination: Examination) -> Verdict:
    """C12b: an adjustment was asked for, or little enough is left that it may be. Information."""
    facts = examination.inputs.facts
    inputs = {**_remainder(examination), "adjustment_requested": facts.adjustment_requested}
    bound = add_months(examination.on, examination.parameters.adjustment_remainder)
    if facts.adjustment_requested or (facts.sentence_end is not None and facts.sentence_end <= bound):
        return Verdict(Finding.INFORMATION, Code.INFO_ADJUSTMENT, inputs)
    return Verdict(Finding.INFORMATION, Code.DATA_MISSING if facts.sentence_end is None else None, inputs)


def _doubt(examination: Examination) -> Verdict | None:
    """Why the remainder cannot be judged, if so."""
    facts, on = examination.inputs.facts, examination.on
    if facts.sentence_end is None or facts.extract_on is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, _remainder(examination))
    if facts.extract_on > on or facts.sentence_end < facts.extract_on:
        return Verdict(Finding.TO_EXAMINE, Code.DATA_CONTRADICTORY, _remainder(examination))
    if (on - facts.extract_on).days > examination.choices.extract_days:
        return Verdict(Finding.TO_COMPLETE, Code.EXTRACT_STALE, _remainder(examination))
    return None


def _remainder(examination: Examination) -> dict[str, object]:
    facts = examination.inputs.facts
    return {
        "reference_on": examination.on.isoformat(),
        "sentence_end": iso(facts.sentence_end),
        "extract_on": iso(facts.extract_on),
    }
