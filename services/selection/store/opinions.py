"""Queries on opinions: each is kept for ever."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, line_data
from services.selection.tables import candidacies, opinions


async def insert_opinion(
    conn: AsyncConnection,
    opinion_id: UUID,
    candidacy_id: UUID,
    opinion: domain.Opinion,
    *,
    assessed_by: str,
    assessed_at: datetime,
) -> None:
    """Keeps an opinion, for ever: an assessment made again is another one."""
    await conn.execute(
        opinions.insert(),
        {
            "id": opinion_id,
            "candidacy_id": candidacy_id,
            "rule_version": opinion.rule_version,
            "reference_on": opinion.reference_on,
            "result": opinion.result.value,
            "eligible_on": opinion.eligible_on,
            "at_entry": opinion.at_entry.value,
            "lines": [line_data(line) for line in opinion.lines],
            "assessed_by": assessed_by,
            "assessed_at": assessed_at,
        },
    )


async def opinion_row(conn: AsyncConnection, opinion_id: UUID) -> AnyRow:
    """An opinion as stored, with the `version` of its file now."""
    found = await conn.execute(
        sa.select(opinions, candidacies.c.version)
        .join(candidacies, candidacies.c.id == opinions.c.candidacy_id)
        .where(opinions.c.id == opinion_id)
    )
    return found.one()
