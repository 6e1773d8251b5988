"""The penal situation over time: each extract replaces the facts, and the projected exit moves with them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from services.selection.domain.case import Facts, PenalStatus
from services.selection.domain.dates import FIRST, LAST, PARIS, add_months
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.sentence import Sentence

FLAGS = ("specially_flagged", "terrorism", "separation", "other_proceedings", "adjustment_requested")
"""Fields of `Facts` that are a yes or a no of the penal file."""


class ExtractSource(StrEnum):
    """Where an extract was made."""

    NATIONAL_SYSTEM = "national_system"
    """GENESIS (R240-1)."""
    REGISTRY = "registry"
    """The penal record (fiche pénale) on paper."""
    COURT = "court"
    """A judgment that the record does not show yet."""


@dataclass(frozen=True)
class Extract:
    """One extract of the penal file, as the officer enters it; the fields are those of `Facts`.

    Args:
        extract_on: day on which it was made, Europe/Paris.
        specially_flagged: this flag and those after it stay as they were where the extract does not say (None): what
            keeps people safe is not forgotten because nobody repeated it.
    """

    status: PenalStatus | None
    sentences: tuple[Sentence, ...]
    sentence_end: date | None
    extract_on: date
    source: ExtractSource
    specially_flagged: bool | None = None
    terrorism: bool | None = None
    separation: bool | None = None
    other_proceedings: bool | None = None
    adjustment_requested: bool | None = None

    def check(self, today: date) -> None:
        """Dates that no extract can have.

        Raises:
            Refused: `impossible-dates`: made in the future, made after the sentence had ended, or in a year nobody
                means.
        """
        days = [self.extract_on] if self.sentence_end is None else [self.extract_on, self.sentence_end]
        ended = self.sentence_end is not None and self.sentence_end < self.extract_on
        if ended or self.extract_on > today or not all(FIRST <= day <= LAST for day in days):
            raise Refused(Refusal.IMPOSSIBLE_DATES)

    def replacing(self, facts: Facts) -> Facts:
        """The facts with all that this extract says; status, sentences and end that it does not say are not known."""
        flags = {name: getattr(self, name) for name in FLAGS}
        return replace(
            facts,
            penal_status=self.status,
            sentences=self.sentences,
            sentence_end=self.sentence_end,
            extract_on=self.extract_on,
            **{name: flag for name, flag in flags.items() if flag is not None},
        )


def extract_lasts_until(extract_on: date, policy: Policy) -> date:
    """The last day on which an extract still says something of the remainder."""
    return extract_on + timedelta(days=policy.extract_days)


def release_window(projected_exit: date, policy: Policy) -> datetime:
    """The instant from which the bodies that prepare a release may act: midnight, Europe/Paris."""
    return datetime.combine(add_months(projected_exit, -policy.release_window_months), time(0), PARIS)
