"""The use cases of arrival and departure. Locks are taken in the order that the head of `line.py` gives."""

from uuid import UUID

from services.placement import domain, store
from services.placement.domain import Arrival, Departure, Refusal, Refused
from services.placement.handlers.line import author, fill, locked
from services.placement.handlers.records import leave_secure_waiting
from services.placement.handlers.telling import about, tell
from services.placement.store import blocks, presence
from shared.contracts.placement import Arrived, Departed
from shared.messaging import Tx


async def arrive(tx: Tx, stay_id: UUID, arrival: Arrival, officer: str) -> UUID:
    """Records who came to a confirmed bed, and says so. The same arrival again changes nothing and is not told again.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        stay_id: the stay that the officer saw.
        officer: identifies the officer to the administration.

    Returns:
        the stay.

    Raises:
        Refused: no confirmed bed of that stay, another arrival is known, another transfer order stands, the day cannot
            be, or the cell is not free.
    """
    request, _ = await locked(tx, stay_id)
    known = (await store.occupation_of(tx.conn, stay_id)).arrival
    uses = await store.uses_of(tx.conn, stay_id)
    arrived = domain.arrive(request, stay_id, arrival, known, uses, domain.date_in_paris(tx.now))
    if arrived is request:
        return stay_id
    if await presence.expected_order(tx.conn, stay_id) not in {None, arrival.transfer_order}:
        raise Refused(Refusal.ORDER_DIFFERS)
    come = domain.begun(uses, arrival.arrived_on)
    tonight = come[0]
    if await blocks.is_out_of_service(tx.conn, tonight.cell, domain.date_in_paris(tx.now)):
        raise Refused(Refusal.CELL_CLOSED)
    if not await store.is_cell_free(tx.conn, stay_id, tonight):
        raise Refused(Refusal.CELL_OCCUPIED)
    by = author(tx, officer)
    await store.save(tx.conn, arrived)
    await store.record_arrival(tx.conn, stay_id, arrival, tonight.cell, by)
    await store.correct(tx.conn, stay_id, uses, come, by, "arrived")
    await tell(tx, arrived, Arrived(**about(arrived), stay_id=stay_id, arrived_on=arrival.arrived_on))
    return stay_id


async def depart(tx: Tx, stay_id: UUID, departure: Departure, officer: str) -> UUID:
    """Records who left, frees the bed and proposes it to the next in line. The same departure again changes nothing.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        stay_id: the stay that the officer saw.
        officer: identifies the officer to the administration.

    Returns:
        the stay.

    Raises:
        Refused: nobody arrived on that stay, another departure is known, or the day cannot be.
    """
    request, pools = await locked(tx, stay_id)
    occupation = await store.occupation_of(tx.conn, stay_id)
    today = domain.date_in_paris(tx.now)
    departed = domain.depart(request, departure, occupation.arrival, occupation.departure, today)
    if departed is request:
        return stay_id
    await store.save(tx.conn, departed)
    by, uses = author(tx, officer), await store.uses_of(tx.conn, stay_id)
    await store.record_departure(tx.conn, stay_id, departure, by)
    await store.correct(tx.conn, stay_id, uses, domain.ended(uses, departure.departed_on), by, "departed")
    await leave_secure_waiting(tx, stay_id, officer)
    said = {"stay_id": stay_id, "departed_on": departure.departed_on, "reason": departure.reason.value}
    await tell(tx, departed, Departed(**about(departed), **said))
    await fill(tx, pools)
    return stay_id
