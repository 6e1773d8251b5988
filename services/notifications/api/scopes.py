"""What a subscription is told is changed, and who changed what is shown."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.subscriptions import Admin, Subscription, show
from services.notifications.domain import Notice
from services.notifications.store import scopes as store
from shared.boundary import Read, reading

router = APIRouter(tags=["subscriptions"])


class ScopeBody(BaseModel):
    """All types that are to be told: those that are not named are not told any more."""

    model_config = ConfigDict(extra="forbid")

    event_types: Annotated[frozenset[Notice], Field(min_length=1)]


class Change(BaseModel):
    """One line of a subscription's trail."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str
    """Subject of the officer."""
    change: str
    """`proposed`, `endpoint_changed`, `endpoint_approved`, `secret_changed`; `scope_asked`, `scope_narrowed`,
    `scope_approved`, `scope_withdrawn`; `oauth2_set` or `oauth2_removed`, the same of `certificate`, and
    `credentials_removed` with an address on another server."""
    what: tuple[str, ...]
    """It was changed to."""


class Trail(BaseModel):
    """Who changed what of a subscription, the oldest first."""

    items: tuple[Change, ...]


@router.post("/subscriptions/{subscription_id}/scope", response_model=Subscription)
async def change_scope(subscription_id: UUID, body: ScopeBody, write: Admin) -> Response:
    """Asks for other types: fewer are served at once, more wait for a second officer in `wider_event_types`."""
    by = write.principal.subject
    return await write(lambda tx: handlers.change_scope(tx, subscription_id, body.event_types, by), show, status=200)


@router.post("/subscriptions/{subscription_id}/scope/approve", response_model=Subscription)
async def approve_scope(subscription_id: UUID, body: ScopeBody, write: Admin) -> Response:
    """Approves, as the second officer, the wider types that the body names: those that were looked at."""
    by = write.principal.subject
    return await write(lambda tx: handlers.approve_scope(tx, subscription_id, body.event_types, by), show, status=200)


@router.post("/subscriptions/{subscription_id}/scope/withdraw", response_model=Subscription)
async def withdraw_scope(subscription_id: UUID, write: Admin) -> Response:
    """Takes back the wider types that the same officer asked for."""
    by = write.principal.subject
    return await write(lambda tx: handlers.withdraw_scope(tx, subscription_id, by), show, status=200)


@router.get("/subscriptions/{subscription_id}/changes")
async def list_changes(
    subscription_id: UUID, read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))]
) -> Trail:
    """Who changed what of a subscription; empty for one that does not exist."""
    return Trail(items=tuple(map(Change.model_validate, await store.changes(read.conn, subscription_id))))
