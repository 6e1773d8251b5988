"""What is recorded of somebody who came and left."""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Arrival, Departure, DepartureReason, Use
from services.placement.store.types import DATE, TEXT, UUID_
from services.placement.store.uses import Author
from services.placement.tables import assignments, requests


class Occupation(NamedTuple):
    """Who came and left, as far as it is recorded."""

    arrival: Arrival | None
    departure: Departure | None


async def candidacy_of(conn: AsyncConnection, stay_id: UUID) -> UUID | None:
    """Whose stay it is, read without a lock; None for no stay that waits now or ever had a bed."""
    return (await conn.execute(_CANDIDACY, {"stay_id": stay_id})).scalar_one_or_none()


_CANDIDACY = (
    sa.select(assignments.c.candidacy_id)
    .where(assignments.c.id == sa.bindparam("stay_id"))
    .union(sa.select(requests.c.candidacy_id).where(requests.c.stay_id == sa.bindparam("stay_id")))
)


async def occupation_of(conn: AsyncConnection, stay_id: UUID) -> Occupation:
    """What is recorded of a stay; nothing of one that has no bed."""
    row = (await conn.execute(_OCCUPATION, {"stay_id": stay_id})).first()
    if row is None or row.arrived_on is None:
        return Occupation(None, None)
    arrival = Arrival(row.transfer_order, row.arrived_on)
    if row.departed_on is None:
        return Occupation(arrival, None)
    return Occupation(arrival, Departure(DepartureReason(row.departure_reason), row.departed_on))


_OCCUPATION = sa.select(
    assignments.c.transfer_order, assignments.c.arrived_on, assignments.c.departure_reason, assignments.c.departed_on
).where(assignments.c.id == sa.bindparam("stay_id"))


async def is_cell_free(conn: AsyncConnection, stay_id: UUID, use: Use) -> bool:
    """Whether nobody else is in the cell of these nights, and nothing else has it on one of them.

    The pools of the cell's sex must be locked.
    """
    given = {"stay_id": stay_id, "cell": use.cell, "start": use.nights.start, "end": use.nights.end}
    return bool((await conn.execute(_FREE, given)).scalar_one())


_FREE = sa.text(
    """
    SELECT NOT EXISTS (SELECT FROM assignments WHERE cell_now = :cell AND id <> :stay_id)
        AND NOT EXISTS (
            SELECT FROM bed_uses WHERE cell = :cell AND given_up_at IS NULL AND stay_id IS DISTINCT FROM :stay_id
                AND period && daterange(:start, :end)
        )
    """
).bindparams(
    sa.bindparam("stay_id", type_=UUID_),
    sa.bindparam("cell", type_=TEXT),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("end", type_=DATE),
)


async def record_arrival(conn: AsyncConnection, stay_id: UUID, arrival: Arrival, cell: str, by: Author) -> None:
    """Notes who came, and in which cell the person sleeps."""
    values = {
        "transfer_order": arrival.transfer_order,
        "arrived_on": arrival.arrived_on,
        "cell_now": cell,
        "arrival_by": by.officer,
        "arrival_by_function": by.function,
        "arrival_at": by.at,
    }
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(values))


async def record_departure(conn: AsyncConnection, stay_id: UUID, departure: Departure, by: Author) -> None:
    """Notes who left: nobody sleeps in the cell any more."""
    values = {
        "departed_on": departure.departed_on,
        "departure_reason": departure.reason,
        "departure_by": by.officer,
        "departure_by_function": by.function,
        "departure_at": by.at,
        "cell_now": None,
        "state": "released",
        "released_at": by.at,
    }
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(values))
