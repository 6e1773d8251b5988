"""Deliveries: what was sent to whom, how each attempt ended, and another try by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.domain import Notice, State
from services.notifications.store import book
from shared.boundary import Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(tags=["deliveries"])


class Attempt(BaseModel):
    """One attempt."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    started_at: datetime
    duration_ms: int | None
    """Null when the worker that began it never came back."""
    outcome: str
    """`accepted`, `answered` (with another status than 2xx), `lost`, or the code of an error such as `timeout`."""
    http_status: int | None


class Delivery(BaseModel):
    """A delivery as it stands. Ids only: nothing that says who it is about."""

    id: UUID
    """The `webhook-id` that the partner sees on every attempt."""
    subscription_id: UUID
    partner_id: UUID
    candidacy_id: UUID
    decision_number: str | None
    notice: Notice
    state: State
    next_attempt_at: datetime | None
    """UTC; null unless it is pending."""
    superseded_by: UUID | None
    """The retraction that takes it back."""
    created_at: datetime
    attempts: tuple[Attempt, ...]


def shown(row: sa.Row[Any], attempts: Sequence[sa.Row[Any]]) -> Delivery:
    """A row and its attempts as the API shows them."""
    return Delivery.model_validate({**row._mapping, "attempts": [Attempt.model_validate(one) for one in attempts]})


@router.get("/deliveries")
async def list_deliveries(
    read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))],
    state: State | None = None,
    subscription_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Delivery]:
    """Deliveries with their attempts, the newest first."""
    rows = await book.deliveries_page(
        read.conn, before=before(cursor), limit=limit, state=state, subscription_id=subscription_id
    )
    tried = await book.attempts_of(read.conn, [row.id for row in rows])
    return Page(items=tuple(shown(row, tried[row.id]) for row in rows), next_cursor=next_cursor(rows, limit))


@router.post("/deliveries/{delivery_id}/retry", response_model=Delivery)
async def retry_delivery(delivery_id: UUID, write: Annotated[Write, Depends(writing("partner_admin"))]) -> Response:
    """Has a delivery that was given up tried again at once."""

    async def command(tx: Tx) -> UUID:
        return await handlers.retry_delivery(tx, delivery_id)

    async def render(conn: AsyncConnection, delivery: UUID) -> Delivery:
        tried = await book.attempts_of(conn, [delivery])
        return shown(await book.delivery(conn, delivery), tried[delivery])

    return await write(command, render, status=200)
