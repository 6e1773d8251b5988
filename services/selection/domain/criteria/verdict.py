"""What a criterion is given, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.selection.domain.case import Inputs
from services.selection.domain.policy import Choices


class Criterion(StrEnum):
    """As numbered in the opinion."""

    FINALLY_CONVICTED = "C1"
    FIVE_YEARS = "C2"
    AT_LEAST_ONE_YEAR = "C3a"
    AT_MOST_THREE_YEARS = "C3b"
    VOLUNTEER = "C4"
    ADULT = "C5"
    SITE_TAKES_PUBLIC = "C6"
    COMPETENCE = "C7"
    ADVICE_GATHERED = "C8"
    INTERVIEW_HELD = "C9"
    SEPARATION = "C10"
    JUDICIAL_SITUATION = "C11"
    CONDITIONAL_RELEASE = "C12a"
    ADJUSTMENT = "C12b"
    LOCAL_PROJECT = "C13"
    ADAPTATION = "C14"
    PLACE_AVAILABLE = "C15"


class LineKind(StrEnum):
    """What a line is for."""

    SUBSTANTIVE = "substantive"
    """Makes the result, with the others of its kind."""
    PROCEDURAL = "procedural"
    """What has to be done before a decision; the decision checks it by itself, and the result does not change."""
    INFORMATION = "information"
    """For whoever decides; the result does not change."""


class Finding(StrEnum):
    """What was found of one criterion."""

    MET = "met"
    NOT_MET = "not_met"
    DEFERRED = "deferred"
    TO_COMPLETE = "to_complete"
    TO_EXAMINE = "to_examine"
    INFORMATION = "information"


class Code(StrEnum):
    """Why a criterion is not met or cannot be judged, or what it lets the reader know."""

    NOT_FINALLY_CONVICTED = "NOT_FINALLY_CONVICTED"
    SENTENCE_OVER_5Y = "SENTENCE_OVER_5Y"
    REMAINDER_UNDER_1Y = "REMAINDER_UNDER_1Y"
    REMAINDER_OVER_3Y = "REMAINDER_OVER_3Y"
    CONSENT_MISSING = "CONSENT_MISSING"
    CANDIDATE_WITHDREW = "CANDIDATE_WITHDREW"
    MINOR = "MINOR"
    SITE_NOT_OPEN_TO_PUBLIC = "SITE_NOT_OPEN_TO_PUBLIC"
    MINISTER_DECIDES = "MINISTER_DECIDES"
    ADVICE_MISSING = "ADVICE_MISSING"
    INTERVIEW_NOT_HELD = "INTERVIEW_NOT_HELD"
    SEPARATION_TO_EXAMINE = "SEPARATION_TO_EXAMINE"
    JUDICIAL_SITUATION_TO_EXAMINE = "JUDICIAL_SITUATION_TO_EXAMINE"
    INFO_CONDITIONAL_RELEASE = "INFO_CONDITIONAL_RELEASE"
    INFO_ADJUSTMENT = "INFO_ADJUSTMENT"
    INFO_LOCAL_PROJECT = "INFO_LOCAL_PROJECT"
    INFO_ADAPTATION = "INFO_ADAPTATION"
    WAITING_LIST = "WAITING_LIST"
    DATA_MISSING = "DATA_MISSING"
    DATA_CONTRADICTORY = "DATA_CONTRADICTORY"
    EXTRACT_STALE = "EXTRACT_STALE"
    PARTLY_SUSPENDED = "PARTLY_SUSPENDED"
    DAYS_MAKE_A_MONTH = "DAYS_MAKE_A_MONTH"


@dataclass(frozen=True)
class Parameters:
    """The figures of a rule set.

    Args:
        sentence_months: the longest sentence, inclusive.
        shortest_remainder: months left to serve, inclusive ("d'un à trois ans maximum").
        longest_remainder: months left to serve, inclusive.
        adjustment_remainder: months left to serve from which a sentence may be adjusted, inclusive.
    """

    sentence_months: int
    shortest_remainder: int
    longest_remainder: int
    adjustment_remainder: int


@dataclass(frozen=True)
class Examination:
    """All that a criterion is given.

    Args:
        inputs: of the file.
        on: the date that counts, Europe/Paris.
        choices: what the site set where the law is silent.
        parameters: of the rule set.
    """

    inputs: Inputs
    on: date
    choices: Choices
    parameters: Parameters


@dataclass(frozen=True)
class Verdict:
    """A finding, its code, and the inputs that it was made from (plain JSON)."""

    finding: Finding
    code: Code | None
    inputs: Mapping[str, object]


Test = Callable[[Examination], Verdict]


def iso(day: date | None) -> str | None:
    """A date as plain JSON."""
    return None if day is None else day.isoformat()


def measure_data(measure: tuple[int, int]) -> dict[str, int]:
    """A measure of sentences as plain JSON."""
    return {"months": measure[0], "days": measure[1]}
