"""The use cases of a named officer who chooses: who goes ahead, and which cell. Hard rules stay hard."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import CellType, Days, Refusal, Refused, Request, State
from services.placement.handlers.line import author, fill, give_up, locked, propose_in
from services.placement.store import placing, presence
from shared.messaging import Tx


async def go_ahead(tx: Tx, stay_id: UUID, reason: str, officer: str) -> UUID:
    """Puts somebody who waits ahead of the order of decisions, and proposes what is free then.

    Raises:
        Refused: nobody waits on that stay, or goes ahead already.
    """
    request, pools = await _waiting(tx, stay_id)
    if await placing.is_ahead(tx.conn, request.id):
        raise Refused(Refusal.STAY_AHEAD)
    await placing.put_ahead(tx.conn, request.id, reason, author(tx, officer), uuid7())
    await fill(tx, pools)
    return stay_id


async def go_in_order(tx: Tx, stay_id: UUID, officer: str) -> UUID:
    """Takes back that somebody goes ahead.

    Raises:
        Refused: nobody waits on that stay, or goes ahead.
    """
    request, _ = await _waiting(tx, stay_id)
    if not await placing.is_ahead(tx.conn, request.id):
        raise Refused(Refusal.STAY_NOT_AHEAD)
    await placing.put_in_order(tx.conn, request.id, author(tx, officer), uuid7())
    return stay_id


async def place(tx: Tx, stay_id: UUID, cell: str, reason: str, officer: str) -> UUID:
    """Proposes a named cell to somebody who waits, or in the place of the one that is proposed.

    An adapted cell to somebody who does not need one is lent: it is to be given back when somebody does.

    Returns:
        the stay, which is a new one where another cell was proposed before.

    Raises:
        Refused: the stay waits for no bed, its transfer order stands, or the cell cannot be had, by which rule.
    """
    request, pools = await locked(tx, stay_id)
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.stay_id != stay_id or request.state not in {State.WAITLISTED, State.PROPOSED}:
        raise Refused(Refusal.STAY_NOT_WAITING)
    if await presence.expected_order(tx.conn, stay_id) is not None:
        raise Refused(Refusal.ORDER_STANDS)
    assert request.need
    today, need = domain.date_in_paris(tx.now), request.need
    nights = Days(max(need.planned_entry, today), need.projected_exit)
    if not nights:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    found = await presence.fitness(tx.conn, stay_id, request.candidacy_id, cell, nights, today)
    refusal = domain.unfit(found, need.cell_type, lent=True)
    if refusal is not None:
        raise Refused(refusal)
    assert found
    if found.cell_type is CellType.ARRIVAL:
        # It is for the first weeks (R212-17 of the Code pénitentiaire), and this is for the whole stay.
        raise Refused(Refusal.CELL_TYPE_UNFIT)
    freed = request.state is State.PROPOSED
    if freed:
        await give_up(tx, request, stay_id, "placed_elsewhere", officer)
        request = request.in_line_again(uuid7())
        await store.save(tx.conn, request)
    placed = await propose_in(tx, request, cell, nights, author(tx, officer), reason)
    if found.cell_type is CellType.ADAPTED and need.cell_type is CellType.STANDARD:
        await placing.lend(tx.conn, placed, author(tx, officer), reason)
    if freed:
        await fill(tx, pools)
    return placed


async def recall(tx: Tx, stay_id: UUID, officer: str) -> UUID:
    """Notes that a cell that is lent is needed. It moves nobody: a move does.

    Raises:
        Refused: no cell is lent to that stay, or it is recalled already.
    """
    request, _ = await locked(tx, stay_id)
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if not await placing.recall(tx.conn, stay_id, author(tx, officer)):
        raise Refused(Refusal.NOTHING_LENT)
    return stay_id


async def _waiting(tx: Tx, stay_id: UUID) -> tuple[Request, tuple[str, ...]]:
    request, pools = await locked(tx, stay_id)
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if request.stay_id != stay_id or request.state is not State.WAITLISTED:
        raise Refused(Refusal.STAY_NOT_WAITING)
    return request, pools
