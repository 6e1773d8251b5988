"""The use cases of somebody who is on the way, is there, or did not come. Locks are taken as `line.py` says."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Days, Refusal, Refused, Request, State, Use, Uses
from services.placement.handlers.line import author, fill, give_up, locked
from services.placement.handlers.telling import about, tell
from services.placement.store import presence
from shared.contracts.placement import BedReleased, DatesChanged, Moved, NotArrived
from shared.messaging import Tx


async def expect(tx: Tx, stay_id: UUID, order: str) -> UUID:
    """Notes the transfer order of somebody who is to come: from then on nothing but a cancellation frees the place.

    Raises:
        Refused: there is no bed of that stay to come to, or another order is recorded for it.
    """
    request, _ = await locked(tx, stay_id)
    _to_come(request, stay_id)
    known = await presence.expected_order(tx.conn, stay_id)
    if known not in {None, order}:
        raise Refused(Refusal.ORDER_DIFFERS)
    await presence.expect(tx.conn, stay_id, order)
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
    changed = replace(request, need=request.need._replace(planned_entry=first_night))
    await tell_dates(tx, changed, stay_id, after)
    await fill(tx, pools)
    return stay_id


async def release_place(tx: Tx, stay_id: UUID, reason: str, officer: str) -> UUID:
    """Gives up the bed of somebody who has not come and will not, and proposes it to the next in line.

    Raises:
        Refused: there is no bed of that stay to come to, or a transfer order stands.
    """
    request, pools = await locked(tx, stay_id)
    request = _to_come(request, stay_id)
    if await presence.expected_order(tx.conn, stay_id) is not None:
        raise Refused(Refusal.ORDER_STANDS)
    gone = request.moved(State.CANCELLED)
    await store.save(tx.conn, gone)
    await give_up(tx, gone, stay_id, reason, officer)
    await tell(tx, gone, BedReleased(**about(gone), stay_id=stay_id))
    await fill(tx, pools)
    return stay_id


async def move(tx: Tx, stay_id: UUID, cell: str, on: date | None, reason: str, officer: str) -> UUID:
    """Has somebody who is there sleep in another cell until the end of the stay. The same again changes nothing.

    Args:
        on: the first night there; None: tonight. A later one is a plan: that it is carried out is said on the day.

    Raises:
        Refused: nobody is there on that stay, the day cannot be, or the cell cannot be had.
    """
    today = domain.date_in_paris(tx.now)
    on = today if on is None else on
    domain.checked_days(on, None, today)
    request, pools = await locked(tx, stay_id)
    request, uses = _there(request, stay_id), await store.uses_of(tx.conn, stay_id)
    await _move(tx, request, uses, cell, on, reason, officer)
    await fill(tx, pools)
    return stay_id


async def end_arrival_phase(tx: Tx, stay_id: UUID, officer: str) -> UUID:
    """Has somebody move tonight from the arrival cell to the cell of the unit that was planned.

    Raises:
        Refused: nobody is there on that stay, there is no other cell planned, or it is not free yet.
    """
    request, pools = await locked(tx, stay_id)
    request, uses = _there(request, stay_id), await store.uses_of(tx.conn, stay_id)
    unit = uses[-1].cell
    if unit == await presence.cell_now(tx.conn, stay_id):
        raise Refused(Refusal.NOT_IN_ARRIVAL_PHASE)
    await _move(tx, request, uses, unit, domain.date_in_paris(tx.now), "arrival_phase_ended", officer)
    await fill(tx, pools)
    return stay_id


async def stay_on(tx: Tx, site: str) -> None:
    """Keeps tonight's bed for everybody who is there, whatever was planned, as long as nobody else has it."""
    today = domain.date_in_paris(tx.now)
    tonight = Days(today, today + timedelta(days=1))
    for row in await presence.present(tx.conn, site):
        uses = await store.uses_of(tx.conn, row.stay_id)
        if domain.cell_on(uses, today) == row.cell_now:
            continue
        if await store.is_cell_free(tx.conn, row.stay_id, domain.Use(row.stay_id, row.cell_now, tonight)):
            after = domain.slept_in(uses, row.cell_now, tonight, uuid7)
            await store.correct(tx.conn, row.stay_id, uses, after, author(tx), "stays_on")


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


async def move_to(tx: Tx, request: Request, uses: Uses, cell: str, days: Days, reason: str, officer: str) -> None:
    """Moves somebody who is there into a cell that is known to be fit, and says so if it is tonight.

    Args:
        tx: the caller's transaction, which has the pools and the request.
        request: of somebody who has arrived.
        uses: the nights as they stand.
        days: the nights to be slept there.
    """
    assert request.stay_id
    stay_id, tonight = request.stay_id, domain.date_in_paris(tx.now)
    after = domain.slept_in(uses, cell, days, uuid7)
    await store.correct(tx.conn, stay_id, uses, after, author(tx, officer), reason)
    if days.start <= tonight < days.end:
        await presence.sleep_in(tx.conn, stay_id, cell)
        moved = request.heard()
        await store.save(tx.conn, moved)
        await tell(tx, moved, Moved(**about(moved), stay_id=stay_id, cell=cell, moved_on=tonight))


async def check_fit(tx: Tx, request: Request, use: Use) -> None:
    """Refuses nights that a person cannot have in a cell, which is lent or of the type that the decision ordered.

    Raises:
        Refused: by which rule.
    """
    assert request.need
    today = domain.date_in_paris(tx.now)
    found = await presence.fitness(tx.conn, request.stay_id, request.candidacy_id, use.cell, use.nights, today)
    refusal = domain.unfit(found, request.need.cell_type, lent=True)
    if refusal is not None:
        raise Refused(refusal)


async def tell_dates(tx: Tx, request: Request, stay_id: UUID, uses: Uses) -> Request:
    """Writes a request whose nights begin or end on another day, and says so; gives it as it is then."""
    said = request.heard()
    await store.save(tx.conn, said)
    days = {"starts_on": uses[0].nights.start, "ends_on": uses[-1].nights.end}
    await tell(tx, said, DatesChanged(**about(said), stay_id=stay_id, **days))
    return said


async def _move(tx: Tx, request: Request, uses: Uses, cell: str, on: date, reason: str, officer: str) -> None:
    assert request.stay_id
    assert request.need
    today, now = domain.date_in_paris(tx.now), await presence.cell_now(tx.conn, request.stay_id)
    if domain.cell_on(uses, on) == cell and (on > today or now == cell):
        return
    days = Days(on, max(uses[-1].nights.end, on + timedelta(days=1)))
    found = await presence.fitness(tx.conn, request.stay_id, request.candidacy_id, cell, days, today)
    refusal = domain.unfit(found, request.need.cell_type)
    if refusal is not None:
        raise Refused(refusal)
    await move_to(tx, request, uses, cell, days, reason, officer)


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


def _there(request: Request | None, stay_id: UUID) -> Request:
    """The request of somebody who has arrived and not left."""
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.state is State.DEPARTED:
        raise Refused(Refusal.STAY_DEPARTED)
    if request.stay_id != stay_id or request.state is not State.ARRIVED:
        raise Refused(Refusal.STAY_NOT_ARRIVED)
    return request
