"""What waits for a person: one short list, instead of lists to be searched."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from services.notifications.domain import Matter
from services.notifications.store.attention import attention
from shared.boundary import Read, reading

router = APIRouter(tags=["attention"])


class Concern(BaseModel):
    """One matter of one endpoint, or of a partner as a whole."""

    model_config = ConfigDict(from_attributes=True)

    kind: Matter
    partner_id: UUID
    partner: str
    subscription_id: UUID | None
    """Null where it is about the partner."""
    since: datetime | None
    """UTC; null where that is not known."""
    until: datetime | None
    """When it ends by itself, or when the endpoint is asked again, UTC."""
    deliveries: int
    """How many it keeps back, or are lost."""
    because: str | None
    """Stable code, such as `endpoint_gone`; null where there is none."""


class Attention(BaseModel):
    """All of them, the most urgent first."""

    items: tuple[Concern, ...]


@router.get("/attention")
async def show_attention(read: Annotated[Read, Depends(reading("partner_admin", "operator"))]) -> Attention:
    """What waits for a person: endpoints that are gone, fail or wait for an officer, deliveries that got stuck."""
    found = await attention(read.conn, read.now)
    return Attention(items=tuple(Concern.model_validate(one) for one in found))
