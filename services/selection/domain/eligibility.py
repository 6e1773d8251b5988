"""The eligibility opinion: one line per criterion. It advises; only a named officer decides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.selection.domain.case import Case, Inputs
from services.selection.domain.criteria import Code, Criterion, Examination, Finding, LineKind
from services.selection.domain.criteria.remainder import eligible_on
from services.selection.domain.legal import basis_on
from services.selection.domain.policy import Choices, Policy
from services.selection.domain.rule_sets import RULE_SETS, Rule, RuleSet, rule_set_of, rule_set_on

RULE_VERSION = RULE_SETS[-1].version
"""Of the newest rules."""


class Result(StrEnum):
    """What the substantive lines say together."""

    FAVOURABLE = "favourable"
    UNFAVOURABLE = "unfavourable"
    DEFERRED = "deferred"
    TO_COMPLETE = "to_complete"
    TO_EXAMINE = "to_examine"


@dataclass(frozen=True)
class Line:
    """What was found of one criterion, from which inputs, on which legal basis."""

    criterion: Criterion
    kind: LineKind
    finding: Finding
    code: Code | None
    """Why it is not met, or what it lets the reader know; None when there is nothing to say."""
    inputs: Mapping[str, object]
    """Figures and ISO dates of the file, plain JSON; no identity."""
    legal_basis: str


@dataclass(frozen=True)
class Opinion:
    """The lines, what they say together, and all that they were made from.

    Args:
        rule_version: of the rule set that was applied.
        reference_on: the date from which the remainder is counted, Europe/Paris.
        lines: one per criterion, in the order of the rule set.
        result: of the substantive lines.
        eligible_on: when only the remainder is still too long, the first day on which it is not.
        at_entry: of the lines as of the planned entry: information, it blocks nothing.
        entry_lines: what can be said of the planned entry today; empty without one.
        inputs: of the file.
        choices: what the site had set where the law is silent.
    """

    rule_version: str
    reference_on: date
    lines: tuple[Line, ...]
    result: Result
    eligible_on: date | None
    at_entry: Result
    entry_lines: tuple[Line, ...]
    inputs: Inputs
    choices: Choices


_WORST_FIRST = (
    (Finding.NOT_MET, Result.UNFAVOURABLE),
    (Finding.TO_COMPLETE, Result.TO_COMPLETE),
    (Finding.TO_EXAMINE, Result.TO_EXAMINE),
    (Finding.DEFERRED, Result.DEFERRED),
)


def assess(case: Case, on: date, policy: Policy) -> Opinion:
    """The opinion on a file, by the rules of the reference date.

    Args:
        case: all that the criteria look at.
        on: the reference date, Europe/Paris: the day of the submission, of the assessment, or of the decision.
        policy: what the site set where the law is silent.
    """
    return _apply(rule_set_on(on), case.inputs, on, policy.choices)


def recompute(opinion: Opinion) -> Opinion:
    """The opinion once more, by its own rules from its own inputs, whatever the rules of today are.

    Raises:
        LookupError: its rules are not known.
    """
    return _apply(rule_set_of(opinion.rule_version), opinion.inputs, opinion.reference_on, opinion.choices)


def reproduces(opinion: Opinion) -> bool:
    """Whether its rules, applied again to its inputs, say the same."""
    again = recompute(opinion)
    # The first opinions did not keep what they said of the planned entry line by line.
    return opinion == (again if opinion.entry_lines else replace(again, entry_lines=()))


def _apply(rules: RuleSet, inputs: Inputs, on: date, choices: Choices) -> Opinion:
    entry, figures = inputs.facts.planned_entry, rules.parameters
    lines = _lines(rules.rules, Examination(inputs, on, choices, figures))
    entry_lines = () if entry is None else _lines(rules.at_entry, Examination(inputs, entry, choices, figures))
    result = _together(lines)
    return Opinion(
        rule_version=rules.version,
        reference_on=on,
        lines=lines,
        result=result,
        eligible_on=eligible_on(inputs.facts, figures.longest_remainder) if result is Result.DEFERRED else None,
        at_entry=Result.TO_COMPLETE if entry is None else _together(entry_lines),
        entry_lines=entry_lines,
        inputs=inputs,
        choices=choices,
    )


def _lines(rules: Iterable[Rule], examination: Examination) -> tuple[Line, ...]:
    found = []
    for rule in rules:
        verdict = rule.test(examination)
        basis = basis_on(rule.bases, examination.on).text
        found.append(Line(rule.criterion, rule.kind, verdict.finding, verdict.code, verdict.inputs, basis))
    return tuple(found)


def _together(lines: Iterable[Line]) -> Result:
    found = {line.finding for line in lines if line.kind is LineKind.SUBSTANTIVE}
    return next((result for finding, result in _WORST_FIRST if finding in found), Result.FAVOURABLE)
