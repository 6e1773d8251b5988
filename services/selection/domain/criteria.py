"""The criteria of the programme, each a test of the file. Missing or contradictory data never means ineligible."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.selection.domain.case import Facts, PenalStatus
from services.selection.domain.dates import add_months, first_day_reaching
from services.selection.domain.sentence import Quantum, compare_with_five_years, total

SHORTEST_REMAINDER = 12
LONGEST_REMAINDER = 36
"""Months, both inclusive ("d'un à trois ans maximum")."""
EXTRACT_LASTS = timedelta(days=30)
"""An extract of the penal file older than this says nothing of the remainder any more."""


class Criterion(StrEnum):
    """As numbered in the opinion."""

    FINALLY_CONVICTED = "C1"
    FIVE_YEARS = "C2"
    AT_LEAST_ONE_YEAR = "C3a"
    AT_MOST_THREE_YEARS = "C3b"
    VOLUNTEER = "C4"


class Finding(StrEnum):
    """What was found of one criterion."""

    MET = "met"
    NOT_MET = "not_met"
    DEFERRED = "deferred"
    TO_COMPLETE = "to_complete"
    TO_EXAMINE = "to_examine"


class Code(StrEnum):
    """Why a criterion is not met, or cannot be judged."""

    NOT_FINALLY_CONVICTED = "NOT_FINALLY_CONVICTED"
    SENTENCE_OVER_5Y = "SENTENCE_OVER_5Y"
    REMAINDER_UNDER_1Y = "REMAINDER_UNDER_1Y"
    REMAINDER_OVER_3Y = "REMAINDER_OVER_3Y"
    CONSENT_MISSING = "CONSENT_MISSING"
    CANDIDATE_WITHDREW = "CANDIDATE_WITHDREW"
    DATA_MISSING = "DATA_MISSING"
    DATA_CONTRADICTORY = "DATA_CONTRADICTORY"
    EXTRACT_STALE = "EXTRACT_STALE"
    PARTLY_SUSPENDED = "PARTLY_SUSPENDED"
    DAYS_MAKE_A_MONTH = "DAYS_MAKE_A_MONTH"


@dataclass(frozen=True)
class Verdict:
    """A finding, its code, and the inputs that it was made from (plain JSON)."""

    finding: Finding
    code: Code | None
    inputs: Mapping[str, object]


def finally_convicted(facts: Facts, on: date) -> Verdict:  # noqa: ARG001
    """C1: convicted, and no appeal open."""
    inputs = {"penal_status": facts.penal_status}
    if facts.penal_status is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    if facts.penal_status is not PenalStatus.FINALLY_CONVICTED:
        return Verdict(Finding.NOT_MET, Code.NOT_FINALLY_CONVICTED, inputs)
    return Verdict(Finding.MET, None, inputs)


def five_years(facts: Facts, on: date) -> Verdict:  # noqa: ARG001
    """C2: all sentences under execution together at most five years, the suspended parts left out.

    More than five years pronounced of which five or less are firm goes to a human.
    """
    if not facts.sentences:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, {"rule": "TOTAL", "sentences": 0})
    to_serve = [sentence.to_serve for sentence in facts.sentences]
    pronounced = [sentence.pronounced for sentence in facts.sentences]
    inputs = {
        "rule": "TOTAL",
        "sentences": len(facts.sentences),
        "to_serve": _measure(total(to_serve)),
        "pronounced": _measure(total(pronounced)),
    }
    match compare_with_five_years(to_serve):
        case Quantum.OVER:
            return Verdict(Finding.NOT_MET, Code.SENTENCE_OVER_5Y, inputs)
        case Quantum.UNDECIDED:
            return Verdict(Finding.TO_EXAMINE, Code.DAYS_MAKE_A_MONTH, inputs)
        case Quantum.WITHIN if compare_with_five_years(pronounced) is not Quantum.WITHIN:
            return Verdict(Finding.TO_EXAMINE, Code.PARTLY_SUSPENDED, inputs)
    return Verdict(Finding.MET, None, inputs)


def at_least_one_year(facts: Facts, on: date) -> Verdict:
    """C3a: the sentence ends a year from `on`, date to date, or later. Too short is final."""
    return _doubt(facts, on) or _at_least(facts, on)


def at_most_three_years(facts: Facts, on: date) -> Verdict:
    """C3b: the sentence ends three years from `on`, date to date, or sooner. Too long passes with time."""
    return _doubt(facts, on) or _at_most(facts, on)


def volunteer(facts: Facts, on: date) -> Verdict:
    """C4: signed by `on`, and not withdrawn."""
    inputs = {
        "consent_signed_on": _iso(facts.consent_signed_on),
        "consent_withdrawn_on": _iso(facts.consent_withdrawn_on),
    }
    if facts.consent_withdrawn_on is not None:
        return Verdict(Finding.NOT_MET, Code.CANDIDATE_WITHDREW, inputs)
    if facts.consent_signed_on is None or facts.consent_signed_on > on:
        return Verdict(Finding.NOT_MET, Code.CONSENT_MISSING, inputs)
    return Verdict(Finding.MET, None, inputs)


def eligible_on(facts: Facts) -> date | None:
    """The first day on which the remainder is three years or less; None when the end is not known."""
    return None if facts.sentence_end is None else first_day_reaching(facts.sentence_end, LONGEST_REMAINDER)


def remainder_at_entry(facts: Facts) -> tuple[Verdict, ...]:
    """C3a and C3b counted from the planned entry. How old the extract will be on that day is not looked at."""
    if facts.sentence_end is None or facts.planned_entry is None:
        return (Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, {}),)
    return _at_least(facts, facts.planned_entry), _at_most(facts, facts.planned_entry)


def _at_least(facts: Facts, on: date) -> Verdict:
    assert facts.sentence_end is not None
    bound = add_months(on, SHORTEST_REMAINDER)
    inputs = {**_remainder(facts, on), "not_before": bound.isoformat()}
    if facts.sentence_end < bound:
        return Verdict(Finding.NOT_MET, Code.REMAINDER_UNDER_1Y, inputs)
    return Verdict(Finding.MET, None, inputs)


def _at_most(facts: Facts, on: date) -> Verdict:
    assert facts.sentence_end is not None
    bound = add_months(on, LONGEST_REMAINDER)
    inputs = {**_remainder(facts, on), "not_after": bound.isoformat()}
    if facts.sentence_end > bound:
        return Verdict(Finding.DEFERRED, Code.REMAINDER_OVER_3Y, {**inputs, "eligible_on": _iso(eligible_on(facts))})
    return Verdict(Finding.MET, None, inputs)


def _doubt(facts: Facts, on: date) -> Verdict | None:
    """Why the remainder cannot be judged, if so."""
    inputs = _remainder(facts, on)
    if facts.sentence_end is None or facts.extract_on is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    if facts.extract_on > on or facts.sentence_end < facts.extract_on:
        return Verdict(Finding.TO_EXAMINE, Code.DATA_CONTRADICTORY, inputs)
    if on - facts.extract_on > EXTRACT_LASTS:
        return Verdict(Finding.TO_COMPLETE, Code.EXTRACT_STALE, inputs)
    return None


def _remainder(facts: Facts, on: date) -> dict[str, object]:
    return {
        "reference_on": on.isoformat(),
        "sentence_end": _iso(facts.sentence_end),
        "extract_on": _iso(facts.extract_on),
    }


def _measure(measure: tuple[int, int]) -> dict[str, int]:
    return {"months": measure[0], "days": measure[1]}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
