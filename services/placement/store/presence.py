"""Who is there, who should have come, and whether a named cell could be somebody's."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import CellType, Days, Fitness
from services.placement.store.types import DATE, UUID_
from services.placement.tables import assignments, cells


async def present(conn: AsyncConnection, site: str) -> Sequence[sa.Row[Any]]:
    """Everybody who has arrived and not left: `stay_id, cell_now`, the earliest decision first."""
    return (await conn.execute(_PRESENT, {"site": site})).all()


_PRESENT = sa.text(
    """
    SELECT assignments.id AS stay_id, cell_now FROM assignments JOIN requests ON requests.id = request_id
    WHERE requests.site = :site AND cell_now IS NOT NULL ORDER BY decided_on, file_number, requests.id
    """
)


async def missed(conn: AsyncConnection, site: str, today: date) -> list[UUID]:
    """Confirmed stays whose first night has passed without an arrival, and of which that has not been said."""
    return list((await conn.execute(_MISSED, {"site": site, "today": today})).scalars())


_MISSED = sa.text(
    """
    SELECT assignments.id FROM assignments JOIN requests ON requests.stay_id = assignments.id
    WHERE requests.site = :site AND requests.state = 'confirmed' AND not_arrived_at IS NULL AND (
        SELECT min(lower(nights)) FROM bed_uses WHERE bed_uses.stay_id = assignments.id AND given_up_at IS NULL
    ) < :today ORDER BY assignments.id
    """
).bindparams(sa.bindparam("today", type_=DATE))


async def miss(conn: AsyncConnection, stay_id: UUID, at: datetime | None) -> None:
    """Notes that it was said that nobody came; None: another day is planned now."""
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(not_arrived_at=at))


async def sleep_in(conn: AsyncConnection, stay_id: UUID, cell: str) -> None:
    """Notes where somebody who is there sleeps now."""
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(cell_now=cell))


async def cell_now(conn: AsyncConnection, stay_id: UUID) -> str | None:
    """Where somebody sleeps; None before the arrival and after the departure."""
    found = sa.select(assignments.c.cell_now).where(assignments.c.id == stay_id)
    return (await conn.execute(found)).scalar_one_or_none()


async def expected_order(conn: AsyncConnection, stay_id: UUID) -> str | None:
    """The transfer order that stands before an arrival, if any."""
    found = sa.select(assignments.c.expected_order).where(assignments.c.id == stay_id)
    return (await conn.execute(found)).scalar_one_or_none()


async def expect(conn: AsyncConnection, stay_id: UUID, order: str | None) -> None:
    """Notes the transfer order of somebody who is to come; None: it does not stand any more."""
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(expected_order=order))


async def sleeps_in_arrival_cell(conn: AsyncConnection, stay_id: UUID) -> bool:
    """Whether somebody who is there sleeps in an arrival cell."""
    here = sa.select(assignments.c.cell_now).where(assignments.c.id == stay_id).scalar_subquery()
    return bool(
        (await conn.execute(sa.select(sa.exists().where(cells.c.code == here, cells.c.type == "arrival")))).scalar_one()
    )


async def move_due(conn: AsyncConnection, site: str, today: date) -> sa.Row[Any] | None:
    """The first move that an officer planned for today or before and that can be: `stay_id, cell`; None for none.

    Nobody else sleeps in that cell, and it is in service. All pools of the site must be locked.
    """
    return (await conn.execute(_MOVE_DUE, {"site": site, "today": today})).first()


BY_AN_OFFICER = """
    (planned.officer IS NOT NULL
        OR EXISTS (SELECT FROM bed_use_history WHERE use_id = planned.id AND officer IS NOT NULL))
"""
"""Whether an officer laid nights down, also where a new day has corrected them since."""

_MOVE_DUE = sa.text(
    f"""
    SELECT assignments.id AS stay_id, planned.cell
    FROM assignments JOIN requests ON requests.id = request_id
        JOIN bed_uses AS planned ON planned.stay_id = assignments.id AND planned.kind = 'stay'
            AND planned.given_up_at IS NULL AND planned.nights @> CAST(:today AS date) AND planned.cell <> cell_now
        JOIN cells ON cells.code = planned.cell AND cells.in_service
    WHERE requests.site = :site AND {BY_AN_OFFICER}
        AND NOT EXISTS (SELECT FROM assignments AS other WHERE other.cell_now = planned.cell)
        AND NOT EXISTS (SELECT FROM outages WHERE outages.cell = planned.cell AND ended_at IS NULL
            AND starts_on <= :today)
    ORDER BY decided_on, file_number, requests.id LIMIT 1
    """  # noqa: S608
).bindparams(sa.bindparam("today", type_=DATE))


async def fitness(
    conn: AsyncConnection, stay_id: UUID | None, candidacy_id: UUID, cell: str, nights: Days, today: date
) -> Fitness | None:
    """What there is to say of a cell for some nights; None when the site has no such cell.

    Args:
        conn: the caller's transaction; the pools of the person's sex must be locked.
        stay_id: whose own nights are not in the way.
        candidacy_id: of the person, who has a request.
        cell: its code.
        nights: that the person would sleep there.
        today: an outage counts from its first day on.
    """
    given = {"stay_id": stay_id, "candidacy_id": candidacy_id, "cell": cell, "today": today}
    row = (await conn.execute(_FITNESS, {**given, "start": nights.start, "end": nights.end})).first()
    if row is None:
        return None
    return Fitness(row.sex_fits, CellType(row.type), row.in_service and not row.out, row.taken, row.apart)


_FITNESS = sa.text(
    """
    SELECT cells.type, cells.in_service, coalesce(wings.sex = requests.sex, false) AS sex_fits,
        EXISTS (SELECT FROM outages WHERE outages.cell = cells.code AND ended_at IS NULL AND starts_on <= :today
            AND starts_on < :end) AS out,
        EXISTS (SELECT FROM assignments WHERE cell_now = cells.code AND id IS DISTINCT FROM :stay_id)
        OR EXISTS (
            SELECT FROM bed_uses WHERE bed_uses.cell = cells.code AND given_up_at IS NULL
                AND stay_id IS DISTINCT FROM :stay_id AND period && daterange(:start, :end + sites.cleaning_days)
        ) AS taken,
        kept_apart(requests.candidacy_id, cells.code, daterange(:start, :end)) AS apart
    FROM requests JOIN cells ON cells.site = requests.site AND cells.code = :cell JOIN sites ON sites.code = cells.site
        LEFT JOIN units ON units.code = cells.unit LEFT JOIN wings ON wings.code = units.wing
    WHERE requests.candidacy_id = :candidacy_id
    """
).bindparams(
    sa.bindparam("stay_id", type_=UUID_),
    sa.bindparam("candidacy_id", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("end", type_=DATE),
    sa.bindparam("today", type_=DATE),
)
