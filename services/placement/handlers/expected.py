"""The use cases of somebody who is on the way or did not come. Locks are taken as `line.py` says."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.placement import domain, store
from services.placement.domain import Refusal, Refused, Request, State
from services.placement.handlers.line import author, fill, give_up, locked
from services.placement.handlers.presence import check_fit, tell_dates
from services.placement.handlers.proposals import PROPOSAL, Proposal
from services.placement.handlers.records import note
from services.placement.handlers.telling import about, tell
from services.placement.store import presence, records
from shared.contracts.placement import BedReleased, NotArrived
from shared.messaging import Tx, cancel, schedule


async def expect(tx: Tx, stay_id: UUID, order: str, officer: str) -> UUID:
    """Notes the transfer order of somebody who is to come: from then on nothing but a cancellation frees the place.

    A proposal does not expire meanwhile, and one that has is to be confirmed again. The same order again changes
    nothing.

    Raises:
        Refused: there is no bed of that stay to come to, or another order is recorded for it.
    """
    request, _ = await locked(tx, stay_id)
    request = _to_come(request, stay_id)
    known = await presence.expected_order(tx.conn, stay_id)
    if known == order:
        return stay_id
    if known is not None:
        raise Refused(Refusal.ORDER_DIFFERS)
    await presence.expect(tx.conn, stay_id, order)
    await note(tx, stay_id, "transfer_order", "recorded", officer)
    await cancel(tx, PROPOSAL, request.id)
    if request.overdue:
        await store.save(tx.conn, replace(request, overdue=False))
    return stay_id


async def withdraw_order(tx: Tx, stay_id: UUID, reason: str, officer: str) -> UUID:
    """Notes that nobody is moved by the transfer order that was recorded; a proposal has its date again.

    Raises:
        Refused: there is no bed of that stay to come to, or no order stands.
    """
    request, _ = await locked(tx, stay_id)
    request = _to_come(request, stay_id)
    if await presence.expected_order(tx.conn, stay_id) is None:
        if await records.last_code(tx.conn, stay_id, "transfer_order") == reason:
            return stay_id
        raise Refused(Refusal.NO_ORDER)
    await presence.expect(tx.conn, stay_id, None)
    await note(tx, stay_id, "transfer_order", reason, officer)
    if request.state is State.PROPOSED:
        bed = await store.bed_of(tx.conn, stay_id)
        await schedule(tx, PROPOSAL, request.id, bed.confirm_by, Proposal(stay_id=stay_id))
    return stay_id


async def postpone(tx: Tx, stay_id: UUID, first_night: date, reason: str, officer: str) -> UUID:
    """Has a stay begin on another day, in the same cells. The same again changes nothing.

    Raises:
        Refused: there is no bed of that stay to come to, the day cannot be, or the cell is not free then.
    """
    today = domain.date_in_paris(tx.now)
    domain.checked_days(first_night, None, today)
    request, pools = await locked(tx, stay_id)
    request = _to_come(request, stay_id)
    uses = await store.uses_of(tx.conn, stay_id)
    if first_night >= uses[-1].nights.end:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    after = domain.begun(uses, first_night)
    if after == uses:
        return stay_id
    assert request.need
    if first_night < uses[0].nights.start:
        await check_fit(tx, request, after[0])
    await store.correct(tx.conn, stay_id, uses, after, author(tx, officer), reason)
    await presence.miss(tx.conn, stay_id, None)
    ordered = request.ordered_entry or request.need.planned_entry
    need = request.need._replace(planned_entry=first_night)
    await tell_dates(tx, replace(request, need=need, ordered_entry=ordered), stay_id, after)
    await fill(tx, pools)
    return stay_id


async def release_place(tx: Tx, stay_id: UUID, reason: str, officer: str) -> UUID:
    """Gives up the bed of somebody who has not come and will not, and proposes it to the next in line.

    The same release again changes nothing.

    Raises:
        Refused: there is no bed of that stay to come to, or a transfer order stands.
    """
    request, pools = await locked(tx, stay_id)
    if request is not None and await records.last_code(tx.conn, stay_id, "release") == reason:
        return stay_id
    request = _to_come(request, stay_id)
    if await presence.expected_order(tx.conn, stay_id) is not None:
        raise Refused(Refusal.ORDER_STANDS)
    gone = request.moved(State.CANCELLED)
    await store.save(tx.conn, gone)
    await give_up(tx, gone, stay_id, reason, officer)
    await note(tx, stay_id, "release", reason, officer)
    await tell(tx, gone, BedReleased(**about(gone), stay_id=stay_id))
    await fill(tx, pools)
    return stay_id


async def miss_arrivals(tx: Tx, site: str) -> None:
    """Says once of everybody who was to come and did not; the bed stays held."""
    for stay_id in await presence.missed(tx.conn, site, domain.date_in_paris(tx.now)):
        request = await store.lock_request_of(tx.conn, stay_id)
        if request is None or request.state is not State.CONFIRMED or request.stay_id != stay_id:
            continue
        said = request.heard()
        await store.save(tx.conn, said)
        await presence.miss(tx.conn, stay_id, tx.now)
        await tell(tx, said, NotArrived(**about(said), stay_id=stay_id))


def _to_come(request: Request | None, stay_id: UUID) -> Request:
    """The request of somebody for whom a bed is held and who has not come."""
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.stay_id != stay_id or request.state is State.CANCELLED:
        raise Refused(Refusal.STAY_RELEASED)
    if request.state is State.ARRIVED:
        raise Refused(Refusal.STAY_ARRIVED)
    if request.state is State.DEPARTED:
        raise Refused(Refusal.STAY_DEPARTED)
    if not request.holds_bed:
        raise Refused(Refusal.STAY_WAITING)
    return request
