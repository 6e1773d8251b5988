"""A named officer's hand on the line: who goes ahead, and cells that are lent."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.uses import Author
from services.placement.tables import assignments, requests


async def is_ahead(conn: AsyncConnection, request_id: UUID) -> bool:
    """Whether somebody goes ahead of the order of decisions."""
    found = sa.select(requests.c.ahead_at.is_not(None)).where(requests.c.id == request_id)
    return bool((await conn.execute(found)).scalar_one())


async def set_ahead(conn: AsyncConnection, request_id: UUID, by: Author | None, reason: str | None) -> None:
    """Has somebody go ahead of the order of decisions, or in it again (None)."""
    values = {
        "ahead_at": by and by.at,
        "ahead_by": by and by.officer,
        "ahead_by_function": by and by.function,
        "ahead_because": reason,
    }
    await conn.execute(sa.update(requests).where(requests.c.id == request_id).values(values))


async def lend(conn: AsyncConnection, stay_id: UUID, by: Author, reason: str) -> None:
    """Notes that the cell of a stay is lent: it is of a type that the person does not need."""
    values = {"lent_because": reason, "lent_by": by.officer, "lent_by_function": by.function, "lent_at": by.at}
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(values))


async def recall(conn: AsyncConnection, stay_id: UUID, by: Author) -> bool:
    """Notes that a cell that is lent is needed; whether one was, and was not recalled before."""
    recalled = (
        sa.update(assignments)
        .where(
            assignments.c.id == stay_id,
            assignments.c.lent_at.is_not(None),
            assignments.c.recalled_at.is_(None),
            assignments.c.state != "released",
        )
        .values(recalled_by=by.officer, recalled_at=by.at)
        .returning(assignments.c.id)
    )
    return (await conn.execute(recalled)).first() is not None


async def waiting_rows(conn: AsyncConnection, site: str) -> list[sa.Row[Any]]:
    """The lists of a site, by pool and in their order: `pool, stay_id, file_number, decided_on, ahead, rank, …`.

    `next_free_on` is the first day from which a cell of the pool is free until the person's projected exit.
    """
    return list(await conn.execute(_WAITING, {"site": site}))


_WAITING = sa.text(
    """
    SELECT requests.pool, stay_id, candidacy_id, file_number, decided_on, requests.sex, requests.cell_type,
        planned_entry, projected_exit, ahead_at IS NOT NULL AS ahead, CASE WHEN requests.pool IS NOT NULL THEN
            row_number() OVER (PARTITION BY requests.pool
                ORDER BY coalesce(ahead_at, 'infinity'), decided_on, file_number, requests.id) END AS rank,
        (SELECT min(greatest(coalesce(lower(period), planned_entry), planned_entry)) FROM vacancies
            JOIN sites ON sites.code = requests.site
            WHERE vacancies.pool = requests.pool AND coalesce(lower(period), '-infinity') < projected_exit
                AND (upper_inf(period) OR upper(period) >= projected_exit + cleaning_days)) AS next_free_on,
        CASE WHEN requests.pool IS NULL THEN 'no_compatible_pool' WHEN EXISTS (
            SELECT FROM separations WHERE lifted_at IS NULL AND candidacy_id IN (one, other)) AND EXISTS (
            SELECT FROM vacancies WHERE vacancies.pool = requests.pool AND lower(period) IS NULL
        ) THEN 'kept_apart' ELSE 'no_free_bed' END AS blocked_by
    FROM requests WHERE requests.site = :site AND state = 'waitlisted'
    ORDER BY requests.pool NULLS LAST, rank, decided_on, file_number, requests.id
    """
)
