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
from services.notifications.domain import Acknowledged, Notice, Resend, State
from services.notifications.handlers import Who
from services.notifications.store import deliveries as store
from services.notifications.store.acknowledgements import acknowledgements_of
from shared.boundary import Read, Write, reading, writing

router = APIRouter(tags=["deliveries"])

Admin = Annotated[Write, Depends(writing("partner_admin"))]


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
    dns_ms: int | None
    """Milliseconds for the name; null when it was known, or there was none to look up."""
    connect_ms: int | None
    """For TCP and TLS; null when a connection was used again."""
    first_byte_ms: int | None
    """From the attempt's begin to the answer's head."""
    head: str | None
    """The first words of an answer that was no success, without numbers, addresses and tokens."""


class Resent(BaseModel):
    """That a person had it sent again."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str
    """Opaque subject of the officer, or of the partner's account."""
    function: str
    reason: Resend


class Said(BaseModel):
    """What the partner says that it did."""

    model_config = ConfigDict(from_attributes=True)

    kind: Acknowledged
    at: datetime


class ResendBody(BaseModel):
    """Why something is sent again."""

    model_config = ConfigDict(extra="forbid")

    reason: Resend


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
    set_aside_at: datetime | None
    """When somebody looked at it once it had failed, and let it be, UTC."""
    expired: bool
    """Whether it ended so long ago that its body and its attempts are not kept any more."""
    created_at: datetime
    attempts: tuple[Attempt, ...]
    resends: tuple[Resent, ...]
    acknowledged: tuple[Said, ...]
    """By the partner, of that person."""


async def shown(conn: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> tuple[Delivery, ...]:
    """Rows as the API shows them, each with all that happened to it."""
    ids = [row.id for row in rows]
    tried, again = await store.attempts_of(conn, ids), await store.resends_of(conn, ids)
    said = await acknowledgements_of(conn, ids)
    return tuple(
        Delivery.model_validate(
            {
                **row._mapping,
                "attempts": [Attempt.model_validate(one) for one in tried[row.id]],
                "resends": [Resent.model_validate(one) for one in again[row.id]],
                "acknowledged": [Said.model_validate(one) for one in said[row.id]],
            }
        )
        for row in rows
    )


async def _show(conn: AsyncConnection, delivery: UUID) -> Delivery:
    return (await shown(conn, [await store.delivery(conn, delivery)]))[0]


@router.get("/deliveries")
async def list_deliveries(
    read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))],
    state: State | None = None,
    subscription_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Delivery]:
    """Deliveries with their attempts, the newest first."""
    rows = await store.deliveries_page(
        read.conn, before=before(cursor), limit=limit, state=state, subscription_id=subscription_id
    )
    return Page(items=await shown(read.conn, rows), next_cursor=next_cursor(rows, limit))


@router.post("/deliveries/{delivery_id}/retry", response_model=Delivery)
async def retry_delivery(delivery_id: UUID, write: Admin) -> Response:
    """Has a delivery that was given up tried again at once."""
    who = Who(write.principal.subject, write.principal.function)
    return await write(lambda tx: handlers.retry_delivery(tx, delivery_id, who), _show, status=200)


@router.post("/deliveries/{delivery_id}/resend", response_model=Delivery)
async def resend_delivery(delivery_id: UUID, body: ResendBody, write: Admin) -> Response:
    """Has a delivery that was accepted or given up sent again: the same body under the same id."""
    who = Who(write.principal.subject, write.principal.function)
    return await write(lambda tx: handlers.resend_delivery(tx, delivery_id, who, body.reason), _show, status=200)


@router.post("/deliveries/{delivery_id}/set-aside", response_model=Delivery)
async def set_aside(delivery_id: UUID, write: Admin) -> Response:
    """Takes a delivery that was given up off the list of what waits for a person."""
    by = write.principal.subject
    return await write(lambda tx: handlers.set_aside(tx, delivery_id, by), _show, status=200)
