"""The use cases of somebody who is there: moves, and the nights of each day. Locks are taken as `line.py` says."""

from datetime import date, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import CellType, Days, Refusal, Refused, Request, State, Use, Uses
from services.placement.handlers.line import author, fill, locked
from services.placement.handlers.records import note
from services.placement.handlers.telling import about, tell
from services.placement.store import presence, records
from shared.contracts.placement import DatesChanged, Moved
from shared.messaging import Tx


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
    """Has somebody move tonight from the arrival cell to the cell of the unit that was planned: the phase is over.

    Who never slept in an arrival cell stays in the own one. The same again changes nothing.

    Raises:
        Refused: nobody is there on that stay, there is no other cell planned, or it is not free yet.
    """
    request, pools = await locked(tx, stay_id)
    request, uses = _there(request, stay_id), await store.uses_of(tx.conn, stay_id)
    unit, today = uses[-1].cell, domain.date_in_paris(tx.now)
    engaged = await records.phase(tx.conn, stay_id, "engaged") is not None
    if unit != await presence.cell_now(tx.conn, stay_id):
        await _move(tx, request, uses, unit, today, "arrival_phase_ended", officer)
    elif not engaged and await presence.sleeps_in_arrival_cell(tx.conn, stay_id):
        raise Refused(Refusal.NOT_IN_ARRIVAL_PHASE)
    if not engaged:
        await note(tx, stay_id, "phase", "engaged", officer)
    await fill(tx, pools)
    return stay_id


async def carry_out_moves(tx: Tx, site: str) -> None:
    """Has everybody sleep where an officer planned it from today on, as soon as nobody else sleeps there.

    Only what an officer laid down is carried out: the end of an arrival phase waits for an officer's word.
    """
    today = domain.date_in_paris(tx.now)
    while (due := await presence.move_due(tx.conn, site, today)) is not None:
        request = await store.lock_request_of(tx.conn, due.stay_id)
        assert request
        await _sleep_in(tx, request, due.stay_id, due.cell, today)


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
        await _sleep_in(tx, request, stay_id, cell, tonight)


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
    planned = next((use.nights.end for use in uses if use.nights.start <= on < use.nights.end), days.end)
    if found is not None and found.cell_type is CellType.ARRIVAL and planned < days.end:
        # Who goes on to a unit does so from the other arrival cell, too.
        days = Days(on, planned)
        found = await presence.fitness(tx.conn, request.stay_id, request.candidacy_id, cell, days, today)
    refusal = domain.unfit(found, request.need.cell_type)
    if refusal is not None:
        raise Refused(refusal)
    await move_to(tx, request, uses, cell, days, reason, officer)


async def _sleep_in(tx: Tx, request: Request, stay_id: UUID, cell: str, tonight: date) -> None:
    await presence.sleep_in(tx.conn, stay_id, cell)
    moved = request.heard()
    await store.save(tx.conn, moved)
    await tell(tx, moved, Moved(**about(moved), stay_id=stay_id, cell=cell, moved_on=tonight))


def _there(request: Request | None, stay_id: UUID) -> Request:
    """The request of somebody who has arrived and not left."""
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.state is State.DEPARTED:
        raise Refused(Refusal.STAY_DEPARTED)
    if request.stay_id != stay_id or request.state is not State.ARRIVED:
        raise Refused(Refusal.STAY_NOT_ARRIVED)
    return request
