"""How long a sentence is: years, months and days as the court pronounced them, never converted."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.selection.domain.refusal import Refusal, Refused

LONGEST = (60, 0)
"""Five years and not a day more, as (months, days)."""
MOST_DAYS = 30
"""More days than this would be a month or more, and which is not ours to say."""


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
    """How a total of sentences compares with five years."""

    WITHIN = "within"
    OVER = "over"
    UNDECIDED = "undecided"
    """The days add up to more than 30: whether they make a month is for a human to say."""


def total(durations: Iterable[Duration]) -> tuple[int, int]:
    """The sum as (months, days): months with months, days with days."""
    measures = [duration.measure for duration in durations]
    return sum(months for months, _ in measures), sum(days for _, days in measures)


def compare_with_five_years(durations: Iterable[Duration]) -> Quantum:
    """Five years inclusive: 60 months are within, 60 months and a day are over; 59 months and 31 days are undecided."""
    months, days = total(durations)
    if (months, days) > LONGEST:
        return Quantum.OVER
    return Quantum.UNDECIDED if days > MOST_DAYS else Quantum.WITHIN
