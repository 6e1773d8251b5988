"""Events that the selection service produces. Ids, sites and decision numbers only: identity never leaves its vault."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.contracts.desk import WaitingCounted
from shared.messaging.event import Event, Topic

CANDIDACY = Topic("selection.candidacy.v1")
ACCOMMODATION_REQUEST = Topic("selection.accommodation-request.v1")
TRAINING_REQUEST = Topic("selection.training-request.v1")
DESK = Topic("selection.desk.v1")


class PartnerCategory(StrEnum):
    """The kinds of outside bodies that a decision may order to be told."""

    EMPLOYMENT_SERVICE = "employment_service"
    YOUTH_SERVICE = "youth_service"
    TRAINING_BODY = "training_body"
    REGION = "region"
    SOCIAL_EMPLOYER = "social_employer"


class WingSex(StrEnum):
    """The sex of a wing (R211-1 of the Code pénitentiaire keeps them apart)."""

    MEN = "M"
    WOMEN = "F"


class CellType(StrEnum):
    """What a person needs of a cell: `adapted` is for reduced mobility."""

    STANDARD = "standard"
    ADAPTED = "adapted"


class CandidacySubmitted(Event):
    """A file was handed in."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.submitted.v1"


class CandidacyCompleted(Event):
    """Nothing that the criteria need is missing any more."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.completed.v1"


class CandidacyAssessed(Event):
    """The criteria were applied. What they said stays in selection: it decides nothing."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.assessed.v1"


class CandidacyDeferred(Event):
    """A named officer put the decision off. The reasons stay in selection."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.deferred.v1"

    decision_number: str


class CandidacyApproved(Event):
    """A named officer signed the approval; its effects are ordered by events of the same decision."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.approved.v1"

    decision_number: str
    partner_categories: tuple[PartnerCategory, ...]
    """Which categories of partners the signed act orders to be told."""


class CandidacyRefused(Event):
    """A named officer refused the candidacy. The reasons stay in selection."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.refused.v1"

    decision_number: str


class CandidacyWithdrawn(Event):
    """The candidate withdrew. Whatever an approval had set off is to be undone."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.withdrawn.v1"

    decision_number: str | None
    """The approval that is undone; None when none had been signed."""


class CandidacyRevoked(Event):
    """A named officer revoked the approval. Whatever it had set off is to be undone."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.revoked.v1"

    decision_number: str
    """The approval that is undone."""


class CandidacyLapsed(Event):
    """A named officer found that the candidacy has lapsed. Whatever an approval had set off is to be undone."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.lapsed.v1"

    decision_number: str | None
    """The approval that is undone; None when none had been signed."""


class AppealLodged(Event):
    """The person appealed against a decision."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.appeal_lodged.v1"

    decision_number: str
    """The decision that is contested."""


class AppealDecided(Event):
    """An appeal was decided, by somebody other than the first decider."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.appeal_decided.v1"

    decision_number: str
    """The decision that was contested."""
    reversed: bool
    """Whether the contested decision falls, and the file is examined again."""


class PenalSituationUpdated(Event):
    """A new extract of the penal file was entered. The facts themselves stay in selection."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.penal_situation_updated.v1"


class ProjectedExitChanged(Event):
    """The end of the sentence as projected today is another one. What was ordered is changed by a human only."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.projected_exit_changed.v1"


class ReleaseWindowOpened(Event):
    """So little remains until the projected exit that the bodies which prepare it may act."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.release_window_opened.v1"


class PartnerConsentChanged(Event):
    """The person said yes or no to a category of partners being told."""

    topic: ClassVar[Topic] = CANDIDACY
    type: ClassVar[str] = "selection.candidacy.partner_consent_changed.v1"

    partner_categories: tuple[PartnerCategory, ...]
    """All categories that may be told from now on."""


class AccommodationRequested(Event):
    """The approval orders a cell. Subject and key: the candidacy."""

    topic: ClassVar[Topic] = ACCOMMODATION_REQUEST
    type: ClassVar[str] = "selection.accommodation-request.requested.v1"

    decision_number: str
    decided_on: date
    """Date of the decision, Europe/Paris: first rank of the waiting list."""
    file_number: int
    """Second rank of the waiting list."""
    wing_sex: WingSex
    cell_type: CellType
    planned_entry: date
    projected_exit: date
    """First day that the cell is no longer needed."""


class AccommodationChanged(AccommodationRequested):
    """What the approval orders of a cell has changed: the new wishes replace the old ones."""

    type: ClassVar[str] = "selection.accommodation-request.changed.v1"


class AccommodationCancelled(Event):
    """No cell is needed any more."""

    topic: ClassVar[Topic] = ACCOMMODATION_REQUEST
    type: ClassVar[str] = "selection.accommodation-request.cancelled.v1"

    decision_number: str


class TrainingRequested(Event):
    """The approval orders a training seat by the person's ordered wishes. Subject and key: the candidacy."""

    topic: ClassVar[Topic] = TRAINING_REQUEST
    type: ClassVar[str] = "selection.training-request.requested.v1"

    decision_number: str
    decided_on: date
    file_number: int
    wishes: tuple[str, ...]
    """Activity codes in the person's order, such as `DON-WEB`; work posts among them stay a wish."""
    earliest_start: date
    """A cohort may start on this date or later (planned entry plus arrival phase)."""
    projected_exit: date


class TrainingChanged(TrainingRequested):
    """What the approval orders of training has changed: the new wishes replace the old ones."""

    type: ClassVar[str] = "selection.training-request.changed.v1"


class TrainingCancelled(Event):
    """No training seat is needed any more."""

    topic: ClassVar[Topic] = TRAINING_REQUEST
    type: ClassVar[str] = "selection.training-request.cancelled.v1"

    decision_number: str


class SelectionMatter(StrEnum):
    """What may wait for a function in selection."""

    TO_SIGN = "to_sign"
    """Files that were assessed and wait for a decision."""
    LATE = "late"
    """What the role should have done by a date that has passed."""
    DUE_SOON = "due_soon"
    """What it has to do today or within three working days."""
    TO_COMPLETE = "to_complete"
    """Files that are not handed in, not assessed, or lack something."""
    TO_REVIEW = "to_review"
    """Entries of the review list; whoever may close them is told of all."""
    LEVEL_PASSED = "level_passed"
    """Files that wait for longer than the site promises."""
    REPLY_MISSING = "reply_missing"
    """Files of which another service owes a reply that will not come by itself."""
    HELD_KEYS = "held_keys"
    """Aggregates whose events are held behind one that failed."""
    DEAD_EVENTS = "dead_events"
    """Events that can never be applied and wait for an operator."""


class SelectionWaitingCounted(WaitingCounted):
    """How much waits in selection for which function, as `SelectionMatter` names it: counts alone."""

    topic: ClassVar[Topic] = DESK
    type: ClassVar[str] = "selection.desk.waiting_counted.v1"
