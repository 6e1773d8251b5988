"""The rules of seats: what orders, cancellations and confirmations mean for a request. No I/O here."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Kind(StrEnum):
    """What an activity is. Seats of a training may be reserved by the machine; a work post is only ever a wish."""

    TRAINING = "training"
    WORK = "work"
    """Given after an interview, by the employer's choice (L412-5, L412-6 of the Code pénitentiaire)."""


class State(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    """In line, not answered yet: lives only inside one transaction."""
    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.RESERVED, State.WAITLISTED}),
    State.WAITLISTED: frozenset({State.REQUESTED, State.RESERVED, State.CANCELLED}),
    State.RESERVED: frozenset({State.REQUESTED, State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.REQUESTED, State.CANCELLED}),
    State.CANCELLED: frozenset({State.REQUESTED}),
}
"""From each state, the ones that may follow it."""


class Refusal(StrEnum):
    """Why an officer's act is refused."""

    ENROLMENT_UNKNOWN = "enrolment-unknown"
    ENROLMENT_WAITING = "enrolment-waiting"
    ENROLMENT_CONFIRMED = "enrolment-confirmed"
    ENROLMENT_CANCELLED = "enrolment-cancelled"


class Refused(Exception):
    """The act is refused and nothing has changed.

    Args:
        refusal: why, as a stable code.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Need(NamedTuple):
    """What a decision orders of training, and its rank: two needs are the same if a seat for one serves the other."""

    decided_on: date
    """Date of the decision, Europe/Paris: first rank of the waiting lists."""
    file_number: int
    """Second rank of the waiting lists."""
    wishes: tuple[str, ...]
    """Codes of activities, the dearest first."""
    earliest_start: date
    """A cohort may start on this date or later."""
    projected_exit: date
    """A cohort must have ended on this date."""


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
    trainings: tuple[str, ...]
    """Those of the wishes that are trainings of the site: the lists that it may stand on, in the order of codes."""
    enrolment_id: UUID | None
    """Names this order's place: in line first, then its enrolment. A change gets a new one."""
    state: State
    version: int
    """Rises by one with each event published about the request."""

    @property
    def holds_seat(self) -> bool:
        """Whether a seat is kept for the person, reserved or confirmed."""
        return self.state in {State.RESERVED, State.CONFIRMED}

    def moved(self, to: State) -> "Request":
        """The request in another state, with the version of the event that says so.

        Raises:
            ValueError: the table of transitions does not know this step; a defect.
        """
        if to not in TRANSITIONS[self.state]:
            raise ValueError(f"{self.state} -> {to}")
        return replace(self, state=to, version=self.version + 1)

    def heard(self, event_id: str | None = None) -> "Request":
        """The request unchanged but for one more reply, given to `event_id` if that is to be the one it answers."""
        return replace(self, event_id=event_id or self.event_id, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Queued:
    """The request stands in line for a seat."""

    request: Request
    gives_up: UUID | None
    """The enrolment whose seat it gives up for that."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The order is the one that stands already: it changes nothing and is told what stands."""

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
    if known.decision_number == new.decision_number:
        if known.state is State.CANCELLED:
            return Void(known.heard())
        if known.need == new.need:
            return Kept(known.heard(new.event_id))
    elif known.need and new.need and new.need.decided_on < known.need.decided_on:
        return Void(known.heard())
    queued = replace(new, id=known.id, version=known.version)
    return Queued(queued, known.enrolment_id if known.holds_seat else None)


@dataclass(frozen=True, slots=True)
class Released:
    """The seat that was held is free."""

    request: Request
    enrolment_id: UUID


@dataclass(frozen=True, slots=True)
class NothingHeld:
    """There was no seat to free."""

    request: Request
    left_waiting_list: bool


def release(known: Request, new: Request) -> Released | NothingHeld:
    """What a cancellation does.

    Args:
        known: the candidacy's request; `new` itself if there was none.
        new: the request as the cancellation alone would make it.
    """
    if known.id == new.id or known.state is State.CANCELLED or known.decision_number != new.decision_number:
        return NothingHeld(known.heard(), left_waiting_list=False)
    gone = replace(known.moved(State.CANCELLED), event_id=new.event_id)
    if known.holds_seat and known.enrolment_id:
        return Released(gone, known.enrolment_id)
    return NothingHeld(gone, left_waiting_list=True)


def confirm(request: Request | None, enrolment_id: UUID) -> Request:
    """The request once the training lead confirmed its reserved seat.

    Args:
        request: the one that the enrolment belongs to, if any.
        enrolment_id: the enrolment that the lead saw; a changed order has another one.

    Raises:
        Refused: there is no reservation of that enrolment to confirm.
    """
    if request is None:
        raise Refused(Refusal.ENROLMENT_UNKNOWN)
    if request.enrolment_id != enrolment_id or request.state is State.CANCELLED:
        raise Refused(Refusal.ENROLMENT_CANCELLED)
    if request.state is State.CONFIRMED:
        raise Refused(Refusal.ENROLMENT_CONFIRMED)
    if request.state is not State.RESERVED:
        raise Refused(Refusal.ENROLMENT_WAITING)
    return request.moved(State.CONFIRMED)
