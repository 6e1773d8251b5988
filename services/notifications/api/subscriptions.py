"""Subscriptions: where a partner listens, and to what."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.domain import Notice, SubscriptionState
from services.notifications.handlers import Seal
from services.notifications.store import book
from services.notifications.store.book import NewSubscription
from shared.boundary import Read, Write, reading, writing
from shared.messaging import Tx

SECRET_BYTES = 32


class SubscriptionBody(BaseModel):
    """A subscription as it is asked for."""

    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    """A public https address on port 443 or 8443, without credentials."""
    event_types: Annotated[frozenset[Notice], Field(min_length=1)]


class Subscription(BaseModel):
    """A subscription as it stands, without its secret."""

    id: UUID
    partner_id: UUID
    url: str
    event_types: tuple[Notice, ...]
    state: SubscriptionState
    paused_until: datetime | None
    """The endpoint asked to be left alone until then (`Retry-After`), UTC."""
    created_at: datetime


class NewlySubscribed(Subscription):
    """A subscription with the secret that its deliveries are signed with."""

    secret: str | None
    """`whsec_…` for a Standard Webhooks library. Shown once: null when the same request is repeated."""


def shown(row: sa.Row[Any]) -> Subscription:
    """A row as the API shows it."""
    return Subscription.model_validate(row, from_attributes=True)


def build(seal: Seal, *, allow_loopback: bool) -> APIRouter:
    """The routes.

    Args:
        seal: encrypts secrets before they are stored.
        allow_loopback: whether endpoints on this machine are accepted.
    """
    router = APIRouter(tags=["subscriptions"])

    @router.post("/subscriptions", status_code=201, response_model=NewlySubscribed)
    async def subscribe(body: SubscriptionBody, write: Annotated[Write, Depends(writing("partner_admin"))]) -> Response:
        """Subscribes an endpoint of a partner to notices, and gives the signing secret."""
        secret = secrets.token_bytes(SECRET_BYTES)
        made: set[UUID] = set()

        async def command(tx: Tx) -> UUID:
            new = NewSubscription(body.partner_id, body.url, sorted(one.value for one in body.event_types))
            subscription = await handlers.subscribe(
                tx, new, secret=secret, seal=seal, allow_loopback=allow_loopback, by=write.principal.subject
            )
            made.add(subscription)
            return subscription

        async def render(conn: AsyncConnection, subscription: UUID) -> NewlySubscribed:
            row = await book.subscription(conn, subscription)
            # Only the request that made it knows the secret in clear.
            told = "whsec_" + b64encode(secret).decode() if subscription in made else None
            return NewlySubscribed(**shown(row).model_dump(), secret=told)

        return await write(command, render)

    @router.get("/subscriptions")
    async def list_subscriptions(
        read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))],
        partner_id: UUID | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[Subscription]:
        """Subscriptions, the newest first."""
        rows = await book.subscriptions_page(read.conn, before=before(cursor), limit=limit, partner_id=partner_id)
        return Page(items=tuple(map(shown, rows)), next_cursor=next_cursor(rows, limit))

    return router
