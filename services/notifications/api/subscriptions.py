"""Subscriptions: where a partner listens, and to what."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.domain import NEWEST, Notice, SubscriptionState, brought
from services.notifications.handlers import Seal
from services.notifications.store import subscriptions as store
from services.notifications.store.subscriptions import NewSubscription
from shared.boundary import Command, Read, Write, reading, writing
from shared.messaging import Tx

_SECRET_BYTES = 32

Admin = Annotated[Write, Depends(writing("partner_admin"))]


Brought = Annotated[SecretStr | None, Field(max_length=200)]
"""The partner's own signing secret: `whsec_` and base64 of 24 to 64 bytes; without it one is made."""


class SubscriptionBody(BaseModel):
    """A subscription as it is asked for."""

    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    """A public https address on port 443 or 8443, without credentials; or `mailto:` with the one plain address of a
    mailbox that a team reads, never a person's own."""
    event_types: Annotated[frozenset[Notice], Field(min_length=1)]
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many deliveries a minute at most; what the endpoint itself says in its proof goes before."""
    notice_version: Annotated[int, Field(ge=1)] = NEWEST
    """Of the catalogue, for as long as the subscription lasts."""
    secret: Brought = None


class EndpointBody(BaseModel):
    """Another address."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2000)]


class HoldBody(BaseModel):
    """Until when deliveries are held, and why."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime
    """Thirty days at most; it ends by itself."""
    reason: Literal["maintenance", "incident", "asked_by_partner", "other"]


class SecretBody(BaseModel):
    """How the old secret ends."""

    model_config = ConfigDict(extra="forbid")

    forced: bool = False
    """At once, because it may be known to others; else it signs beside the new one for 24 hours."""
    secret: Brought = None


class Subscription(BaseModel):
    """A subscription as it stands, without its secret."""

    id: UUID
    partner_id: UUID
    url: str
    channel: Literal["webhook", "email"]
    event_types: tuple[Notice, ...]
    wider_event_types: tuple[Notice, ...] | None
    """Asked for, and told once another officer approves; until then `event_types` is."""
    scope_asked_at: datetime | None
    """When the types were last changed, UTC."""
    scope_approved_at: datetime | None
    """When a second officer approved that, UTC; null where nothing was added."""
    state: SubscriptionState
    paused_until: datetime | None
    """What is due is held until then, UTC: by an officer, or because the endpoint asked for it (`Retry-After`)."""
    paused_because: str | None
    """The officer's reason; null where the endpoint asked for it."""
    proven_at: datetime | None
    """When the endpoint said at this address that it wants to be told, UTC."""
    proof_due_at: datetime | None
    """When it is asked again, UTC: a month after it said so, or a day after it did not."""
    proof_failed_since: datetime | None
    """Since when it does not say so any more, UTC; a week later what is due is held until it does."""
    proof_outcome: str | None
    """What came of asking it last."""
    approved_at: datetime | None
    """When a second officer approved this address, UTC."""
    disabled_at: datetime | None
    """When its endpoint said that it is gone, UTC."""
    disabled_because: str | None
    """`endpoint_gone`: it answered 410."""
    rate_per_minute: int | None
    notice_version: int
    """Of the catalogue, in which it is told."""
    ordered: bool
    """Whether notices about one person keep their order."""
    retry_waits: tuple[int, ...] | None
    """Seconds to wait at most after each failed attempt; null for the common schedule."""
    give_up_after: int
    """Seconds after which a failing delivery is given up."""
    client_errors: str
    """What follows from a 4xx that says that the notice is at fault: `again` or `give_up`."""
    failures: int
    """How often the endpoint has failed since it last worked; from the fifth on one delivery at a time probes it."""
    pending: int
    """Deliveries that are to be sent, the held ones among them; replayed ones are not counted."""
    oldest_pending_at: datetime | None
    """When the oldest of them was planned, UTC."""
    token_url: str | None
    """Where a token for the endpoint is asked for; null when it wants none."""
    client_id: str | None
    certificate_fingerprint: str | None
    """SHA-256 of the client certificate that the endpoint is shown; null when it wants none."""
    certificate_expires_at: datetime | None
    """When that, or one that it leads to, expires, UTC; nothing is sent from then on."""
    credentials_set_at: datetime | None
    """When these were last changed, UTC."""
    created_at: datetime


class NewlySubscribed(Subscription):
    """A subscription with the secret that its deliveries are signed with."""

    secret: str | None
    """`whsec_…` for a Standard Webhooks library, once: null of a repeated request, a brought secret, a mailbox."""


def shown(row: sa.Row[Any]) -> Subscription:
    """A row as the API shows it."""
    return Subscription.model_validate(row, from_attributes=True)


