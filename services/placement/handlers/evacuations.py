"""The bad Monday: one act moves who is inside, closes the cells, and proposes anew to those who were expected there."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Closing, Days, Evacuation, Refuge, Refusal, Refused, Request, State
from services.placement.handlers.line import author, fill, give_up, wait
from services.placement.handlers.outages import OutageOrder, close_cell
from services.placement.handlers.presence import move_to
from services.placement.store import blocks, evacuations
from shared.messaging import Tx


class EvacuationOrder(NamedTuple):
    """What is to be emptied and closed: a unit or a cell, by its code, as an outage."""

    code: str
    outage: OutageOrder


async def plan_evacuation(conn: AsyncConnection, site: str, order: EvacuationOrder, today: date) -> Evacuation:
    """What the act would do now. Nothing is locked or written.

    Raises:
        Refused: `place-to-close-unknown`, or days that cannot be meant.
    """
    start, end = order.outage.starts_on, order.outage.expected_back_on
    domain.checked_days(start, end, today)
    cells = await evacuations.cells_of(conn, site, order.code)
    if not cells:
        raise Refused(Refusal.PLACE_TO_CLOSE_UNKNOWN)
    days = Days(start, end or date.max)
    closing = Closing(cells, *await evacuations.other_uses(conn, cells, days), days)
    taken = set(cells)
    refuges: dict[domain.Affected, Refuge | None] = {}
    for one in await evacuations.affected_by(conn, closing):
        found = None
        if one.arrived:
            found = await evacuations.refuge(conn, one.stay_id, domain.remaining(one, closing), taken)
            taken |= {found.cell} if found else set()
        refuges[one] = found
    return domain.planned_evacuation(closing, refuges)


async def evacuate(tx: Tx, site: str, order: EvacuationOrder, seen: str, officer: str) -> UUID:
    """Carries a plan out, as it was shown. Who has nowhere to go stays, in a cell that stays open, and is named.

    Args:
        seen: digest of the plan that the officer saw.

    Returns:
        the evacuation.

    Raises:
        Refused: `plan-stale`, and whatever the plan is refused for.
    """
    pools = await store.lock_pools_of_site(tx.conn, site)
    plan = await plan_evacuation(tx.conn, site, order, domain.date_in_paris(tx.now))
    if plan.digest != seen:
        raise Refused(Refusal.PLAN_STALE)
    stays = {*plan.displaced, *(removal.stay_id for removal in plan.removals)}
    requests = {stay_id: await _request(tx, stay_id) for stay_id in sorted(stays)}
    waiting = [await _displace(tx, requests[stay_id], stay_id, officer) for stay_id in plan.displaced]
    for removal in plan.removals:
        uses = await store.uses_of(tx.conn, removal.stay_id)
        request = await _request(tx, removal.stay_id)
        await move_to(tx, request, uses, removal.to, removal.nights, "evacuated", officer)
    by = author(tx, officer)
    for hold_id in plan.holds:
        await blocks.unblock(tx.conn, hold_id, order.outage.starts_on, by, "evacuated")
        await blocks.end_hold(tx.conn, hold_id, "ended", by)
    for cell in plan.closes:
        await close_cell(tx, site, cell, order.outage, officer)
    await fill(tx, pools)
    for request in waiting:
        assert request.stay_id
        left = await store.lock_request_of(tx.conn, request.stay_id)
        if left is not None and left.state is State.REQUESTED:
            await wait(tx, left)
    evacuation_id = uuid7()
    moved = {one.stay_id: one.stay_id for one in plan.removals}
    became = {old: request.stay_id for old, request in zip(plan.displaced, waiting, strict=True)} | moved
    values = {"id": evacuation_id, "site": site, "code": order.code, "reason": order.outage.reason}
    values |= {"starts_on": order.outage.starts_on, "expected_back_on": order.outage.expected_back_on}
    await evacuations.record(tx.conn, {**values, "plan": shown(plan, became), **by._asdict()})
    return evacuation_id


def shown(plan: Evacuation, became: dict[UUID, UUID | None] | None = None) -> dict[str, Any]:
    """A plan as plain JSON: what it does, and by which stays those who are displaced are in line again."""
    return {
        "digest": plan.digest,
        "removals": [
            {
                "stay_id": str(one.stay_id),
                "cell": one.cell,
                "to": one.to,
                "first_night": one.nights.start.isoformat(),
                "until": one.nights.end.isoformat(),
            }
            for one in plan.removals
        ],
        "displaced": [{"stay_id": str(one), "now": str(became[one]) if became else None} for one in plan.displaced],
        "stranded": [{"stay_id": str(one.stay_id), "cell": one.cell} for one in plan.stranded],
        "closes": list(plan.closes),
        "holds": [str(one) for one in plan.holds],
    }


async def _request(tx: Tx, stay_id: UUID) -> Request:
    request = await store.lock_request_of(tx.conn, stay_id)
    if request is None or request.stay_id != stay_id:
        # Its pools are locked, so that nobody but a confirmation could have changed it.
        raise Refused(Refusal.PLAN_STALE)
    return request


async def _displace(tx: Tx, request: Request, stay_id: UUID, officer: str) -> Request:
    await give_up(tx, request, stay_id, "evacuated", officer)
    again = request.in_line_again(uuid7())
    await store.save(tx.conn, again)
    return again
