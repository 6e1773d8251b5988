"""The statements about partners and their conventions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Terms
from services.notifications.store.pages import Row, one, page
from services.notifications.tables import partners


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner as it is taken in; the convention runs from its first day to the day before `convention_to`."""

    name: str
    category: str
    convention_from: date
    convention_to: date
    terms: Terms
    contact: str | None


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
            "contact": new.contact,
            **({"contact_by": by, "contact_at": now} if new.contact is not None else {}),
        },
    )


async def partners_page(conn: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row]:
    """Partners, the newest first, from below `before`."""
    return await page(conn, sa.select(partners), partners.c.id, before, limit)


async def partner(conn: AsyncConnection, partner_id: UUID) -> Row:
    """One partner that is known to exist."""
    return await one(conn, sa.select(partners).where(partners.c.id == partner_id))