async def show(conn: AsyncConnection, subscription: UUID) -> Subscription:
    """A subscription that is known to exist, as it is now."""
    return shown(await store.subscription(conn, subscription))


router = APIRouter(tags=["subscriptions"])


@router.get("/subscriptions")
async def list_subscriptions(
    read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))],
    partner_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Subscription]:
    """Subscriptions, the newest first."""
    rows = await store.subscriptions_page(read.conn, before=before(cursor), limit=limit, partner_id=partner_id)
    return Page(items=tuple(map(shown, rows)), next_cursor=next_cursor(rows, limit))


@router.post("/subscriptions/{subscription_id}/approve", response_model=Subscription)
async def approve(subscription_id: UUID, write: Admin) -> Response:
    """Approves an address as the second officer."""
    by = write.principal.subject
    return await write(lambda tx: handlers.approve(tx, subscription_id, by), show, status=200)


@router.post("/subscriptions/{subscription_id}/pause", response_model=Subscription)
async def pause(subscription_id: UUID, body: HoldBody, write: Admin) -> Response:
    """Holds deliveries until an instant; nothing is dropped."""
    by = write.principal.subject
    return await write(lambda tx: handlers.pause(tx, subscription_id, body.until, body.reason, by), show, status=200)


@router.post("/subscriptions/{subscription_id}/resume", response_model=Subscription)
async def resume(subscription_id: UUID, write: Admin) -> Response:
    """Lets what was held go on now."""
    return await write(lambda tx: handlers.resume(tx, subscription_id), show, status=200)


def build(seal: Seal, *, allow_loopback: bool, mail: bool) -> APIRouter:
    """The routes that make a secret or take an address.

    Args:
        seal: encrypts secrets before they are stored.
        allow_loopback: whether endpoints on this machine are accepted.
        mail: whether this site sends e-mail.
    """
    keyed = APIRouter(tags=["subscriptions"])

    @keyed.post("/subscriptions", status_code=201, response_model=NewlySubscribed)
    async def subscribe(body: SubscriptionBody, write: Admin) -> Response:
        """Proposes an endpoint of a partner, and gives the signing secret. Nothing goes there yet."""
        secret = new_secret(body.secret)
        types = sorted(one.value for one in body.event_types)
        new = NewSubscription(body.partner_id, body.url, types, body.rate_per_minute, body.notice_version)
        by = write.principal.subject

        async def command(tx: Tx) -> UUID:
            return await handlers.subscribe(
                tx, new, secret=secret, seal=seal, allow_loopback=allow_loopback, mail=mail, by=by
            )

        return await telling(write, command, None if body.secret else secret, 201)

    @keyed.post("/subscriptions/{subscription_id}/secret", response_model=NewlySubscribed)
    async def rotate(subscription_id: UUID, body: SecretBody, write: Admin) -> Response:
        """Gives a new signing secret; both sign until the old one ends."""
        secret, by = new_secret(body.secret), write.principal.subject

        async def command(tx: Tx) -> UUID:
            return await handlers.rotate_secret(
                tx, subscription_id, secret=secret, seal=seal, forced=body.forced, by=by
            )

        return await telling(write, command, None if body.secret else secret, 200)

    @keyed.post("/subscriptions/{subscription_id}/endpoint", response_model=Subscription)
    async def change_endpoint(subscription_id: UUID, body: EndpointBody, write: Admin) -> Response:
        """Another address, to be proved and approved like the first; what is due waits for that."""
        by = write.principal.subject

        async def command(tx: Tx) -> UUID:
            return await handlers.change_endpoint(
                tx, subscription_id, body.url, allow_loopback=allow_loopback, mail=mail, by=by
            )

        return await write(command, show, status=200)

    return keyed


def new_secret(given: SecretStr | None = None) -> bytes:
    """What deliveries of one subscription are signed with: what the partner brings, or random bytes.

    Raises:
        Refused: what is given is no secret of the standard's.
    """
    return secrets.token_bytes(_SECRET_BYTES) if given is None else brought(given.get_secret_value())


async def telling(write: Write, command: Command, secret: bytes | None, status: int) -> Response:
    """Answers with the secret that was made, which only this request knows in clear; None: it was brought."""
    made: set[UUID] = set()

    async def remembered(tx: Tx) -> UUID:
        subscription = await command(tx)
        made.add(subscription)
        return subscription

    async def render(conn: AsyncConnection, subscription: UUID) -> NewlySubscribed:
        shown = await show(conn, subscription)
        signs = subscription in made and shown.channel == "webhook"
        told = "whsec_" + b64encode(secret).decode() if secret and signs else None
        return NewlySubscribed(**shown.model_dump(), secret=told)

    return await write(remembered, render, status)
