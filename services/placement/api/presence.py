"""Routes of somebody who is on the way, is there, or did not come: dates, moves, and places that are given up."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.arrivals import OrderReference
from services.placement.api.cells import Body
from services.placement.api.stays import Officer, Stay, show_stay

router = APIRouter(prefix="/v1/stays")

CellCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z0-9]{2}(-U[0-9]{1,2})?-C[0-9]{2}$")]


class OrderBody(Body):
    """The order by which somebody is to be moved here (D211-19 of the Code pénitentiaire)."""

    reference: OrderReference


class WithdrawalBody(Body):
    """Why nobody is moved by the order any more."""

    reason: Literal["cancelled", "replaced", "mistaken"]


class PostponementBody(Body):
    """Another first night."""

    first_night: date
    reason: Literal["convoy_postponed", "convoy_brought_forward", "judicial_summons", "health", "other"]


class ReleaseBody(Body):
    """Why nobody will come."""

    reason: Literal["transfer_cancelled", "refused_to_come", "not_arrived", "other"]


class MoveBody(Body):
    """Another cell, tonight or from a later night on."""

    cell: CellCode
    first_night: date | None = None
    """Null: tonight."""
    reason: Literal["arrival_phase_ended", "maintenance", "request", "relations", "other"]


@router.post("/{stay_id}/transfer-order", response_model=Stay)
async def expect(stay_id: UUID, body: OrderBody, write: Officer) -> Response:
    """Notes the transfer order of somebody who is to come. The same again changes nothing."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.expect(tx, stay_id, body.reference, officer), show_stay, status=200)


@router.post("/{stay_id}/transfer-order/withdraw", response_model=Stay)
async def withdraw_order(stay_id: UUID, body: WithdrawalBody, write: Officer) -> Response:
    """Notes that the transfer order does not stand any more. The same again changes nothing."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.withdraw_order(tx, stay_id, body.reason, officer), show_stay, status=200)


@router.post("/{stay_id}/postpone", response_model=Stay)
async def postpone(stay_id: UUID, body: PostponementBody, write: Officer) -> Response:
    """Has a stay begin on another day, in the same cells: a postponed convoy keeps the place."""
    officer = write.principal.subject
    return await write(
        lambda tx: handlers.postpone(tx, stay_id, body.first_night, body.reason, officer), show_stay, status=200
    )


@router.post("/{stay_id}/release", response_model=Stay)
async def release_place(stay_id: UUID, body: ReleaseBody, write: Officer) -> Response:
    """Gives up the bed of somebody who has not come and will not. A transfer order that stands forbids it."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.release_place(tx, stay_id, body.reason, officer), show_stay, status=200)


@router.post("/{stay_id}/move", response_model=Stay)
async def move(stay_id: UUID, body: MoveBody, write: Officer) -> Response:
    """Has somebody who is there sleep in another cell of the site, for the rest of the stay."""
    officer = write.principal.subject
    return await write(
        lambda tx: handlers.move(tx, stay_id, body.cell, body.first_night, body.reason, officer), show_stay, status=200
    )


@router.post("/{stay_id}/end-arrival-phase", response_model=Stay)
async def end_arrival_phase(stay_id: UUID, write: Officer) -> Response:
    """Has somebody move tonight from the arrival cell to the planned cell of the unit."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.end_arrival_phase(tx, stay_id, officer), show_stay, status=200)
