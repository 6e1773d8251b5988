"""What of whom went to whom, and who asked for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.tables import disclosures, partners, reads


async def read_disclosures(
    conn: AsyncConnection, candidacy: UUID, *, reader: str, function: str, purpose: str, at: datetime
) -> Sequence[sa.Row[Any]]:
    """All that partners were told of a person, in order; that it was read is noted first, in the same transaction.

    Args:
        conn: of the caller's transaction.
        candidacy: of the person.
        reader: subject of who asks.
        function: in which role.
        purpose: from the closed list.
        at: UTC.
    """
    read = {"read_at": at, "reader": reader, "reader_function": function, "purpose": purpose}
    await conn.execute(reads.insert(), read | {"candidacy_id": candidacy})
    query = (
        sa.select(disclosures, partners.c.name.label("partner"), partners.c.category)
        .join(partners, partners.c.id == disclosures.c.partner_id)
        .where(disclosures.c.candidacy_id == candidacy)
        .order_by(disclosures.c.id)
    )
    return (await conn.execute(query)).all()
