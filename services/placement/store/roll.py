"""Who sleeps where now, and what officers counted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Inhabited, Line
from services.placement.store.uses import Author
from services.placement.tables import roll_count_lines, roll_counts


class Count(NamedTuple):
    """A roll count as it was noted."""

    id: UUID
    at: datetime
    """UTC."""
    counted_by: str
    """Subject of the officer's token."""
    counted_by_function: str
    corrects: UUID | None
    corrected_by: UUID | None
    lines: list[dict[str, Any]]
    """Each of `place, expected, counted, explained, unexplained, explanations`."""


async def roll(conn: AsyncConnection, site: str) -> Sequence[sa.Row[Any]]:
    """Who is present, by cell: `cell, unit, wing, stay_id, candidacy_id, file_number, arrived_on`."""
    return (await conn.execute(_ROLL, {"site": site})).all()


_ROLL = sa.text(
    """
    SELECT cells.code AS cell, cells.unit, units.wing, assignments.id AS stay_id, assignments.candidacy_id,
        requests.file_number, assignments.arrived_on
    FROM assignments JOIN cells ON cells.code = assignments.cell_now JOIN requests ON requests.id = request_id
        LEFT JOIN units ON units.code = cells.unit
    WHERE cells.site = :site ORDER BY cells.code
    """
)


async def inhabited(conn: AsyncConnection, site: str) -> tuple[Inhabited, ...]:
    """Every cell of a site, and whether somebody who is present sleeps there at this instant."""
    return tuple(Inhabited(*row) for row in await conn.execute(_INHABITED, {"site": site}))


_INHABITED = sa.text(
    """
    SELECT cells.code, cells.unit, units.wing, assignments.id IS NOT NULL
    FROM cells LEFT JOIN units ON units.code = cells.unit LEFT JOIN assignments ON assignments.cell_now = cells.code
    WHERE cells.site = :site
    """
)


async def lock_count(conn: AsyncConnection, site: str, count_id: UUID) -> bool | None:
    """Locks a count that is to be corrected: whether another one has corrected it; None where there is no such count.

    The lock is waited for first, then the answer is looked up: it knows of the one that was faster.
    """
    known = await conn.execute(_LOCK, {"id": count_id, "site": site})
    if known.first() is None:
        return None
    return bool((await conn.execute(_CORRECTED, {"id": count_id})).scalar_one())


_LOCK = (
    sa.select(roll_counts.c.id)
    .where(roll_counts.c.id == sa.bindparam("id"), roll_counts.c.site == sa.bindparam("site"))
    .with_for_update()
)
_CORRECTED = sa.select(sa.exists().where(roll_counts.c.corrects == sa.bindparam("id")))


async def record_count(
    conn: AsyncConnection, count_id: UUID, site: str, lines: Sequence[Line], corrects: UUID | None, by: Author
) -> None:
    """Notes a count with its lines."""
    await conn.execute(sa.insert(roll_counts).values(id=count_id, site=site, corrects=corrects, **by._asdict()))
    await conn.execute(
        sa.insert(roll_count_lines),
        [{"count_id": count_id, "explained": line.explained, **line._asdict()} for line in lines],
    )


async def counts(
    conn: AsyncConnection,
    site: str,
    *,
    limit: int,
    before: UUID | None = None,
    count_id: UUID | None = None,
    unexplained: bool = False,
) -> tuple[Count, ...]:
    """Counts of a site, the newest first.

    Args:
        conn: open for reading.
        site: its code.
        limit: the most to give.
        before: only counts made before this one.
        count_id: only this one.
        unexplained: only those with a difference that nothing explains, and that no other count has corrected.
    """
    page = _COUNTS.where(roll_counts.c.site == site).limit(limit)
    if before is not None:
        page = page.where(roll_counts.c.id < before)
    if count_id is not None:
        page = page.where(roll_counts.c.id == count_id)
    if unexplained:
        open_line = sa.and_(roll_count_lines.c.count_id == roll_counts.c.id, roll_count_lines.c.unexplained != 0)
        page = page.where(sa.exists().where(open_line), _correction.c.id.is_(None))
    return tuple(Count(**row._mapping) for row in await conn.execute(page))


_correction = roll_counts.alias("correction")
_lines = (
    sa.select(
        sa.func.json_agg(
            sa.text(
                "json_build_object('place', place, 'expected', expected, 'counted', counted, 'explained', explained,"
                " 'unexplained', unexplained, 'explanations', explanations) ORDER BY place"
            )
        )
    )
    .select_from(roll_count_lines)
    .where(roll_count_lines.c.count_id == roll_counts.c.id)
    .scalar_subquery()
)
_COUNTS: sa.Select[Any] = (
    sa.select(
        roll_counts.c.id,
        roll_counts.c.at,
        roll_counts.c.officer.label("counted_by"),
        roll_counts.c.function.label("counted_by_function"),
        roll_counts.c.corrects,
        _correction.c.id.label("corrected_by"),
        sa.type_coerce(_lines, sa.JSON).label("lines"),
    )
    .join_from(roll_counts, _correction, _correction.c.corrects == roll_counts.c.id, isouter=True)
    .order_by(roll_counts.c.id.desc())
)
