"""What a partner sees of its own: nothing of another's, no id of ours of a person, nothing that it was not to know."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import State
from services.notifications.store.deliveries import EXPIRED, SEEN_BY_PARTNER
from services.notifications.store.pages import Row, one, page
from services.notifications.tables import deliveries, subscriptions


async def own_deliveries_page(
    conn: AsyncConnection,
    partner: UUID,
    *,
    before: UUID | None,
    limit: int,
    state: State | None,
    subscription_id: UUID | None,
) -> Sequence[Row]:
    """A partner's deliveries, the newest first, in one state or to one of its endpoints or all."""
    query = _DELIVERIES.where(subscriptions.c.partner_id == partner, SEEN_BY_PARTNER)
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    if subscription_id is not None:
        query = query.where(deliveries.c.subscription_id == subscription_id)
    return await page(conn, query, deliveries.c.id, before, limit)


async def own_delivery(conn: AsyncConnection, delivery: UUID) -> Row:
    """One delivery that is known to be its partner's."""
    return await one(conn, _DELIVERIES.where(deliveries.c.id == delivery))


_DELIVERIES = sa.select(
    deliveries.c.id,
    deliveries.c.subscription_id,
    deliveries.c.notice.label("type"),
    deliveries.c.sequence,
    deliveries.c.state,
    deliveries.c.next_attempt_at,
    EXPIRED.label("expired"),
    deliveries.c.created_at.label("planned_at"),
).join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
