"""The use cases of arrival and departure. Locks are taken in the order that the head of `beds.py` gives."""

from uuid import UUID
from zoneinfo import ZoneInfo

from services.placement import domain, store
from services.placement.domain import Arrival, Departure, Refusal, Refused, Request
from services.placement.handlers.beds import about, fill, tell
from shared.contracts.placement import Arrived, Departed
from shared.messaging import Tx

_PARIS = ZoneInfo("Europe/Paris")


async def arrive(tx: Tx, stay_id: UUID, arrival: Arrival, officer: str) -> UUID:
    """Records who came to a confirmed bed, and says so. The same arrival again changes nothing and is not told again.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        stay_id: the stay that the officer saw.
        officer: identifies the officer to the administration.

    Returns:
        the stay.

    Raises:
        Refused: no confirmed bed of that stay, another arrival is known, the day cannot be, or the cell is not free.
    """
    request, _ = await _locked(tx, stay_id)
    known = (await store.occupation_of(tx.conn, stay_id)).arrival
    arrived = domain.arrive(request, stay_id, arrival, known, tx.now.astimezone(_PARIS).date())
    if arrived is request:
        return stay_id
    if not await store.is_cell_free(tx.conn, stay_id, arrival.arrived_on):
        raise Refused(Refusal.CELL_OCCUPIED)
    await store.save(tx.conn, arrived)
    await store.record_arrival(tx.conn, stay_id, arrival, store.Recorder(officer, tx.actor.function, tx.now))
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
    request, locked = await _locked(tx, stay_id)
    occupation = await store.occupation_of(tx.conn, stay_id)
    today = tx.now.astimezone(_PARIS).date()
    departed = domain.depart(request, departure, occupation.arrival, occupation.departure, today)
    if departed is request:
        return stay_id
    await store.save(tx.conn, departed)
    await store.record_departure(tx.conn, stay_id, departure, store.Recorder(officer, tx.actor.function, tx.now))
    said = {"stay_id": stay_id, "departed_on": departure.departed_on, "reason": departure.reason.value}
    await tell(tx, departed, Departed(**about(departed), **said))
    await fill(tx, locked)
    return stay_id


async def _locked(tx: Tx, stay_id: UUID) -> tuple[Request | None, tuple[str, ...]]:
    """The request of a stay, locked after its pool, and the codes of the pools that are locked.

    Between the two locks an order may have moved it to another pool; then it has another stay, and this one is refused.
    """
    candidacy_id = await store.candidacy_of(tx.conn, stay_id)
    locked = () if candidacy_id is None else await store.lock_pools(tx.conn, candidacy_id, None)
    return await store.lock_request_of(tx.conn, stay_id), locked
