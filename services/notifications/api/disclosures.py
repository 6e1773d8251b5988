"""What partners were told of one person: for the person who asks, for inspectors, for the data protection officer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.notifications.domain import Notice
from services.notifications.store.disclosures import read_disclosures
from shared.boundary import Record, purposed, recording
from shared.messaging import Tx

router = APIRouter(tags=["disclosures"])


class Purpose(StrEnum):
    """Why the log is read."""

    ACCESS_REQUEST = "access_request"
    """The person asks (article 104 of the Loi Informatique et Libertés)."""
    INSPECTION = "inspection"
    INCIDENT = "incident"


class Disclosure(BaseModel):
    """One attempt by which a partner learnt something, or may have."""

    delivery_id: UUID
    attempt: int
    partner_id: UUID
    partner: str
    category: str
    subscription_id: UUID
    notice: Notice
    reference: str
    """The only thing about the person that was sent: the partner's own opaque name."""
    decision_number: str | None
    """The signed act that ordered it."""
    convention_from: date
    convention_to: date
    certain: bool
    """Whether the partner said that it has it; else it may have read it."""
    at: datetime
    """UTC."""


class Disclosures(BaseModel):
    """All that partners were told of one person, in order."""

    items: tuple[Disclosure, ...]


@router.get("/disclosures", response_model=Disclosures)
async def list_disclosures(
    candidacy_id: Annotated[UUID, Query(description="Of the person.")],
    purpose: Annotated[Purpose, Depends(purposed(Purpose))],
    record: Annotated[Record, Depends(recording("inspector", "head"))],
) -> Response:
    """What partners were told of a person. Who read it, when and why is kept."""
    who = record.principal

    async def query(tx: Tx) -> Disclosures:
        rows = await read_disclosures(
            tx.conn, candidacy_id, reader=who.subject, function=who.function, purpose=purpose.value, at=tx.now
        )
        return Disclosures.model_validate({"items": [row._mapping for row in rows]})

    return await record(query)
