"""The statements about deliveries as people look at them and have them sent again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Resend, State
from services.notifications.store.order import OVERTAKEN
from services.notifications.store.pages import Row, one, page
from services.notifications.tables import attempts, deliveries, resends, subscriptions

EXPIRED = sa.and_(deliveries.c.body == b"", deliveries.c.state != State.REFUSED.value)
"""Whether a delivery ended so long ago that its body and its attempts are not kept any more."""

SEEN_BY_PARTNER = sa.or_(
    deliveries.c.state.in_(["pending", "delivered", "failed", "refused"]), deliveries.c.sequence.is_not(None)
)
"""What a partner sees of its deliveries, as in the feed: nothing that became void before it was to be told."""


_n = deliveries.alias("n")
_overtaken = sa.exists().where(_n.c.id == deliveries.c.id, sa.literal_column(OVERTAKEN, sa.Boolean))


async def lock_delivery(conn: AsyncConnection, delivery: UUID, of: UUID | None = None) -> Row | None:
    """State, `withdrawn`, `expired` and `gone` of a delivery, locked until the transaction ends; None: not `of` it."""
    query = (
        sa.select(
            deliveries.c.state,
            # What is being taken back at this moment is seen once the lock is had, unlike what stands in other rows.
            sa.or_(deliveries.c.superseded_by.is_not(None), _overtaken).label("withdrawn"),
            EXPIRED.label("expired"),
            (subscriptions.c.state == "disabled").label("gone"),
        )
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .where(deliveries.c.id == delivery)
        .with_for_update(of=deliveries)
    )
    if of is not None:
        query = query.where(subscriptions.c.partner_id == of, SEEN_BY_PARTNER)
    return (await conn.execute(query)).first()


async def make_due(conn: AsyncConnection, delivery: UUID, now: datetime) -> None:
    """Schedules a delivery that has ended for now."""
    repeated = sa.or_(deliveries.c.repeated, deliveries.c.state == State.DELIVERED.value)
    due = {"state": State.PENDING.value, "next_attempt_at": now, "repeated": repeated}
    due |= {"set_aside_by": None, "set_aside_at": None}
    await conn.execute(sa.update(deliveries).where(deliveries.c.id == delivery).values(due))


async def set_aside(conn: AsyncConnection, delivery: UUID, by: str, at: datetime) -> None:
    """Notes who lets a delivery be that has failed; one that was set aside already stays as it was."""
    untouched = sa.and_(deliveries.c.id == delivery, deliveries.c.set_aside_at.is_(None))
    await conn.execute(sa.update(deliveries).where(untouched).values(set_aside_by=by, set_aside_at=at))


async def note_resend(
    conn: AsyncConnection, delivery: UUID, *, by: str, function: str, reason: Resend, at: datetime
) -> None:
    """Notes who has a delivery sent again, in which function, and why."""
    noted = {"delivery_id": delivery, "by": by, "function": function, "reason": reason.value, "at": at}
    await conn.execute(resends.insert(), noted)


async def deliveries_page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, state: State | None, subscription_id: UUID | None
) -> Sequence[Row]:
    """Deliveries, the newest first, in one state or of one subscription or all."""
    query = _DELIVERIES
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    if subscription_id is not None:
        query = query.where(deliveries.c.subscription_id == subscription_id)
    return await page(conn, query, deliveries.c.id, before, limit)


async def delivery(conn: AsyncConnection, delivery_id: UUID) -> Row:
    """One delivery that is known to exist."""
    return await one(conn, _DELIVERIES.where(deliveries.c.id == delivery_id))


async def attempts_of(conn: AsyncConnection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """The attempts of each delivery, in order."""
    found: dict[UUID, list[Row]] = {one: [] for one in delivery_ids}
    query = sa.select(attempts).where(attempts.c.delivery_id.in_(delivery_ids)).order_by(attempts.c.number)
    for row in await conn.execute(query):
        found[row.delivery_id].append(row)
    return found


async def resends_of(conn: AsyncConnection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """Who had each delivery sent again, in order."""
    found: dict[UUID, list[Row]] = {one: [] for one in delivery_ids}
    query = sa.select(resends).where(resends.c.delivery_id.in_(delivery_ids)).order_by(resends.c.id)
    for row in await conn.execute(query):
        found[row.delivery_id].append(row)
    return found


_DELIVERIES = sa.select(
    deliveries.c.id,
    deliveries.c.subscription_id,
    subscriptions.c.partner_id,
    deliveries.c.candidacy_id,
    deliveries.c.decision_number,
    deliveries.c.notice,
    deliveries.c.state,
    deliveries.c.next_attempt_at,
    deliveries.c.superseded_by,
    deliveries.c.set_aside_at,
    EXPIRED.label("expired"),
    deliveries.c.created_at,
).join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
