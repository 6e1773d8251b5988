"""What is due by when, for whom, what happens when it is not done, and what has to be looked at by a human."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from services.selection.domain.acts import Role
from services.selection.domain.dates import PARIS, date_in_paris

DORMANT_AFTER = timedelta(days=90)
"""A deferred file that nobody took up for so long after its date is looked at: our assumption, no text fixes it."""
AGAIN = timedelta(days=30)
"""What is still so after being looked at comes back to the review list: our assumption."""


class Due(StrEnum):
    """What may be due."""

    ADVICE = "advice"
    """An advice that was asked for. Subject: the request."""
    DECISION = "decision"
    """The answer to a submitted file. Subject: the candidacy."""
    DEFERRAL = "deferral"
    """A deferred file may be taken up again. Subject: the candidacy."""
    HAND_OVER = "hand_over"
    """A decision that the person does not hold yet. Subject: the decision."""
    APPEAL_PERIOD = "appeal_period"
    """The time in which an appeal may be lodged. Subject: the decision."""
    APPEAL_ANSWER = "appeal_answer"
    """The answer to an appeal. Subject: the appeal."""
    OBSERVATIONS = "observations"
    """The person's time to observe on an intended revocation. Subject: the revocation."""
    EXTRACT = "extract"
    """The extract of the penal file grows stale. Subject: the candidacy."""
    CHANGE_OF_ASSIGNMENT = "change_of_assignment"
    """A withdrawal after arrival asks for another prison. Subject: the request."""


RUNS_OUT = frozenset({Due.APPEAL_PERIOD})
"""Terms of the person: when they are past they are over, and nobody has failed to act."""


class Escalation(StrEnum):
    """What a deadline does when it is not met."""

    REMIND = "remind"
    ESCALATE = "escalate"


class Cause(StrEnum):
    """Why a file is on the review list."""

    RESULT_CHANGED = "result_changed"
    """Changed facts gave another result than the opinion that stands."""
    EXIT_MOVED = "exit_moved"
    """The projected exit of an approved file is another than cell and seat are ordered until."""
    CONSENT_WITHDRAWN = "consent_withdrawn"
    ENTRY_PASSED = "entry_passed"
    """The planned entry has passed without an arrival."""
    DORMANT = "dormant"
    """Nothing happened for long."""
    ARRIVED_UNAPPROVED = "arrived_unapproved"
    """The person arrived, and the approval does not stand any more."""


class ReviewOutcome(StrEnum):
    """What an officer did about a file on the review list."""

    KEPT = "kept"
    """Looked at, and left as it is."""
    FOLLOWED_UP = "followed_up"
    """Another act on the file took care of it."""
    ARRIVED = "arrived"
    """The person came after all."""
    FILE_CLOSED = "file_closed"
    """Withdrawn or revoked meanwhile."""
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Deadline:
    """One thing that is due.

    Args:
        subject: what exactly.
        owner: role of who has to act.
        due_on: the last day on which it is in time, Europe/Paris.
        remind_on: the owner is reminded from this day on; None for no reminder.
    """

    id: UUID
    candidacy_id: UUID
    kind: Due
    subject: UUID
    owner: Role
    due_on: date
    remind_on: date | None = None


@dataclass(frozen=True)
class Review:
    """Something to look at. `detail`: codes, figures and ISO dates, plain JSON; never words about the person."""

    candidacy_id: UUID
    cause: Cause
    detail: Mapping[str, object]


def next_morning(now: datetime) -> datetime:
    """Six o'clock in Paris of the next day."""
    return datetime.combine(date_in_paris(now) + timedelta(days=1), time(6), PARIS)


def next_alarm(due_on: date, remind_on: date | None, *, reminded: bool) -> datetime:
    """When a deadline has to be looked at next: the reminder's morning, or the midnight after the last day in time."""
    if remind_on is not None and not reminded:
        return datetime.combine(remind_on, time(6), PARIS)
    return datetime.combine(due_on + timedelta(days=1), time(0), PARIS)


def escalation(now: datetime, due_on: date, *, reminded: bool) -> Escalation:
    """What to do with a deadline that is still open when its alarm rings."""
    past = now >= next_alarm(due_on, None, reminded=True)
    return Escalation.ESCALATE if past or reminded else Escalation.REMIND
