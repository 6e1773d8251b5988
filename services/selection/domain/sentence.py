"""How long a sentence is: years, months and days as the court pronounced them, never converted."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.selection.domain.policy import QuantumRule
from services.selection.domain.refusal import Refusal, Refused

MOST_DAYS = 30
"""More days than this would be a month or more, and which is not ours to say."""
_SHORTEST_MONTH = 28
"""Days."""


@dataclass(frozen=True)
class Duration:
    """Years, months (12 or more allowed) and days (0 to 30) as pronounced.

    Raises:
        Refused: `sentence-not-as-pronounced`, for days alone, nothing at all, or figures no court pronounces.
    """

    years: int
    months: int
    days: int

    def __post_init__(self) -> None:
        if min(self.years, self.months, self.days) < 0 or self.days > MOST_DAYS or not (self.years or self.months):
            raise Refused(Refusal.SENTENCE_NOT_AS_PRONOUNCED)

    @property
    def measure(self) -> tuple[int, int]:
        """(months, days), which compare as durations do."""
        return self.years * 12 + self.months, self.days


@dataclass(frozen=True)
class Sentence:
    """One sentence under execution.

    Args:
        pronounced: the whole of it, before any reduction.
        firm: the part to be served where the rest is suspended; None where nothing is suspended.

    Raises:
        Refused: `firm-part-too-long`, when the firm part exceeds the whole.
    """

    pronounced: Duration
    firm: Duration | None = None

    def __post_init__(self) -> None:
        if self.firm is not None and self.firm.measure > self.pronounced.measure:
            raise Refused(Refusal.FIRM_PART_TOO_LONG)

    @property
    def to_serve(self) -> Duration:
        """What counts for the five years: the firm part."""
        return self.firm or self.pronounced


class Quantum(StrEnum):
    """How sentences compare with the longest one that is allowed."""

    WITHIN = "within"
    OVER = "over"
    UNDECIDED = "undecided"
    """It depends on whether the days make a month, which is for a human to say."""


def measure_of(durations: Iterable[Duration], rule: QuantumRule) -> tuple[int, int]:
    """What is compared, as (months, days).

    Args:
        durations: at least one.
        rule: the sum, months with months and days with days; or the longest alone.
    """
    measures = [duration.measure for duration in durations]
    if rule is QuantumRule.LONGEST:
        return max(measures)
    return sum(months for months, _ in measures), sum(days for _, days in measures)


def compare(measure: tuple[int, int], longest: int) -> Quantum:
    """Inclusive: of 60 months, 60 are within, 60 and a day are over; 59 and 31 days are undecided.

    Args:
        measure: (months, days); the days are never turned into months.
        longest: months that are allowed.
    """
    months, days = measure
    if measure > (longest, 0):
        return Quantum.OVER
    # Whatever months the days may make, there are no more of them than of the shortest kind.
    if days > MOST_DAYS and months + -(-days // _SHORTEST_MONTH) > longest:
        return Quantum.UNDECIDED
    return Quantum.WITHIN


def compare_counting_no_days(measure: tuple[int, int], longest: int) -> Quantum:
    """As the first rules did: more than 30 days are undecided however few the months are."""
    if measure > (longest, 0):
        return Quantum.OVER
    return Quantum.UNDECIDED if measure[1] > MOST_DAYS else Quantum.WITHIN
