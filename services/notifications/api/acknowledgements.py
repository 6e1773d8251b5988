"""A partner says what it did with a notice: that it has it in hand, that the person has an appointment. No more."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.self_service import partner_of
from services.notifications.domain import Acknowledged
from services.notifications.store import acknowledgements as store
from shared import telemetry
from shared.boundary import Write, writing
from shared.messaging import Tx

router = APIRouter(tags=["partner"])

_counted = telemetry.meter().create_counter("inserre.notifications.acknowledgements", description="new ones by kind")


class AcknowledgementBody(BaseModel):
    """What was done with which notice."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(pattern="^r_[0-9a-f]{32}$")]
    kind: Acknowledged


class Acknowledgement(BaseModel):
    """What was noted."""

    model_config = ConfigDict(from_attributes=True)

    reference: str
    kind: Acknowledged
    at: datetime
    """When it was said first, UTC."""


@router.post("/partner/acknowledgements", response_model=Acknowledgement)
async def acknowledge(body: AcknowledgementBody, write: Annotated[Write, Depends(writing("partner"))]) -> Response:
    """Notes what the partner did with a notice; said again, it stays as it was said first."""
    partner, by = partner_of(write.principal), write.principal.subject
    new = False

    async def command(tx: Tx) -> UUID:
        nonlocal new
        noted, new = await handlers.acknowledge(tx, partner, body.reference, body.kind, by)
        return noted

    async def render(conn: AsyncConnection, noted: UUID) -> Acknowledgement:
        return Acknowledgement.model_validate(await store.acknowledgement(conn, noted))

    answer = await write(command, render, status=200)
    if new:
        _counted.add(1, {"kind": body.kind.value})
    return answer
