"""Events that the placement service produces. Every one is a fact about a request: one request per candidacy."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.messaging.event import Event, Topic

STAY = Topic("placement.stay.v1")


class StayEvent(Event):
    """What all facts of a stay share. Subject: the request; key: the candidacy."""

    topic: ClassVar[Topic] = STAY

    candidacy_id: UUID
    request_id: str
    """Id of that person's own request event (requested, changed or cancelled) that this answers or goes back to."""
    decision_number: str

    def key(self, subject: UUID) -> UUID:  # noqa: ARG002
        """The candidacy, so that all that happens to one person stays in order."""
        return self.candidacy_id


class BedAssigned(StayEvent):
    """A bed is held for the person, proposed until a named officer confirms it."""

    type: ClassVar[str] = "placement.stay.bed_assigned.v1"

    stay_id: UUID
    cell: str
    """Readable code of the cell of the first night, such as `DON-H1-U2-C07`."""
    state: Literal["proposed"] = "proposed"
    confirm_by: datetime
    """UTC; past it the proposal is overdue and the bed stays held."""
    starts_on: date
    ends_on: date
    """First day after the stay."""
    from_waiting_list: bool
    unit_cell: str | None = None
    """The cell to which the person moves on after the arrival phase; None for who stays in the first one."""
    unit_from: date | None = None
    """The first night there."""


class AssignmentConfirmed(StayEvent):
    """A named officer confirmed the proposed bed."""

    type: ClassVar[str] = "placement.stay.assignment_confirmed.v1"

    stay_id: UUID
    confirmed_by_function: str


class BedWaitlisted(StayEvent):
    """No bed can be proposed now; the person is on the list."""

    type: ClassVar[str] = "placement.stay.bed_waitlisted.v1"

    reason: Literal["no_free_bed", "no_compatible_pool"]


class BedReleased(StayEvent):
    """The bed that was held is free again."""

    type: ClassVar[str] = "placement.stay.bed_released.v1"

    stay_id: UUID


class NothingToRelease(StayEvent):
    """A cancellation found no bed to free."""

    type: ClassVar[str] = "placement.stay.nothing_to_release.v1"

    left_waiting_list: bool


class ReleaseAwaitsDeparture(StayEvent):
    """A cancellation found the person there: the bed stays occupied until a departure is recorded."""

    type: ClassVar[str] = "placement.stay.release_awaits_departure.v1"

    stay_id: UUID


class Arrived(StayEvent):
    """The person spent the first night at the site, on a confirmed bed and by a transfer order."""

    type: ClassVar[str] = "placement.stay.arrived.v1"

    stay_id: UUID
    arrived_on: date


class NotArrived(StayEvent):
    """The day of the planned entry passed without an arrival. The bed stays held until an officer releases it."""

    type: ClassVar[str] = "placement.stay.not_arrived.v1"

    stay_id: UUID


class Departed(StayEvent):
    """The person left the site for good."""

    type: ClassVar[str] = "placement.stay.departed.v1"

    stay_id: UUID
    departed_on: date
    reason: str
    """`end_of_sentence`, `sentence_adjusted`, `supervised_release`, `transferred` or `other`."""


class AssignmentExpired(StayEvent):
    """A proposal passed its date unconfirmed. It is marked overdue, and the bed stays held."""

    type: ClassVar[str] = "placement.stay.assignment_expired.v1"

    stay_id: UUID
