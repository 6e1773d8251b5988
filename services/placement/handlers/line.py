"""The lines for beds: who is proposed what when something is free, and who waits.

Locks are always taken in the same order: pools by code, all of a sex at once, then requests: the one that is worked
on, then those that are promoted, which are in line for one of these pools. Only a confirmation and a passed date
change a request without its pools. Nobody who has a request locked ever waits for a pool: no circle can close.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Days, Request, State, Use, Uses
from services.placement.handlers.proposals import PROPOSAL, Proposal
from services.placement.handlers.telling import assigned, tell, waitlisted
from services.placement.store import explanations
from shared.contracts.selection import ACCOMMODATION_REQUEST
from shared.messaging import Tx, cancel, held, schedule


def author(tx: Tx, officer: str | None = None) -> store.Author:
    """Who acts in this transaction: the officer, or nobody but the platform."""
    return store.Author(officer, tx.actor.function, tx.now)


async def locked(tx: Tx, stay_id: UUID) -> tuple[Request | None, tuple[str, ...]]:
    """The request of a stay, locked after its pools, and the codes of the pools that are locked.

    Between the two locks an order may have moved it to another pool; then it has another stay, and this one is refused.
    """
    candidacy_id = await store.candidacy_of(tx.conn, stay_id)
    pools = () if candidacy_id is None else await store.lock_pools(tx.conn, candidacy_id, None)
    return await store.lock_request_of(tx.conn, stay_id), pools


async def serve(tx: Tx, request: Request, pools: Iterable[str], *, freed: bool) -> None:
    """Proposes a bed to a request that is `requested`, in its turn, or puts it on the list.

    Args:
        tx: the caller's transaction.
        request: locked and stored.
        pools: locked, as `locked` or `lock_pools` gives them.
        freed: whether something has become free in this transaction, so that others may be served first or too.
    """
    if not freed:
        # Whoever waits could not be served by what was free before, so that only the newcomer is looked at.
        choice = await store.place_for(tx.conn, request, domain.date_in_paris(tx.now)) if request.pool else None
        if choice and not choice.more:
            await _propose(tx, choice, from_waiting_list=False)
            return
        if choice is None:
            await wait(tx, request)
            return
    if not await fill(tx, pools, request):
        await wait(tx, request)


async def fill(tx: Tx, pools: Iterable[str], own: Request | None = None) -> bool:
    """Proposes free cells to the first in line, as long as there are both; whether `own` got one.

    Nobody is proposed whose next event is not known yet, but for `own`, whose event this is.
    """
    served = False
    today = domain.date_in_paris(tx.now)
    for pool in pools:
        skipped: list[UUID] = []
        more = True
        while more and (choice := await store.first_in_line(tx.conn, pool, skipped, today)):
            more, candidacy_id = choice.more, choice.request.candidacy_id
            is_own = own is not None and own.id == choice.request.id
            if not is_own and await held(tx, ACCOMMODATION_REQUEST, [candidacy_id]):
                skipped.append(candidacy_id)
                continue
            await _propose(tx, choice, from_waiting_list=not is_own)
            served = served or is_own
    return served


async def give_up(tx: Tx, request: Request, stay_id: UUID, reason: str, officer: str | None = None) -> None:
    """Releases the bed of somebody who has not come, with all its nights; the caller then fills the line."""
    await store.free_bed(tx.conn, stay_id, author(tx, officer), reason)
    await cancel(tx, PROPOSAL, request.id)


async def propose_in(tx: Tx, request: Request, cell: str, nights: Days, by: store.Author, reason: str) -> UUID:
    """Proposes a cell that an officer named, and why, and that is known to be free for these nights; gives the stay."""
    assert request.stay_id
    excluded = explanations.told(await explanations.excluded(tx.conn, request.id, nights), {cell})
    chosen = {"rule": "officer", "cell": cell, "arrival_cell": None, "no_arrival_cell": "officer", "reason": reason}
    await _hold(tx, request, (Use(uuid7(), cell, nights),), by, chosen | excluded, from_waiting_list=True)
    return request.stay_id


async def _propose(tx: Tx, choice: store.Choice, *, from_waiting_list: bool) -> None:
    request = choice.request
    assert request.need
    place, need = choice.place, request.need
    uses = domain.planned(place, need.projected_exit, choice.terms, uuid7)
    nights, unit_from = Days(uses[0].nights.start, uses[-1].nights.end), uses[-1].nights.start
    rows = await explanations.excluded(tx.conn, request.id, nights, unit_from if place.arrival_cell else None)
    chosen = {
        "rule": choice.rule,
        "cell": place.cell,
        "arrival_cell": place.arrival_cell,
        "no_arrival_cell": domain.no_arrival_cell(place, need.cell_type, need.projected_exit, choice.terms),
    }
    excluded = explanations.told(rows, {place.cell, place.arrival_cell})
    await _hold(tx, request, uses, author(tx), chosen | excluded, from_waiting_list=from_waiting_list)


async def _hold(
    tx: Tx, request: Request, uses: Uses, by: store.Author, chosen: dict[str, Any], *, from_waiting_list: bool
) -> None:
    assert request.stay_id
    proposed = request.moved(State.PROPOSED)
    bed = store.Bed(request.stay_id, domain.confirm_by(tx.now), from_waiting_list)
    await store.hold(tx.conn, proposed, bed, uses, by)
    await explanations.keep(tx.conn, bed.stay_id, chosen)
    await schedule(tx, PROPOSAL, request.id, bed.confirm_by, Proposal(stay_id=bed.stay_id))
    await tell(tx, proposed, assigned(proposed, bed, uses))


async def wait(tx: Tx, request: Request) -> None:
    """Puts a request that is `requested` on the list, and says so."""
    waiting = request.moved(State.WAITLISTED)
    await store.save(tx.conn, waiting)
    await tell(tx, waiting, waitlisted(waiting))
