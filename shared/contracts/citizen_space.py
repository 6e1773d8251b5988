"""Events that the citizen space produces. Every one is a fact about a training request: one request per candidacy."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.messaging.event import Event, Topic

ENROLMENT = Topic("citizen-space.enrolment.v1")


class EnrolmentEvent(Event):
    """What all facts of an enrolment share. Subject: the request; key: the candidacy."""

    topic: ClassVar[Topic] = ENROLMENT

    candidacy_id: UUID
    request_id: str
    """Id of that person's own request event (requested, changed or cancelled) that this answers or goes back to."""
    decision_number: str

    def key(self, subject: UUID) -> UUID:  # noqa: ARG002
        """The candidacy, so that all that happens to one person stays in order."""
        return self.candidacy_id


class Enrolled(EnrolmentEvent):
    """A training seat is reserved; it counts in the capacity until confirmed or cancelled."""

    type: ClassVar[str] = "citizen-space.enrolment.enrolled.v1"

    enrolment_id: UUID
    activity: str
    starts_on: date
    state: Literal["reserved"] = "reserved"


class EnrolmentConfirmed(EnrolmentEvent):
    """The named training lead confirmed the reserved seat."""

    type: ClassVar[str] = "citizen-space.enrolment.confirmed.v1"

    enrolment_id: UUID
    confirmed_by_function: str


class EnrolmentWaitlisted(EnrolmentEvent):
    """No wished training has a seat; the person is on the list of each."""

    type: ClassVar[str] = "citizen-space.enrolment.waitlisted.v1"

    reason: Literal["no_free_seat", "no_training_wished"]


class EnrolmentPromoted(EnrolmentEvent):
    """A seat came free and is reserved for the person who was next on the list."""

    type: ClassVar[str] = "citizen-space.enrolment.promoted.v1"

    enrolment_id: UUID
    activity: str
    starts_on: date


class EnrolmentCancelled(EnrolmentEvent):
    """The seat that was held is free again."""

    type: ClassVar[str] = "citizen-space.enrolment.cancelled.v1"

    enrolment_id: UUID


class NothingToCancel(EnrolmentEvent):
    """A cancellation found no seat to free."""

    type: ClassVar[str] = "citizen-space.enrolment.nothing_to_cancel.v1"

    left_waiting_list: bool
