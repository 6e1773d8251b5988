"""The rules of beds: what orders, cancellations, confirmations and passed dates mean for a request. No I/O here."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.placement.domain.refusal import Refusal, Refused

PROPOSAL_TERM = timedelta(days=21)
"""How long a proposal waits for its confirmation before it is overdue: our assumption, no text fixes it."""


class Sex(StrEnum):
    """The sex of a wing (R211-1 of the Code pénitentiaire keeps them apart)."""

    MEN = "M"
    WOMEN = "F"


class CellType(StrEnum):
    """What a cell is for. Only standard and adapted ones are given by decision and so belong to a pool."""

    STANDARD = "standard"
    ADAPTED = "adapted"
    """For reduced mobility (D112-34 of the Code pénitentiaire)."""
    ARRIVAL = "arrival"
    SECURE_WAITING = "secure_waiting"
    """Outside capacity: where somebody waits after an incident."""


class State(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    """In line, not answered yet: lives only inside one transaction."""
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    """The person is there: nothing but a departure frees the bed any more."""
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"
    DEPARTED = "departed"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.PROPOSED, State.WAITLISTED}),
    State.WAITLISTED: frozenset({State.REQUESTED, State.PROPOSED, State.CANCELLED}),
    State.PROPOSED: frozenset({State.REQUESTED, State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.REQUESTED, State.ARRIVED, State.CANCELLED}),
    State.ARRIVED: frozenset({State.DEPARTED}),
    State.CANCELLED: frozenset({State.REQUESTED}),
    State.DEPARTED: frozenset({State.REQUESTED}),
}
"""From each state, the ones that may follow it."""


class Need(NamedTuple):
    """What a decision orders of a bed, and its rank: two needs are the same if a bed for one serves the other."""

    decided_on: date
    """Date of the decision, Europe/Paris: first rank of the waiting list."""
    file_number: int
    """Second rank of the waiting list."""
    sex: Sex
    cell_type: CellType
    planned_entry: date
    projected_exit: date
    """First day that the bed is no longer needed."""

    @property
    def has_days(self) -> bool:
        """Whether there is at least one night between entry and exit."""
        return self.planned_entry < self.projected_exit


@dataclass(frozen=True, slots=True)
class Request:
    """The one row of a candidacy: what it needs, where it stands. The aggregate of every reply."""

    id: UUID
    candidacy_id: UUID
    site: str
    event_id: str
    """The person's own event that the current state answers."""
    decision_number: str
    need: Need | None
    """None only when a cancellation came before any order."""
    pool: str | None
    """The pool that can serve the need; None when the site has none such."""
    stay_id: UUID | None
    """Names this order's place: in line first, then its assignment. A change gets a new one."""
    state: State
    overdue: bool
    version: int
    """Rises by one with each event published about the request."""
    ordered_entry: date | None = None
    """The entry that the decision names, where an officer postponed it; None where it is that of the need."""

    @property
    def ordered(self) -> Need | None:
        """What the decision ordered: an officer who postpones a convoy changes no decision."""
        if self.need is None or self.ordered_entry is None:
            return self.need
        return self.need._replace(planned_entry=self.ordered_entry)

    @property
    def holds_bed(self) -> bool:
        """Whether a bed is kept for the person: proposed, confirmed or slept in."""
        return self.state in {State.PROPOSED, State.CONFIRMED, State.ARRIVED}

    def moved(self, to: State) -> "Request":
        """The request in another state, with the version of the event that says so.

        Raises:
            ValueError: the table of transitions does not know this step; a defect.
        """
        if to not in TRANSITIONS[self.state]:
            raise ValueError(f"{self.state} -> {to}")
        return replace(self, state=to, overdue=False, version=self.version + 1)

    def in_line_again(self, stay_id: UUID) -> "Request":
        """The request without its bed, in line by a new stay; what becomes of it is said then.

        Raises:
            ValueError: the table of transitions does not know this step; a defect.
        """
        if State.REQUESTED not in TRANSITIONS[self.state]:
            raise ValueError(f"{self.state} -> {State.REQUESTED}")
        return replace(self, state=State.REQUESTED, stay_id=stay_id, overdue=False)

    def heard(self, event_id: str | None = None) -> "Request":
        """The request unchanged but for one more reply, given to `event_id` if that is to be the one it answers."""
        return replace(self, event_id=event_id or self.event_id, version=self.version + 1)


def pool_code(site: str, sex: Sex, cell_type: CellType) -> str:
    """The name of the pool of a site's beds of one kind, such as `DON-F-adapted`."""
    return f"{site}-{sex}-{cell_type}"


@dataclass(frozen=True, slots=True)
class Queued:
    """The request stands in line for a bed."""

    request: Request
    gives_up: UUID | None
    """The stay whose bed it gives up for that."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The order is the one that stands already, or comes after the arrival: it is told what stands."""

    request: Request


