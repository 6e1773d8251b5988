"""The rule sets: which criteria, in which order, on which texts, with which figures, from when until when.

A rule set that opinions were made with is never changed: another rule makes another set. What a test of a criterion
does is part of the set, so a test that changes is a new function, and the old one stays for the old set.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.selection.domain import legal
from services.selection.domain.criteria import (
    Criterion,
    LineKind,
    Parameters,
    Test,
    candidate,
    conviction,
    preparation,
    remainder,
)


class Rule(NamedTuple):
    """One line of an opinion to be."""

    criterion: Criterion
    kind: LineKind
    test: Test
    bases: legal.Bases


@dataclass(frozen=True)
class RuleSet:
    """What an opinion is made with.

    Args:
        version: that the opinion names.
        valid_from: the first reference date that it applies to, Europe/Paris.
        valid_until: the first that it no longer applies to; None while no successor is known.
        parameters: its figures.
        rules: in the order of the opinion.
        at_entry: what is looked at once more as of the planned entry.
    """

    version: str
    valid_from: date
    valid_until: date | None
    parameters: Parameters
    rules: tuple[Rule, ...]
    at_entry: tuple[Rule, ...]


_SUBSTANTIVE, _PROCEDURAL, _INFORMATION = LineKind.SUBSTANTIVE, LineKind.PROCEDURAL, LineKind.INFORMATION
_FIGURES = Parameters(sentence_months=60, shortest_remainder=12, longest_remainder=36, adjustment_remainder=24)
_ALL_CRITERIA_FROM = date(2026, 11, 23)

_CONVICTED = Rule(Criterion.FINALLY_CONVICTED, _SUBSTANTIVE, conviction.finally_convicted, legal.CONVICTED)
_VOLUNTEER = Rule(Criterion.VOLUNTEER, _SUBSTANTIVE, candidate.volunteer, legal.CONSENT)
_REMAINDER = (
    Rule(Criterion.AT_LEAST_ONE_YEAR, _SUBSTANTIVE, remainder.at_least_one_year, legal.REMAINDER),
    Rule(Criterion.AT_MOST_THREE_YEARS, _SUBSTANTIVE, remainder.at_most_three_years, legal.REMAINDER),
)
_REMAINDER_AT_ENTRY = (
    Rule(Criterion.AT_LEAST_ONE_YEAR, _SUBSTANTIVE, remainder.ends_late_enough, legal.REMAINDER),
    Rule(Criterion.AT_MOST_THREE_YEARS, _SUBSTANTIVE, remainder.ends_soon_enough, legal.REMAINDER),
)

PUBLISHED_CRITERIA = RuleSet(
    version="2026-11-23.1",
    valid_from=date.min,
    valid_until=_ALL_CRITERIA_FROM,
    parameters=_FIGURES,
    rules=(
        _CONVICTED,
        Rule(Criterion.FIVE_YEARS, _SUBSTANTIVE, conviction.five_years_first, legal.SENTENCE),
        *_REMAINDER,
        _VOLUNTEER,
    ),
    at_entry=_REMAINDER_AT_ENTRY,
)
"""The five that the programme published. Opinions of its last day may have been made with it."""

ALL_CRITERIA = RuleSet(
    version="2026-11-23.2",
    valid_from=_ALL_CRITERIA_FROM,
    valid_until=None,
    parameters=_FIGURES,
    rules=(
        _CONVICTED,
        Rule(Criterion.FIVE_YEARS, _SUBSTANTIVE, conviction.five_years, legal.SENTENCE),
        *_REMAINDER,
        _VOLUNTEER,
        Rule(Criterion.ADULT, _SUBSTANTIVE, candidate.adult, legal.AGE),
        Rule(Criterion.SITE_TAKES_PUBLIC, _SUBSTANTIVE, candidate.site_takes_public, legal.PUBLIC),
        Rule(Criterion.COMPETENCE, _SUBSTANTIVE, candidate.competence, legal.COMPETENCE),
        Rule(Criterion.ADVICE_GATHERED, _PROCEDURAL, preparation.advice_gathered, legal.ADVICE),
        Rule(Criterion.INTERVIEW_HELD, _PROCEDURAL, preparation.interview_held, legal.INTERVIEW),
        Rule(Criterion.SEPARATION, _SUBSTANTIVE, candidate.separation, legal.SEPARATION),
        Rule(Criterion.JUDICIAL_SITUATION, _SUBSTANTIVE, candidate.judicial_situation, legal.SITUATION),
        Rule(Criterion.CONDITIONAL_RELEASE, _INFORMATION, remainder.conditional_release, legal.RELEASE),
        Rule(Criterion.ADJUSTMENT, _INFORMATION, remainder.adjustment, legal.ADJUSTMENT),
        Rule(Criterion.LOCAL_PROJECT, _INFORMATION, preparation.local_project, legal.PROJECT),
        Rule(Criterion.ADAPTATION, _INFORMATION, preparation.adaptation, legal.ADAPTATION),
        Rule(Criterion.PLACE_AVAILABLE, _INFORMATION, preparation.place_available, legal.PLACES),
    ),
    at_entry=(*_REMAINDER_AT_ENTRY, _VOLUNTEER),
)

RULE_SETS = (PUBLISHED_CRITERIA, ALL_CRITERIA)
"""Every one that an opinion may name, the oldest first; each ends where the next begins."""


def rule_set_on(day: date) -> RuleSet:
    """The one that applies to a reference date."""
    return next(
        one for one in RULE_SETS if one.valid_from <= day and (one.valid_until is None or day < one.valid_until)
    )


def rule_set_of(version: str) -> RuleSet:
    """The one that an opinion names.

    Raises:
        LookupError: there is none of that version.
    """
    found = next((one for one in RULE_SETS if one.version == version), None)
    if found is None:
        raise LookupError(version)
    return found
