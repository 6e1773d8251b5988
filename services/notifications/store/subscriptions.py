"""The statements about subscriptions, save for what a worker claims and settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Subscription, SubscriptionState
from services.notifications.store.pages import Row, one, page
from services.notifications.tables import credentials, deliveries, subscriptions


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """Where a partner wants to be told what, how fast at most (None: as fast as it answers), in which version."""

    partner_id: UUID
    url: str
    event_types: Sequence[str]
    rate_per_minute: int | None
    notice_version: int


@dataclass(frozen=True, slots=True)
class Manners:
    """How a subscription is served; named as its columns."""

    rate_per_minute: int | None
    ordered: bool
    retry_waits: Sequence[int] | None
    give_up_after: int
    client_errors: str


async def add_subscription(
    conn: AsyncConnection, subscription: UUID, new: NewSubscription, *, sealed: bytes, by: str, now: datetime
) -> None:
    """Stores a subscription as it is proposed. `sealed`: the encrypted secret."""
    values = {
        "id": subscription,
        "partner_id": new.partner_id,
        "url": new.url,
        "event_types": list(new.event_types),
        "rate_per_minute": new.rate_per_minute,
        "notice_version": new.notice_version,
        "secret": sealed,
        "state": SubscriptionState.PROPOSED.value,
        "proposed_by": by,
        "created_at": now,
        "served_since": now,
    }
    await conn.execute(subscriptions.insert(), values)


async def lock_subscription(conn: AsyncConnection, subscription: UUID, of: UUID | None = None) -> Subscription | None:
    """What decides whether it is served, locked until the transaction ends; None when there is none, or not `of` it."""
    query = sa.select(subscriptions).where(subscriptions.c.id == subscription).with_for_update()
    if of is not None:
        query = query.where(subscriptions.c.partner_id == of)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    state = SubscriptionState(row.state)
    return Subscription(state, row.proposed_by, row.proven_at is not None, row.approved_at is not None)


async def change(conn: AsyncConnection, subscription: UUID, **values: Any) -> None:
    """Writes columns of a subscription that is locked."""
    await conn.execute(sa.update(subscriptions).where(subscriptions.c.id == subscription).values(**values))


async def serve(conn: AsyncConnection, subscription: UUID, now: datetime) -> None:
    """Has a subscription that is locked served from now on, or from the end of a hold that stands. `now`: UTC."""
    since = sa.func.greatest(subscriptions.c.paused_until, now)
    await change(conn, subscription, state=SubscriptionState.ACTIVE.value, ever_active=True, served_since=since)


async def keep_old_secret(conn: AsyncConnection, subscription: UUID, sealed: bytes, until: datetime | None) -> None:
    """Puts a new secret in the place of the present one, which goes on signing beside it `until` then (None: not)."""
    old = {"old_secret": subscriptions.c.secret, "old_secret_until": until}
    if until is None:
        old = {"old_secret": None, "old_secret_until": None}
    await change(conn, subscription, secret=sealed, **old)


class Endpoint(NamedTuple):
    """What it takes to ask an endpoint whether it wants to be told."""

    subscription: UUID
    url: str
    secret: bytes
    """Sealed, like the other one."""
    old_secret: bytes | None = None
    """Signs beside it for a while after a rotation."""
    oauth2: bytes | None = None
    """How a token is asked for; None when the endpoint wants none. Sealed."""
    certificate: bytes | None = None
    """To show in the TLS handshake; None when the endpoint wants none. Sealed."""


async def endpoint(conn: AsyncConnection, subscription: UUID, now: datetime) -> Endpoint | None:
    """Where a subscription listens; None when there is none. `now`: UTC."""
    old = sa.case((subscriptions.c.old_secret_until > now, subscriptions.c.old_secret))
    query = sa.select(
        *(subscriptions.c.id, subscriptions.c.url, subscriptions.c.secret, old),
        *(credentials.c.oauth2, credentials.c.certificate),
    ).outerjoin(credentials)
    row = (await conn.execute(query.where(subscriptions.c.id == subscription))).first()
    return None if row is None else Endpoint(*row)


async def linked(conn: AsyncConnection, digest: bytes) -> Row | None:
    """`id` and `link_until` of the subscription whose mailbox was sent a link last; None when none was sent it."""
    query: sa.Select[Any] = sa.select(subscriptions.c.id, subscriptions.c.link_until).where(
        subscriptions.c.link_digest == digest
    )
    row: Row | None = (await conn.execute(query)).first()
    return row


async def subscriptions_page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, partner_id: UUID | None
) -> Sequence[Row]:
    """Subscriptions, the newest first, of one partner or of all."""
    query = _SUBSCRIPTIONS
    if partner_id is not None:
        query = query.where(subscriptions.c.partner_id == partner_id)
    return await page(conn, query, subscriptions.c.id, before, limit)


async def subscription(conn: AsyncConnection, subscription_id: UUID) -> Row:
    """One subscription that is known to exist, without its secret."""
    return await one(conn, _SUBSCRIPTIONS.where(subscriptions.c.id == subscription_id))


_UNSHOWN = ("secret", "old_secret", "link_", "next_slot_at")
_pending = sa.and_(
    deliveries.c.subscription_id == subscriptions.c.id,
    deliveries.c.state == "pending",
    deliveries.c.replay_id.is_(None),
)
_SUBSCRIPTIONS = sa.select(
    *(column for column in subscriptions.c if not column.name.startswith(_UNSHOWN)),
    sa.select(sa.func.count()).where(_pending).scalar_subquery().label("pending"),
    sa.select(sa.func.min(deliveries.c.created_at)).where(_pending).scalar_subquery().label("oldest_pending_at"),
    *(credentials.c.token_url, credentials.c.client_id),
    *(credentials.c.certificate_fingerprint, credentials.c.certificate_expires_at),
    credentials.c.set_at.label("credentials_set_at"),
).outerjoin(credentials)
