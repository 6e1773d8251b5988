"""Who is affected when cells are closed, and where occupants can go. The pools of the whole site must be locked."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Affected, Closing, Days, Refuge, Refusal, Refused
from services.placement.store.types import DATE, TEXTS, UUID_
from services.placement.tables import evacuations, requests


async def cells_of(conn: AsyncConnection, site: str, code: str) -> tuple[str, ...]:
    """The cells in service of a unit of the site, or the one cell of that code; none if there is no such thing."""
    return tuple((await conn.execute(_CELLS, {"site": site, "code": code})).scalars())


_CELLS = sa.text(
    "SELECT code FROM cells WHERE site = :site AND (unit = :code OR code = :code) AND in_service ORDER BY code"
)


async def other_uses(
    conn: AsyncConnection, cells: Collection[str], days: Days
) -> tuple[frozenset[str], tuple[UUID, ...]]:
    """Which cells are out of service on one of the days, and the holds that keep one of them free."""
    given = {"cells": list(cells), "start": days.start, "end": days.end}
    rows = (await conn.execute(_OTHER_USES, given)).all()
    closed = frozenset(row.cell for row in rows if row.kind == "outage")
    return closed, tuple(row.id for row in rows if row.kind == "hold")


_OTHER_USES = sa.text(
    """
    SELECT id, cell, kind FROM bed_uses
    WHERE cell = ANY (:cells) AND kind IN ('outage', 'hold') AND given_up_at IS NULL
        AND period && daterange(:start, :end)
    ORDER BY id
    """
).bindparams(sa.bindparam("cells", type_=TEXTS), sa.bindparam("start", type_=DATE), sa.bindparam("end", type_=DATE))


async def affected_by(conn: AsyncConnection, closing: Closing) -> tuple[Affected, ...]:
    """All nights in the cells on the days, in the order of the decisions; nights that are over are not among them."""
    given = {"cells": list(closing.cells), "start": closing.days.start, "end": closing.days.end}
    rows = await conn.execute(_AFFECTED, given)
    return tuple(Affected(row.stay_id, row.cell, Days(row.start, row.end), row.arrived) for row in rows)


_AFFECTED = sa.text(
    """
    SELECT bed_uses.stay_id, bed_uses.cell, lower(nights) AS start, upper(nights) AS end,
        arrived_on IS NOT NULL AS arrived
    FROM bed_uses JOIN assignments ON assignments.id = bed_uses.stay_id
        JOIN requests ON requests.id = assignments.request_id
    WHERE bed_uses.cell = ANY (:cells) AND kind = 'stay' AND given_up_at IS NULL
        AND nights && daterange(:start, :end) AND assignments.state <> 'released'
    ORDER BY decided_on, file_number, requests.id, nights
    """
).bindparams(sa.bindparam("cells", type_=TEXTS), sa.bindparam("start", type_=DATE), sa.bindparam("end", type_=DATE))


async def refuge(conn: AsyncConnection, stay_id: UUID, nights: Days, excluded: Collection[str]) -> Refuge | None:
    """The best cell for the nights of somebody who has arrived: free, else held for the fewest who have not come.

    Those who are confirmed are displaced after those who are only proposed. Sex, type, service and keep-apart are as
    for any choice; a cell in which somebody sleeps is none.

    Args:
        conn: the caller's transaction.
        stay_id: of the occupant.
        nights: that cannot be spent where they were to be.
        excluded: codes of the cells that are closed or already given by the same plan.
    """
    given = {"stay_id": stay_id, "start": nights.start, "end": nights.end, "excluded": list(excluded)}
    row = (await conn.execute(_REFUGE, given)).first()
    return None if row is None else Refuge(row.code, tuple(row.displaces))


_REFUGE = sa.text(
    """
    SELECT cells.code, taken.displaces
    FROM assignments JOIN requests ON requests.id = assignments.request_id
        JOIN wings ON wings.site = requests.site AND wings.sex = requests.sex
        JOIN units ON units.wing = wings.code JOIN cells ON cells.unit = units.code
        JOIN sites ON sites.code = cells.site
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(other.stay_id) FILTER (WHERE other.stay_id IS NOT NULL), '{}') AS displaces,
            count(*) FILTER (WHERE held.arrived_on IS NOT NULL OR other.kind <> 'stay') AS fast,
            count(*) FILTER (WHERE held.state = 'confirmed') AS confirmed, count(other.id) AS held
        FROM bed_uses AS other LEFT JOIN assignments AS held ON held.id = other.stay_id
        WHERE other.cell = cells.code AND other.given_up_at IS NULL AND other.stay_id IS DISTINCT FROM :stay_id
            AND other.period && daterange(:start, :end + cleaning_days)
    ) AS taken
    WHERE assignments.id = :stay_id AND cells.in_service AND cells.code <> ALL (:excluded) AND taken.fast = 0
        AND (cells.type = requests.cell_type OR (cells.type = 'arrival' AND requests.cell_type = 'standard'))
        AND NOT EXISTS (SELECT FROM assignments AS inside WHERE inside.cell_now = cells.code)
        AND NOT kept_apart(requests.candidacy_id, cells.code, daterange(:start, :end))
    ORDER BY taken.confirmed, taken.held, cells.type = 'arrival', cells.code LIMIT 1
    """
).bindparams(
    sa.bindparam("stay_id", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("end", type_=DATE),
    sa.bindparam("excluded", type_=TEXTS),
)


async def record(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Keeps an evacuation as it was carried out: the columns of `evacuations`."""
    await conn.execute(evacuations.insert(), values)


async def evacuation(conn: AsyncConnection, evacuation_id: UUID) -> sa.Row[Any]:
    """One evacuation.

    Raises:
        Refused: `evacuation-unknown`.
    """
    row = (await conn.execute(sa.select(evacuations).where(evacuations.c.id == evacuation_id))).first()
    if row is None:
        raise Refused(Refusal.EVACUATION_UNKNOWN)
    return row


async def standing_of(conn: AsyncConnection, stay_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where the requests of some stays stand now."""
    found = sa.select(requests.c.stay_id, requests.c.state).where(requests.c.stay_id.in_(stay_ids))
    return {row.stay_id: row.state for row in await conn.execute(found)}
