"""What partners say that they did with what they were told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Acknowledged
from services.notifications.store.pages import Row, one
from services.notifications.tables import acknowledgements, deliveries, partner_references, subscriptions


async def told_under(conn: AsyncConnection, partner: UUID, reference: str) -> UUID | None:
    """The candidacy that a partner was told of under a reference; None for any reference that it was not told.

    One that is being sent at this moment counts: a partner may be faster than our note that it answered.
    """
    told = sa.exists().where(
        deliveries.c.candidacy_id == partner_references.c.candidacy_id,
        deliveries.c.subscription_id == subscriptions.c.id,
        subscriptions.c.partner_id == partner,
        sa.or_(deliveries.c.reached, deliveries.c.lease_token.is_not(None)),
    )
    query = sa.select(partner_references.c.candidacy_id).where(
        partner_references.c.reference == reference, partner_references.c.partner_id == partner, told
    )
    return (await conn.execute(query)).scalar_one_or_none()


async def note(
    conn: AsyncConnection, partner: UUID, candidacy: UUID, kind: Acknowledged, *, by: str, at: datetime
) -> tuple[UUID, bool]:
    """Notes what a partner says; its id, and whether it is new: said once, it stays as it was said first."""
    said = {"partner_id": partner, "candidacy_id": candidacy, "kind": kind.value}
    new = insert(acknowledgements).values(said | {"by": by, "at": at}).on_conflict_do_nothing()
    made = (await conn.execute(new.returning(acknowledgements.c.id))).scalar_one_or_none()
    if made is not None:
        return made, True
    known: UUID = (await conn.execute(sa.select(acknowledgements.c.id).filter_by(**said))).scalar_one()
    return known, False


async def acknowledgement(conn: AsyncConnection, acknowledgement_id: UUID) -> Row:
    """One that is known to exist, with its partner's reference."""
    reference = sa.and_(
        partner_references.c.partner_id == acknowledgements.c.partner_id,
        partner_references.c.candidacy_id == acknowledgements.c.candidacy_id,
    )
    query = (
        sa.select(acknowledgements, partner_references.c.reference)
        .join(partner_references, reference)
        .where(acknowledgements.c.id == acknowledgement_id)
    )
    return await one(conn, query)


async def acknowledgements_of(conn: AsyncConnection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """What the partner of each delivery says of that person, in order."""
    found: dict[UUID, list[Row]] = {one: [] for one in delivery_ids}
    query = (
        sa.select(deliveries.c.id.label("delivery_id"), acknowledgements)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .join(
            acknowledgements,
            sa.and_(
                acknowledgements.c.partner_id == subscriptions.c.partner_id,
                acknowledgements.c.candidacy_id == deliveries.c.candidacy_id,
            ),
        )
        .where(deliveries.c.id.in_(delivery_ids))
        .order_by(acknowledgements.c.id)
    )
    for row in await conn.execute(query):
        found[row.delivery_id].append(row)
    return found
