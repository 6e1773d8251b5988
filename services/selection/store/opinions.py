"""Queries on opinions: each is kept for ever."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, opinion_data, opinion_json, opinion_of
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
            **opinion_data(opinion),
            "reference_on": opinion.reference_on,
            "eligible_on": opinion.eligible_on,
            "assessed_by": assessed_by,
            "assessed_at": assessed_at,
        },
    )


async def insert_opinions(
    conn: AsyncConnection,
    made: Sequence[tuple[UUID, UUID, domain.Opinion]],
    *,
    assessed_by: str,
    assessed_at: datetime,
) -> None:
    """Keeps many opinions at once.

    Args:
        made: each with its id and that of its candidacy.
        assessed_by: subject of the officer; empty where the rules changed and nobody asked.
        assessed_at: UTC.
    """
    await conn.execute(
        _INSERT_MANY,
        {
            "ids": [opinion_id for opinion_id, _, _ in made],
            "files": [candidacy_id for _, candidacy_id, _ in made],
            "opinions": [opinion_json(opinion) for _, _, opinion in made],
            "assessed_by": assessed_by,
            "assessed_at": assessed_at,
        },
    )


# One statement and whole opinions as text: a row for each would take longer than the criteria.
_INSERT_MANY = sa.text(
    """
    INSERT INTO opinions
    SELECT made.* FROM unnest(CAST(:ids AS uuid[]), CAST(:files AS uuid[]), CAST(:opinions AS text[]))
        AS one (id, candidacy_id, opinion),
        jsonb_populate_record(NULL::opinions, one.opinion::jsonb || jsonb_build_object('id', one.id,
            'candidacy_id', one.candidacy_id, 'assessed_by', CAST(:assessed_by AS text),
            'assessed_at', CAST(:assessed_at AS timestamptz))) AS made
    """
)


async def opinion_row(conn: AsyncConnection, opinion_id: UUID) -> AnyRow:
    """An opinion as stored, with the `version` of its file now."""
    found = await conn.execute(
        sa.select(opinions, candidacies.c.version)
        .join(candidacies, candidacies.c.id == opinions.c.candidacy_id)
        .where(opinions.c.id == opinion_id)
    )
    return found.one()


async def opinion_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All opinions on a file, the newest first."""
    newest = (
        sa.select(opinions)
        .where(opinions.c.candidacy_id == candidacy_id)
        .order_by(opinions.c.assessed_at.desc(), opinions.c.id.desc())
    )
    return list(await conn.execute(newest))


async def opinion_of_file(conn: AsyncConnection, candidacy_id: UUID, opinion_id: UUID) -> domain.Opinion:
    """One opinion on a file.

    Raises:
        domain.Refused: `opinion-unknown`: the file has no such opinion.
    """
    found = await conn.execute(
        sa.select(opinions).where(opinions.c.candidacy_id == candidacy_id, opinions.c.id == opinion_id)
    )
    row = found.first()
    if row is None:
        raise domain.Refused(domain.Refusal.OPINION_UNKNOWN)
    return opinion_of(row)
