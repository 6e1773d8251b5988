"""The statements about what subscriptions are told, and the trail of who changed what of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Scope
from services.notifications.tables import partners, subscription_changes, subscriptions


async def convention_ends(conn: AsyncConnection, partner: UUID) -> date | None:
    """First day after a partner's convention, Europe/Paris; None when there is no such partner."""
    found: date | None = await conn.scalar(sa.select(partners.c.convention_to).where(partners.c.id == partner))
    return found


async def scope(conn: AsyncConnection, subscription: UUID) -> tuple[Scope, date]:
    """What a subscription that is locked is told, and the first day after its partner's convention."""
    query = (
        sa.select(
            subscriptions.c.event_types,
            subscriptions.c.wider_event_types,
            subscriptions.c.scope_asked_by,
            partners.c.convention_to,
        )
        .join(partners, partners.c.id == subscriptions.c.partner_id)
        .where(subscriptions.c.id == subscription)
    )
    row = (await conn.execute(query)).one()
    asked = None if row.wider_event_types is None else frozenset(row.wider_event_types)
    return Scope(frozenset(row.event_types), asked, row.scope_asked_by), row.convention_to


async def note_change(
    conn: AsyncConnection, subscription: UUID, change: str, by: str, at: datetime, *what: str
) -> None:
    """Leaves a line in the trail of a subscription.

    Args:
        conn: of the transaction that makes the change.
        subscription: that is changed.
        change: stable code.
        by: subject of who changes it.
        at: UTC.
        what: it is now; never a secret.
    """
    line = {"subscription_id": subscription, "at": at, "by": by, "change": change, "what": list(what)}
    await conn.execute(subscription_changes.insert(), line)


async def changes(conn: AsyncConnection, subscription: UUID) -> Sequence[sa.Row[Any]]:
    """The trail of a subscription, the oldest first."""
    query = sa.select(subscription_changes).where(subscription_changes.c.subscription_id == subscription)
    return (await conn.execute(query.order_by(subscription_changes.c.id))).all()
