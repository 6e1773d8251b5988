"""The use cases of beds: load, decide, save, publish. Each event gets exactly one reply.

Locks are always taken in the same order: pools by code, all at once, then requests: the one whose event is handled,
then those that are promoted, which are in line for one of these pools. Only a confirmation and a passed date change a
request without its pool. Nobody who has a request locked ever waits for a pool: no circle can close.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Need, Request, State
from shared.contracts.placement import (
    Arrived,
    AssignmentConfirmed,
    AssignmentExpired,
    BedAssigned,
    BedReleased,
    BedWaitlisted,
    NothingToRelease,
    ReleaseAwaitsDeparture,
    StayEvent,
)
from shared.contracts.selection import (
    ACCOMMODATION_REQUEST,
    AccommodationCancelled,
    AccommodationChanged,
    AccommodationRequested,
)
from shared.messaging import Meta, Poison, Retry, Tx, cancel, held, publish, schedule

PROPOSAL = "proposal"
"""Kind of the timer of a proposal; its key is the request."""


class Proposal(BaseModel):
    """Body of the timer that falls due when a proposal should have been confirmed."""

    stay_id: UUID


async def assign_bed(tx: Tx, event: AccommodationRequested, meta: Meta) -> None:
    """Proposes a bed for an approved candidacy, or gives it a place on the waiting list.

    Raises:
        Poison: the stay would have no day, or belongs to another site.
    """
    await _order(tx, event, meta)


async def change_bed(tx: Tx, event: AccommodationChanged, meta: Meta) -> None:
    """Gives up what the candidacy has, and goes in line again with the new need: one reply, of where that leads.

    Raises:
        Poison: the stay would have no day, or belongs to another site.
    """
    await _order(tx, event, meta)


async def release_bed(tx: Tx, event: AccommodationCancelled, meta: Meta) -> None:
    """Frees the bed of a candidacy and proposes it to the next in line, or says that there was nothing to free.

    A bed that its person sleeps in already is not freed: that is said, and the departure will free it.

    Raises:
        Poison: it belongs to another site.
    """
    new = _new_request(tx, meta, event.decision_number)
    locked = await store.lock_pools(tx.conn, meta.subject, None)
    known = await _claim(tx, new, locked)
    match domain.release(known, new):
        case domain.Released(request, stay_id):
            await store.save(tx.conn, request)
            await _give_up(tx, request, stay_id)
            await tell(tx, request, BedReleased(**about(request), stay_id=stay_id))
            await fill(tx, locked)
        case domain.Occupied(request, stay_id):
            await store.save(tx.conn, request)
            await tell(tx, request, ReleaseAwaitsDeparture(**about(request), stay_id=stay_id))
        case domain.NothingHeld(request, left_waiting_list):
            await store.save(tx.conn, request)
            asked = about(request) | _asked(meta, event.decision_number)
            await tell(tx, request, NothingToRelease(**asked, left_waiting_list=left_waiting_list))


async def expire_proposal(tx: Tx, body: Proposal, meta: Meta) -> None:
    """Marks a proposal that nobody confirmed in time as overdue, and says so; the bed stays held.

    Raises:
        Retry: the request is being worked on. To wait for it could be a deadlock: the timer's row is locked already,
            and who has the request may want to cancel the timer.
    """
    request = await store.lock_request_if_idle(tx.conn, meta.subject)
    if request is None:
        raise Retry
    overdue = domain.expire(request, body.stay_id)
    if overdue is not None:
        await store.save(tx.conn, overdue)
        await tell(tx, overdue, AssignmentExpired(**about(overdue), stay_id=body.stay_id))


async def confirm_stay(tx: Tx, stay_id: UUID, officer: str) -> UUID:
    """Confirms a proposed bed in the name of an officer.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        stay_id: the stay that the officer saw.
        officer: identifies the officer to the administration.

    Returns:
        the stay.

    Raises:
        Refused: there is no such proposal to confirm.
    """
    request = domain.confirm(await store.lock_request_of(tx.conn, stay_id), stay_id)
    await store.save(tx.conn, request)
    await store.confirm_bed(tx.conn, stay_id, officer, tx.actor.function, tx.now)
    await cancel(tx, PROPOSAL, request.id)
    confirmed = AssignmentConfirmed(**about(request), stay_id=stay_id, confirmed_by_function=tx.actor.function)
    await tell(tx, request, confirmed)
    return stay_id


async def _order(tx: Tx, event: AccommodationRequested, meta: Meta) -> None:
    need = Need(
        decided_on=event.decided_on,
        file_number=event.file_number,
        sex=domain.Sex(event.wing_sex),
        cell_type=domain.CellType(event.cell_type),
        planned_entry=event.planned_entry,
        projected_exit=event.projected_exit,
    )
    if not need.has_days:
        raise Poison("stay-without-days")
    wanted = domain.pool_code(meta.site, need.sex, need.cell_type)
    locked = await store.lock_pools(tx.conn, meta.subject, wanted)
    new = _new_request(tx, meta, event.decision_number, need, wanted if wanted in locked else None)
    known = await _claim(tx, new, locked)
    match domain.receive(known, new):
        case domain.Queued(request, gives_up):
            if known is not new:
                await store.save(tx.conn, request)
            if gives_up:
                await _give_up(tx, request, gives_up)
            if not await fill(tx, locked, request):
                await _wait(tx, request)
        case domain.Kept(request):
            await store.save(tx.conn, request)
            await tell(tx, request, await _standing(tx, request))
        case domain.Void(request):
            await store.save(tx.conn, request)
            asked = about(request) | _asked(meta, event.decision_number)
            await tell(tx, request, NothingToRelease(**asked, left_waiting_list=False))


def _new_request(
    tx: Tx, meta: Meta, decision_number: str, need: Need | None = None, pool: str | None = None
) -> Request:
    # The only writer of a site's beds is that site's own stack.
    if meta.site != tx.source.split("/")[1]:
        raise Poison("site-foreign")
    return Request(
        id=uuid7(),
        candidacy_id=meta.subject,
        site=meta.site,
        event_id=meta.id,
        decision_number=decision_number,
        need=need,
        pool=pool,
        stay_id=uuid7() if need else None,
        state=State.REQUESTED if need else State.CANCELLED,
        overdue=False,
        version=0,
    )


async def _claim(tx: Tx, new: Request, locked: Iterable[str]) -> Request:
    known = await store.claim(tx.conn, new)
    if known.id == new.id:
        return new
    if known.pool and known.pool not in locked:
        # It moved to another pool between the two locks.
        raise Retry
    return known


async def fill(tx: Tx, pools: Iterable[str], own: Request | None = None) -> bool:
    """Proposes free cells to the first in line, as long as there are both; whether `own` got one.

    Nobody is proposed whose next event is not known yet, but for `own`, whose event this is.
    """
    served = False
    for pool in pools:
        skipped: list[UUID] = []
        more = True
        while more and (first := await store.first_in_line(tx.conn, pool, skipped)):
            request, cell, more = first
            is_own = own is not None and own.id == request.id
            if not is_own and await held(tx, ACCOMMODATION_REQUEST, [request.candidacy_id]):
                skipped.append(request.candidacy_id)
                continue
            await _propose(tx, request, cell, from_waiting_list=not is_own)
            served = served or is_own
    return served


async def _propose(tx: Tx, request: Request, cell: str, *, from_waiting_list: bool) -> None:
    assert request.stay_id
    proposed = request.moved(State.PROPOSED)
    bed = store.Bed(request.stay_id, cell, domain.confirm_by(tx.now), from_waiting_list, None)
    await store.hold(tx.conn, proposed, bed, tx.now)
    await schedule(tx, PROPOSAL, request.id, bed.confirm_by, Proposal(stay_id=bed.stay_id))
    await tell(tx, proposed, _assigned(proposed, bed))


async def _wait(tx: Tx, request: Request) -> None:
    waiting = request.moved(State.WAITLISTED)
    await store.save(tx.conn, waiting)
    await tell(tx, waiting, _waitlisted(waiting))


async def _give_up(tx: Tx, request: Request, stay_id: UUID) -> None:
    await store.free_bed(tx.conn, stay_id, tx.now)
    await cancel(tx, PROPOSAL, request.id)


async def _standing(tx: Tx, request: Request) -> StayEvent:
    """What was last said of a request that is on the list or holds a bed, to be said once more."""
    if not request.holds_bed or not request.stay_id:
        return _waitlisted(request)
    bed = await store.bed_of(tx.conn, request.stay_id)
    if bed.arrived_on:
        return Arrived(**about(request), stay_id=bed.stay_id, arrived_on=bed.arrived_on)
    if bed.confirmed_by_function:
        said = about(request)
        return AssignmentConfirmed(**said, stay_id=bed.stay_id, confirmed_by_function=bed.confirmed_by_function)
    if request.overdue:
        return AssignmentExpired(**about(request), stay_id=bed.stay_id)
    return _assigned(request, bed)


def _assigned(request: Request, bed: store.Bed) -> BedAssigned:
    assert request.need
    return BedAssigned(
        **about(request),
        stay_id=bed.stay_id,
        cell=bed.cell,
        confirm_by=bed.confirm_by,
        starts_on=request.need.planned_entry,
        ends_on=request.need.projected_exit,
        from_waiting_list=bed.from_waiting_list,
    )


def _waitlisted(request: Request) -> BedWaitlisted:
    return BedWaitlisted(**about(request), reason="no_free_bed" if request.pool else "no_compatible_pool")


def about(request: Request) -> dict[str, Any]:
    """What every fact of a request says."""
    return {
        "candidacy_id": request.candidacy_id,
        "request_id": request.event_id,
        "decision_number": request.decision_number,
    }


def _asked(meta: Meta, decision_number: str) -> dict[str, Any]:
    return {"request_id": meta.id, "decision_number": decision_number}


async def tell(tx: Tx, request: Request, event: StayEvent) -> None:
    """Publishes a fact of a request under the version that it has now."""
    await publish(tx, event, subject=request.id, version=request.version, site=request.site)
