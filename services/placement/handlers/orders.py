"""The use cases of orders: a bed asked for, changed or cancelled by a decision. Each event gets exactly one reply.

Locks are taken in the order that the head of `line.py` gives.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Need, Refused, Request, State
from services.placement.handlers.line import author, fill, give_up, serve
from services.placement.handlers.presence import check_fit, tell_dates
from services.placement.handlers.telling import about, asked, standing, tell
from shared.contracts.placement import BedReleased, NothingToRelease, ReleaseAwaitsDeparture
from shared.contracts.selection import AccommodationCancelled, AccommodationChanged, AccommodationRequested
from shared.messaging import Meta, Poison, Retry, Tx


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
            await give_up(tx, request, stay_id, "cancelled")
            await tell(tx, request, BedReleased(**about(request), stay_id=stay_id))
            await fill(tx, locked)
        case domain.Occupied(request, stay_id):
            await store.save(tx.conn, request)
            await tell(tx, request, ReleaseAwaitsDeparture(**about(request), stay_id=stay_id))
        case domain.NothingHeld(request, left_waiting_list):
            await store.save(tx.conn, request)
            said = about(request) | asked(meta, event.decision_number)
            await tell(tx, request, NothingToRelease(**said, left_waiting_list=left_waiting_list))


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
        case domain.Queued() if await _keep_bed(tx, known, new):
            # An earlier exit frees nights.
            await fill(tx, locked)
        case domain.Queued(request, gives_up):
            if known is not new:
                await store.save(tx.conn, request)
            if gives_up:
                await give_up(tx, request, gives_up, "changed")
            await serve(tx, request, locked, freed=gives_up is not None)
        case domain.Kept(request):
            await store.save(tx.conn, request)
            await tell(tx, request, await standing(tx, request))
            if request.state is State.ARRIVED and (changed := domain.forecast(known, new)):
                await _forecast(tx, replace(request, need=changed), locked)
        case domain.Void(request):
            await store.save(tx.conn, request)
            said = about(request) | asked(meta, event.decision_number)
            await tell(tx, request, NothingToRelease(**said, left_waiting_list=False))


async def _keep_bed(tx: Tx, known: Request, new: Request) -> bool:
    """Answers an order that only ends the stay on another day out of the bed that is held; whether that can be."""
    if not (known.holds_bed and known.stay_id and domain.only_the_end_differs(known, new)):
        return False
    assert new.need
    uses = await store.uses_of(tx.conn, known.stay_id)
    if new.need.projected_exit <= uses[-1].nights.start:
        return False
    after = domain.ended(uses, new.need.projected_exit)
    if after[-1].nights.end > uses[-1].nights.end:
        try:
            await check_fit(tx, known, after[-1])
        except Refused:
            return False
    await store.correct(tx.conn, known.stay_id, uses, after, author(tx), "exit_changed")
    need = new.need._replace(planned_entry=known.need.planned_entry) if known.need else new.need
    kept = replace(known, need=need, event_id=new.event_id)
    said = await tell_dates(tx, kept, known.stay_id, after)
    answer = said.heard()
    await store.save(tx.conn, answer)
    await tell(tx, answer, await standing(tx, answer))
    return True


async def _forecast(tx: Tx, request: Request, pools: Iterable[str]) -> None:
    """The end of the stay of somebody who is there is another one: later nights are kept as far as they are free."""
    assert request.need
    assert request.stay_id
    uses = await store.uses_of(tx.conn, request.stay_id)
    # Who is there sleeps there tonight, whatever is projected.
    end = max(request.need.projected_exit, domain.date_in_paris(tx.now) + timedelta(days=1))
    await store.correct(tx.conn, request.stay_id, uses, domain.ended(uses, end), author(tx), "exit_changed")
    await tell_dates(tx, request, request.stay_id, await store.uses_of(tx.conn, request.stay_id))
    await fill(tx, pools)


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
