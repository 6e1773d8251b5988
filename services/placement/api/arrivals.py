"""Routes of arrival and departure. The reference of the transfer order goes in and is shown to nobody here."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.stays import Officer, Stay, show_stay
from services.placement.domain import Arrival, Departure, DepartureReason

router = APIRouter(prefix="/v1/stays")

OrderReference = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9](?:[A-Z0-9/._-]{0,62}[A-Z0-9])?$")]
"""Such as `OT-2027/0113`: a reference, no words."""


class ArrivalBody(BaseModel):
    """Who came is known by the stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transfer_order: OrderReference
    arrived_on: date
    """First night, Europe/Paris."""


class DepartureBody(BaseModel):
    """Why and when somebody left for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: DepartureReason
    departed_on: date
    """Europe/Paris."""


@router.post("/{stay_id}/arrive", response_model=Stay)
async def arrive(stay_id: UUID, body: ArrivalBody, write: Officer) -> Response:
    """Records that the person came, by a transfer order and on a confirmed bed. The same again changes nothing."""
    officer, arrival = write.principal.subject, Arrival(body.transfer_order, body.arrived_on)
    return await write(lambda tx: handlers.arrive(tx, stay_id, arrival, officer), show_stay, status=200)


@router.post("/{stay_id}/depart", response_model=Stay)
async def depart(stay_id: UUID, body: DepartureBody, write: Officer) -> Response:
    """Records that the person left, which frees the bed for the next in line. The same again changes nothing."""
    officer, departure = write.principal.subject, Departure(body.reason, body.departed_on)
    return await write(lambda tx: handlers.depart(tx, stay_id, departure, officer), show_stay, status=200)
