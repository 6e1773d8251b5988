"""The route of receipts: what a person was told of each request."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.selection import domain, store
from services.selection.api.fields import WORD_READERS, View, scope_of
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1/candidacies", tags=["receipts"])


class ReceiptView(View):
    """A receipt as it is handed over. Its sentences are French."""

    id: UUID
    number: str
    """Such as `DON-R-2026-000001`."""
    kind: domain.Requested
    requested: str
    silence_means: str
    silent_from: date | None
    """The day on which silence becomes a refusal, Europe/Paris; null where no answer is needed."""
    issued_at: datetime


class ReceiptList(View):
    """All receipts of a file, the oldest first."""

    candidacy_id: UUID
    version: int
    items: list[ReceiptView]


@router.get("/{candidacy_id}/receipts")
async def list_receipts(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading(*WORD_READERS, "inspector"))]
) -> ReceiptList:
    """The receipts of a person's requests."""
    file = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.receipt_rows(read.conn, candidacy_id)
    items = [ReceiptView.model_validate(row._asdict()) for row in rows]
    return ReceiptList(candidacy_id=file.id, version=file.version, items=items)
