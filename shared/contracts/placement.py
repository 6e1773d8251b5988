"""Events that the placement service produces. Every one is a fact about a request: one request per candidacy."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.desk import WaitingCounted
from shared.messaging.event import Event, Topic

STAY = Topic("placement.stay.v1")
CELL = Topic("placement.cell.v1")
SEPARATION = Topic("placement.separation.v1")
DESK = Topic("placement.desk.v1")


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


class Moved(StayEvent):
    """Somebody who is there sleeps in another cell from that night on."""

    type: ClassVar[str] = "placement.stay.moved.v1"

    stay_id: UUID
    cell: str
    moved_on: date


class DatesChanged(StayEvent):
    """The bed is the same, its first or last night is another one."""

    type: ClassVar[str] = "placement.stay.dates_changed.v1"

    stay_id: UUID
    starts_on: date
    ends_on: date
    """First day after the stay."""


class CellOutOfService(Event):
    """A cell cannot be slept in. Subject: the cell's own id, made of its code."""

    topic: ClassVar[Topic] = CELL
    type: ClassVar[str] = "placement.cell.out_of_service.v1"

    cell: str
    reason: str
    """`flood`, `fire`, `damage`, `works`, `staff_shortage` or `other`."""
    starts_on: date
    expected_back_on: date | None
    """None when nobody knows."""


class CellBackInService(Event):
    """A cell can be slept in again."""

    topic: ClassVar[Topic] = CELL
    type: ClassVar[str] = "placement.cell.back_in_service.v1"

    cell: str
    back_on: date


class SeparationDeclared(Event):
    """Two persons are to be kept apart. Why, is nobody's but the signer's. Subject: the separation."""

    topic: ClassVar[Topic] = SEPARATION
    type: ClassVar[str] = "placement.separation.declared.v1"

    one: UUID
    """A candidacy."""
    other: UUID
    """Another candidacy."""
    starts_on: date
    until: date | None
    """First day on which it no longer holds; None for as long as it is not lifted."""


class SeparationLifted(Event):
    """Two persons need no longer be kept apart. Subject: the separation."""

    topic: ClassVar[Topic] = SEPARATION
    type: ClassVar[str] = "placement.separation.lifted.v1"

    one: UUID
    other: UUID
    lifted_on: date


class PlacementMatter(StrEnum):
    """What may wait for a function in placement: the kinds of its attention list, and what operators look after."""

    PROPOSAL_OVERDUE = "proposal_overdue"
    EARLIER_DECISION_WAITS = "earlier_decision_waits"
    ARRIVAL_UNCONFIRMED = "arrival_unconfirmed"
    NOT_ARRIVED = "not_arrived"
    DEPARTURE_OVERDUE = "departure_overdue"
    ARRIVAL_PHASE_OVER = "arrival_phase_over"
    BED_CONFLICT = "bed_conflict"
    MOVE_DUE = "move_due"
    ABSENCE_OVERDUE = "absence_overdue"
    SECURE_WAITING_OVERDUE = "secure_waiting_overdue"
    EXIT_BEYOND_BED = "exit_beyond_bed"
    LOAN_NEEDED = "loan_needed"
    WAITS_IN_VAIN = "waits_in_vain"
    OUTAGE_OVERDUE = "outage_overdue"
    KEPT_APART_TOGETHER = "kept_apart_together"
    KEPT_APART_PLANNED = "kept_apart_planned"
    HELD_KEYS = "held_keys"
    DEAD_EVENTS = "dead_events"


class PlacementWaitingCounted(WaitingCounted):
    """How much waits in placement for which function, as `PlacementMatter` names it: counts alone."""

    topic: ClassVar[Topic] = DESK
    type: ClassVar[str] = "placement.desk.waiting_counted.v1"
