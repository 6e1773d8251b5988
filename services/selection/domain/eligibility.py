"""The eligibility opinion: one line per criterion. It advises; only a named officer decides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.selection.domain import criteria
from services.selection.domain.case import Case
from services.selection.domain.criteria import Criterion, Finding, Verdict
from services.selection.domain.legal import legal_basis
from services.selection.domain.policy import Policy

RULE_VERSION = "2026-11-23.1"
"""Changes with every rule of this module, `criteria` or `sentence`."""


class Result(StrEnum):
    """What the lines say together."""

    FAVOURABLE = "favourable"
    UNFAVOURABLE = "unfavourable"
    DEFERRED = "deferred"
    TO_COMPLETE = "to_complete"
    TO_EXAMINE = "to_examine"


@dataclass(frozen=True)
class Line:
    """What was found of one criterion, from which inputs, on which legal basis."""

    criterion: Criterion
    finding: Finding
    code: criteria.Code | None
    """Why it is not met; None when it is."""
    inputs: Mapping[str, object]
    """Figures and ISO dates of the file, plain JSON; no identity."""
    legal_basis: str


@dataclass(frozen=True)
class Opinion:
    """The lines, and what they say together.

    Args:
        rule_version: the rules that were applied.
        reference_on: the date from which the remainder is counted, Europe/Paris.
        lines: one per criterion, in the order of the criteria.
        result: of all of them.
        eligible_on: when only the remainder is still too long, the first day on which it is not.
        at_entry: the remainder alone, counted from the planned entry: information, it blocks nothing.
    """

    rule_version: str
    reference_on: date
    lines: tuple[Line, ...]
    result: Result
    eligible_on: date | None
    at_entry: Result


_TESTS = (
    (Criterion.FINALLY_CONVICTED, criteria.finally_convicted),
    (Criterion.FIVE_YEARS, criteria.five_years),
    (Criterion.AT_LEAST_ONE_YEAR, criteria.at_least_one_year),
    (Criterion.AT_MOST_THREE_YEARS, criteria.at_most_three_years),
    (Criterion.VOLUNTEER, criteria.volunteer),
)
"""C1, C2, C3a, C3b and C4, as published for the programme."""

_WORST_FIRST = (
    (Finding.NOT_MET, Result.UNFAVOURABLE),
    (Finding.TO_COMPLETE, Result.TO_COMPLETE),
    (Finding.TO_EXAMINE, Result.TO_EXAMINE),
    (Finding.DEFERRED, Result.DEFERRED),
)


def assess(case: Case, on: date, policy: Policy) -> Opinion:  # noqa: ARG001
    """The opinion on a file.

    Args:
        case: all that the criteria look at.
        on: the reference date, Europe/Paris: the day of the assessment, or of the decision.
        policy: what the site set where the law is silent.
    """
    facts = case.facts
    lines = tuple(_line(criterion, test(facts, on), on) for criterion, test in _TESTS)
    result = _together(line.finding for line in lines)
    return Opinion(
        rule_version=RULE_VERSION,
        reference_on=on,
        lines=lines,
        result=result,
        eligible_on=criteria.eligible_on(facts) if result is Result.DEFERRED else None,
        at_entry=_together(verdict.finding for verdict in criteria.remainder_at_entry(facts)),
    )


def _line(criterion: Criterion, verdict: Verdict, on: date) -> Line:
    return Line(criterion, verdict.finding, verdict.code, verdict.inputs, legal_basis(criterion, on))


def _together(findings: Iterable[Finding]) -> Result:
    found = set(findings)
    return next((result for finding, result in _WORST_FIRST if finding in found), Result.FAVOURABLE)