@dataclass(frozen=True, slots=True)
class Void:
    """The order belongs to a decision that is cancelled, or older than the one that stands."""

    request: Request


def receive(known: Request, new: Request) -> Queued | Kept | Void:
    """What an order, first or changed, does.

    Args:
        known: the candidacy's request; `new` itself if there was none.
        new: the request as the order alone would make it.
    """
    if known.id == new.id:
        return Queued(new, None)
    if known.state is State.ARRIVED:
        # Whatever the order says, nobody is moved out of a bed by an event.
        return Kept(known.heard(new.event_id))
    if known.decision_number == new.decision_number:
        if known.state in {State.CANCELLED, State.DEPARTED}:
            return Void(known.heard())
        if known.ordered == new.need:
            return Kept(known.heard(new.event_id))
    elif _is_older(new, known):
        return Void(known.heard())
    queued = replace(new, id=known.id, version=known.version)
    return Queued(queued, known.stay_id if known.holds_bed else None)


def only_the_end_differs(known: Request, new: Request) -> bool:
    """Whether an order of the same decision asks for the same bed, but until another day."""
    if known.ordered is None or new.need is None or known.decision_number != new.decision_number:
        return False
    return known.ordered == new.need._replace(projected_exit=known.ordered.projected_exit)


def forecast(known: Request, new: Request) -> Need | None:
    """What somebody who is there needs until the exit that an order names; None when that changes nothing.

    The entry is history by then: it only gives way where the exit would come before it.
    """
    if known.need is None or new.need is None or _is_older(new, known):
        return None
    if new.need.projected_exit == known.need.projected_exit:
        return None
    entry = min(known.need.planned_entry, new.need.projected_exit - timedelta(days=1))
    return known.need._replace(planned_entry=entry, projected_exit=new.need.projected_exit)


def _is_older(new: Request, known: Request) -> bool:
    """Whether an order comes of another decision, which was taken before the one that stands."""
    if known.need is None or new.need is None or known.decision_number == new.decision_number:
        return False
    return new.need.decided_on < known.need.decided_on


@dataclass(frozen=True, slots=True)
class Released:
    """The bed that was held is free."""

    request: Request
    stay_id: UUID


@dataclass(frozen=True, slots=True)
class NothingHeld:
    """There was no bed to free."""

    request: Request
    left_waiting_list: bool


@dataclass(frozen=True, slots=True)
class Occupied:
    """The person is there: the bed is free once a departure is recorded, and not before."""

    request: Request
    stay_id: UUID


def release(known: Request, new: Request) -> Released | NothingHeld | Occupied:
    """What a cancellation does.

    Args:
        known: the candidacy's request; `new` itself if there was none.
        new: the request as the cancellation alone would make it.
    """
    if known.id == new.id or known.state is State.CANCELLED or known.decision_number != new.decision_number:
        return NothingHeld(known.heard(), left_waiting_list=False)
    if known.state is State.DEPARTED:
        return NothingHeld(known.heard(), left_waiting_list=False)
    if known.state is State.ARRIVED and known.stay_id:
        return Occupied(known.heard(new.event_id), known.stay_id)
    gone = replace(known.moved(State.CANCELLED), event_id=new.event_id)
    if known.holds_bed and known.stay_id:
        return Released(gone, known.stay_id)
    return NothingHeld(gone, left_waiting_list=True)


_AFTER_PROPOSAL = {
    State.CONFIRMED: Refusal.STAY_CONFIRMED,
    State.ARRIVED: Refusal.STAY_ARRIVED,
    State.DEPARTED: Refusal.STAY_DEPARTED,
}


def confirm(request: Request | None, stay_id: UUID) -> Request:
    """The request once a named officer confirmed its proposed bed.

    Args:
        request: the one that the stay belongs to, if any.
        stay_id: the stay that the officer saw; a changed order has another one.

    Raises:
        Refused: there is no proposal of that stay to confirm.
    """
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.stay_id != stay_id or request.state is State.CANCELLED:
        raise Refused(Refusal.STAY_RELEASED)
    if request.state in _AFTER_PROPOSAL:
        raise Refused(_AFTER_PROPOSAL[request.state])
    if request.state is not State.PROPOSED:
        raise Refused(Refusal.STAY_WAITING)
    if request.overdue:
        raise Refused(Refusal.PROPOSAL_OVERDUE)
    return request.moved(State.CONFIRMED)


def expire(request: Request, stay_id: UUID) -> Request | None:
    """The request once the date of its proposal has passed: overdue, and the bed stays held.

    Args:
        request: as it stands now.
        stay_id: the stay whose date has passed.

    Returns:
        None when that proposal stands no more.
    """
    if request.state is not State.PROPOSED or request.overdue or request.stay_id != stay_id:
        return None
    return replace(request, overdue=True, version=request.version + 1)


def confirm_by(now: datetime) -> datetime:
    """Until when a proposal made now is to be confirmed."""
    return now + PROPOSAL_TERM
