"""Partners, their subscriptions, and the deliveries as people look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import State, Terms
from services.notifications.tables import attempts, deliveries, partners, subscriptions

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner as it is taken in; the convention runs from its first day to the day before `convention_to`."""

    name: str
    category: str
    convention_from: date
    convention_to: date
    terms: Terms


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """Where a partner wants to be told what."""

    partner_id: UUID
    url: str
    event_types: Sequence[str]


async def add_partner(conn: AsyncConnection, partner: UUID, new: NewPartner, by: str, now: datetime) -> None:
    """Stores a partner. `by`: the subject of who takes it in."""
    await conn.execute(
        partners.insert(),
        {
            "id": partner,
            "name": new.name,
            "category": new.category,
            "convention_from": new.convention_from,
            "convention_to": new.convention_to,
            "fields": list(new.terms.fields),
            "window_months": new.terms.window_months,
            "created_by": by,
            "created_at": now,
        },
    )


async def add_subscription(
    conn: AsyncConnection, subscription: UUID, new: NewSubscription, *, sealed: bytes, by: str, now: datetime
) -> bool:
    """Stores a subscription; False if there is no such partner. `sealed`: the encrypted secret."""
    row = await conn.execute(
        subscriptions.insert()
        .from_select(
            ["id", "partner_id", "url", "event_types", "secret", "state", "created_by", "created_at"],
            sa.select(
                sa.literal(subscription),
                partners.c.id,
                sa.literal(new.url),
                sa.literal(list(new.event_types), subscriptions.c.event_types.type),
                sa.literal(sealed),
                sa.literal("active"),
                sa.literal(by),
                sa.literal(now, subscriptions.c.created_at.type),
            ).where(partners.c.id == new.partner_id),
        )
        .returning(subscriptions.c.id)
    )
    return row.first() is not None


async def lock_delivery(conn: AsyncConnection, delivery: UUID) -> Row | None:
    """State, `withdrawn` and `active` of a delivery, locked until the transaction ends."""
    row = await conn.execute(
        sa.select(
            deliveries.c.state,
            deliveries.c.superseded_by.is_not(None).label("withdrawn"),
            (subscriptions.c.state == "active").label("active"),
        )
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .where(deliveries.c.id == delivery)
        .with_for_update(of=deliveries)
    )
    return row.first()


async def make_due(conn: AsyncConnection, delivery: UUID, now: datetime) -> None:
    """Schedules a delivery for now."""
    await conn.execute(
        sa.update(deliveries).where(deliveries.c.id == delivery).values(state=State.PENDING.value, next_attempt_at=now)
    )


async def partners_page(conn: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row]:
    """Partners, the newest first, from below `before`."""
    return await _page(conn, sa.select(partners), partners.c.id, before, limit)


async def partner(conn: AsyncConnection, partner_id: UUID) -> Row:
    """One partner that is known to exist."""
    return await _one(conn, sa.select(partners).where(partners.c.id == partner_id))


async def subscriptions_page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, partner_id: UUID | None
) -> Sequence[Row]:
    """Subscriptions, the newest first, of one partner or of all."""
    query = _SUBSCRIPTIONS
    if partner_id is not None:
        query = query.where(subscriptions.c.partner_id == partner_id)
    return await _page(conn, query, subscriptions.c.id, before, limit)


async def subscription(conn: AsyncConnection, subscription_id: UUID) -> Row:
    """One subscription that is known to exist, without its secret."""
    return await _one(conn, _SUBSCRIPTIONS.where(subscriptions.c.id == subscription_id))


async def deliveries_page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, state: State | None, subscription_id: UUID | None
) -> Sequence[Row]:
    """Deliveries, the newest first, in one state or of one subscription or all."""
    query = _DELIVERIES
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    if subscription_id is not None:
        query = query.where(deliveries.c.subscription_id == subscription_id)
    return await _page(conn, query, deliveries.c.id, before, limit)


async def delivery(conn: AsyncConnection, delivery_id: UUID) -> Row:
    """One delivery that is known to exist."""
    return await _one(conn, _DELIVERIES.where(deliveries.c.id == delivery_id))


async def attempts_of(conn: AsyncConnection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """The attempts of each delivery, in order."""
    found: dict[UUID, list[Row]] = {one: [] for one in delivery_ids}
    query = sa.select(attempts).where(attempts.c.delivery_id.in_(delivery_ids)).order_by(attempts.c.number)
    for row in await conn.execute(query):
        found[row.delivery_id].append(row)
    return found


_SUBSCRIPTIONS = sa.select(
    subscriptions.c.id,
    subscriptions.c.partner_id,
    subscriptions.c.url,
    subscriptions.c.event_types,
    subscriptions.c.state,
    subscriptions.c.paused_until,
    subscriptions.c.created_at,
)
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
    deliveries.c.created_at,
).join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)


async def _page(
    conn: AsyncConnection, query: sa.Select[Any], key: sa.Column[Any], before: UUID | None, limit: int
) -> Sequence[Row]:
    # Ids are UUIDv7: their order is that of time.
    if before is not None:
        query = query.where(key < before)
    return list(await conn.execute(query.order_by(key.desc()).limit(limit)))


async def _one(conn: AsyncConnection, query: sa.Select[Any]) -> Row:
    row: Row = (await conn.execute(query)).one()
    return row
