"""The use cases of seats: load, decide, save, publish. Each event gets exactly one reply.

Locks are always taken in the same order: trainings by code, all at once, then requests: the one whose event is handled,
then those that are promoted, in the order of the list. A transaction holds every training of the request whose event it
handles, so nobody else can be promoting that one. A promoted request may wish trainings that are not locked here, and
whoever holds those may be promoting it too: both lock it as a row, in the same order as everybody, and the second finds
it changed and goes on to the next. Nobody who has a request locked ever waits for a training: no circle can close.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.citizen_space import domain, store
from services.citizen_space.domain import Need, Request, State
from shared.contracts.citizen_space import (
    Enrolled,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    EnrolmentEvent,
    EnrolmentPromoted,
    EnrolmentWaitlisted,
    NothingToCancel,
)
from shared.contracts.selection import TRAINING_REQUEST, TrainingCancelled, TrainingChanged, TrainingRequested
from shared.messaging import Meta, Poison, Retry, Tx, held, publish


async def reserve_seat(tx: Tx, event: TrainingRequested, meta: Meta) -> None:
    """Reserves a training seat for an approved candidacy by its wishes, or puts it on the list of each wished training.

    Raises:
        Poison: it belongs to another site.
    """
    await _order(tx, event, meta)


async def change_seat(tx: Tx, event: TrainingChanged, meta: Meta) -> None:
    """Gives up what the candidacy has, and goes in line again with the new wishes: one reply, of where that leads.

    Raises:
        Poison: it belongs to another site.
    """
    await _order(tx, event, meta)


async def release_seat(tx: Tx, event: TrainingCancelled, meta: Meta) -> None:
    """Frees the seat of a candidacy and reserves it for the next in line, or says that there was nothing to free.

    Raises:
        Poison: it belongs to another site.
    """
    new = _new_request(tx, meta, event.decision_number)
    locked = await store.lock_trainings(tx.conn, meta.subject, meta.site, ())
    known = await _claim(tx, new, locked)
    match domain.release(known, new):
        case domain.Released(request, enrolment_id):
            await store.save(tx.conn, request)
            await store.free_seat(tx.conn, enrolment_id, tx.now)
            await _tell(tx, request, EnrolmentCancelled(**_about(request), enrolment_id=enrolment_id))
            await _fill(tx, locked)
        case domain.NothingHeld(request, left_waiting_list):
            await store.save(tx.conn, request)
            about = _about(request) | _asked(meta, event.decision_number)
            await _tell(tx, request, NothingToCancel(**about, left_waiting_list=left_waiting_list))


async def confirm_enrolment(tx: Tx, enrolment_id: UUID, officer: str) -> UUID:
    """Confirms a reserved seat in the name of the training lead.

    Args:
        tx: the request's transaction; its actor says in which function the lead acts.
        enrolment_id: the enrolment that the lead saw.
        officer: identifies the lead to the administration.

    Returns:
        the enrolment.

    Raises:
        Refused: there is no such reservation to confirm.
    """
    request = domain.confirm(await store.lock_request_of(tx.conn, enrolment_id), enrolment_id)
    await store.save(tx.conn, request)
    await store.confirm_seat(tx.conn, enrolment_id, officer, tx.actor.function, tx.now)
    about = _about(request)
    confirmed = EnrolmentConfirmed(**about, enrolment_id=enrolment_id, confirmed_by_function=tx.actor.function)
    await _tell(tx, request, confirmed)
    return enrolment_id


async def _order(tx: Tx, event: TrainingRequested, meta: Meta) -> None:
    need = Need(
        decided_on=event.decided_on,
        file_number=event.file_number,
        wishes=event.wishes,
        earliest_start=event.earliest_start,
        projected_exit=event.projected_exit,
    )
    locked = await store.lock_trainings(tx.conn, meta.subject, meta.site, need.wishes)
    trainings = tuple(code for code in locked if code in need.wishes)
    new = _new_request(tx, meta, event.decision_number, need, trainings)
    known = await _claim(tx, new, locked)
    match domain.receive(known, new):
        case domain.Queued(request, gives_up):
            if known is not new:
                await store.save(tx.conn, request)
            if gives_up:
                await store.free_seat(tx.conn, gives_up, tx.now)
            if not await _fill(tx, locked, request):
                await _wait(tx, request)
        case domain.Kept(request):
            await store.save(tx.conn, request)
            await _tell(tx, request, await _standing(tx, request))
        case domain.Void(request):
            await store.save(tx.conn, request)
            about = _about(request) | _asked(meta, event.decision_number)
            await _tell(tx, request, NothingToCancel(**about, left_waiting_list=False))


def _new_request(
    tx: Tx, meta: Meta, decision_number: str, need: Need | None = None, trainings: tuple[str, ...] = ()
) -> Request:
    # The only writer of a site's seats is that site's own stack.
    if meta.site != tx.source.split("/")[1]:
        raise Poison("site-foreign")
    return Request(
        id=uuid7(),
        candidacy_id=meta.subject,
        site=meta.site,
        event_id=meta.id,
        decision_number=decision_number,
        need=need,
        trainings=trainings,
        enrolment_id=uuid7() if need else None,
        state=State.REQUESTED if need else State.CANCELLED,
        version=0,
    )


async def _claim(tx: Tx, new: Request, locked: Sequence[str]) -> Request:
    known = await store.claim(tx.conn, new)
    if known.id == new.id:
        return new
    if not set(known.trainings) <= set(locked):
        # Its wishes changed between the two locks.
        raise Retry
    return known


async def _fill(tx: Tx, trainings: Sequence[str], own: Request | None = None) -> bool:
    """Reserves free seats for the first in line, as long as there are both; whether `own` got one.

    Nobody is promoted whose next event is not known yet, but for `own`, whose event this is.
    """
    served = False
    skipped: list[UUID] = []
    more = bool(trainings)
    while more and (first := await store.first_in_line(tx.conn, trainings, skipped)):
        request, free, more = first
        is_own = own is not None and own.id == request.id
        if not is_own and await held(tx, TRAINING_REQUEST, [request.candidacy_id]):
            skipped.append(request.candidacy_id)
            continue
        if await _reserve(tx, request, free, from_waiting_list=not is_own):
            served = served or is_own
        else:
            # Somebody with another of its wishes was first: the seat is still free for the next.
            more = True
    return served


async def _reserve(tx: Tx, request: Request, free: store.FreeSeat, *, from_waiting_list: bool) -> bool:
    assert request.enrolment_id
    reserved = request.moved(State.RESERVED)
    seat = store.Seat(request.enrolment_id, *free, from_waiting_list, None)
    if not await store.hold(tx.conn, reserved, seat, tx.now):
        return False
    await _tell(tx, reserved, _enrolled(reserved, seat))
    return True


async def _wait(tx: Tx, request: Request) -> None:
    waiting = request.moved(State.WAITLISTED)
    await store.save(tx.conn, waiting)
    await _tell(tx, waiting, _waitlisted(waiting))


async def _standing(tx: Tx, request: Request) -> EnrolmentEvent:
    """What was last said of a request that is on the lists or has a seat, to be said once more."""
    if not request.holds_seat or not request.enrolment_id:
        return _waitlisted(request)
    seat = await store.seat_of(tx.conn, request.enrolment_id)
    if seat.confirmed_by_function:
        about = _about(request)
        function = seat.confirmed_by_function
        return EnrolmentConfirmed(**about, enrolment_id=seat.enrolment_id, confirmed_by_function=function)
    return _enrolled(request, seat)


def _enrolled(request: Request, seat: store.Seat) -> Enrolled | EnrolmentPromoted:
    event = EnrolmentPromoted if seat.from_waiting_list else Enrolled
    about = _about(request)
    return event(**about, enrolment_id=seat.enrolment_id, activity=seat.activity, starts_on=seat.starts_on)


def _waitlisted(request: Request) -> EnrolmentWaitlisted:
    return EnrolmentWaitlisted(**_about(request), reason="no_free_seat" if request.trainings else "no_training_wished")


def _about(request: Request) -> dict[str, Any]:
    return {
        "candidacy_id": request.candidacy_id,
        "request_id": request.event_id,
        "decision_number": request.decision_number,
    }


def _asked(meta: Meta, decision_number: str) -> dict[str, Any]:
    return {"request_id": meta.id, "decision_number": decision_number}


async def _tell(tx: Tx, request: Request, event: EnrolmentEvent) -> None:
    await publish(tx, event, subject=request.id, version=request.version, site=request.site)
