"""What is said of a request: one event for each fact, under the version that the request has then."""

from typing import Any

from services.placement import store
from services.placement.domain import Request, Use, Uses
from shared.contracts.placement import (
    Arrived,
    AssignmentConfirmed,
    AssignmentExpired,
    BedAssigned,
    BedWaitlisted,
    StayEvent,
)
from shared.messaging import Meta, Tx, publish


async def tell(tx: Tx, request: Request, event: StayEvent) -> None:
    """Publishes a fact of a request under the version that it has now."""
    await publish(tx, event, subject=request.id, version=request.version, site=request.site)


async def standing(tx: Tx, request: Request) -> StayEvent:
    """What was last said of a request that is on the list or holds a bed, to be said once more."""
    if not request.holds_bed or not request.stay_id:
        return waitlisted(request)
    bed = await store.bed_of(tx.conn, request.stay_id)
    if bed.arrived_on:
        return Arrived(**about(request), stay_id=bed.stay_id, arrived_on=bed.arrived_on)
    if bed.confirmed_by_function:
        said = about(request)
        return AssignmentConfirmed(**said, stay_id=bed.stay_id, confirmed_by_function=bed.confirmed_by_function)
    if request.overdue:
        return AssignmentExpired(**about(request), stay_id=bed.stay_id)
    return assigned(request, bed, await store.uses_of(tx.conn, bed.stay_id))


def assigned(request: Request, bed: store.Bed, uses: Uses) -> BedAssigned:
    """That a bed is held: where the first night is slept, and where the person moves on to."""
    first, last = uses[0], uses[-1]
    moves_on: Use | None = last if last.cell != first.cell else None
    return BedAssigned(
        **about(request),
        stay_id=bed.stay_id,
        cell=first.cell,
        confirm_by=bed.confirm_by,
        starts_on=first.nights.start,
        ends_on=last.nights.end,
        from_waiting_list=bed.from_waiting_list,
        unit_cell=moves_on and moves_on.cell,
        unit_from=moves_on and moves_on.nights.start,
    )


def waitlisted(request: Request) -> BedWaitlisted:
    """That the person is in line, and why."""
    return BedWaitlisted(**about(request), reason="no_free_bed" if request.pool else "no_compatible_pool")


def about(request: Request) -> dict[str, Any]:
    """What every fact of a request says."""
    return {
        "candidacy_id": request.candidacy_id,
        "request_id": request.event_id,
        "decision_number": request.decision_number,
    }


def asked(meta: Meta, decision_number: str) -> dict[str, Any]:
    """What an answer says of the event that it answers without effect."""
    return {"request_id": meta.id, "decision_number": decision_number}
