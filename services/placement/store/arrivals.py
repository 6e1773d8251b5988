"""What is recorded of a bed that somebody came to and left."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Arrival, Departure, DepartureReason
from services.placement.tables import assignments


class Occupation(NamedTuple):
    """Who came and left, as far as it is recorded."""

    arrival: Arrival | None
    departure: Departure | None


class Recorder(NamedTuple):
    """The officer who records it: subject of the token, function, and when (UTC)."""

    officer: str
    function: str
    at: datetime


async def candidacy_of(conn: AsyncConnection, stay_id: UUID) -> UUID | None:
    """Whose bed it is, read without a lock; None where no bed was ever held under that stay."""
    return (await conn.execute(_CANDIDACY, {"stay_id": stay_id})).scalar_one_or_none()


_CANDIDACY = sa.select(assignments.c.candidacy_id).where(assignments.c.id == sa.bindparam("stay_id"))


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


async def is_cell_free(conn: AsyncConnection, stay_id: UUID, arrived_on: date) -> bool:
    """Whether nobody else is in the cell, or has it for a day of the stay as it begins with that arrival.

    The pool must be locked.
    """
    return bool((await conn.execute(_FREE, {"stay_id": stay_id, "arrived_on": arrived_on})).scalar_one())


_FREE = sa.text(
    """
    SELECT NOT EXISTS (
        SELECT FROM assignments AS other
        WHERE other.cell = own.cell AND other.id <> own.id AND other.state IN ('proposed', 'confirmed')
            AND (other.arrived_on IS NOT NULL
                OR other.period && daterange(least(lower(own.period), :arrived_on), upper(own.period)))
    ) FROM assignments AS own WHERE own.id = :stay_id
    """
).bindparams(sa.bindparam("stay_id", type_=sa.Uuid), sa.bindparam("arrived_on", type_=sa.Date))


async def record_arrival(conn: AsyncConnection, stay_id: UUID, arrival: Arrival, by: Recorder) -> None:
    """Notes who came; a stay that begins early holds its bed from that night on."""
    what = {"transfer_order": arrival.transfer_order, "arrived_on": arrival.arrived_on}
    await conn.execute(_ARRIVED, {"stay_id": stay_id, **what, **by._asdict()})


_ARRIVED = sa.text(
    """
    UPDATE assignments SET transfer_order = :transfer_order, arrived_on = :arrived_on, arrival_by = :officer,
        arrival_by_function = :function, arrival_at = :at,
        period = daterange(least(lower(period), :arrived_on), upper(period))
    WHERE id = :stay_id
    """
).bindparams(
    sa.bindparam("stay_id", type_=sa.Uuid),
    sa.bindparam("arrived_on", type_=sa.Date),
    sa.bindparam("at", type_=sa.DateTime(timezone=True)),
)


async def record_departure(conn: AsyncConnection, stay_id: UUID, departure: Departure, by: Recorder) -> None:
    """Notes who left, and gives the bed up."""
    values = {
        "departed_on": departure.departed_on,
        "departure_reason": departure.reason,
        "departure_by": by.officer,
        "departure_by_function": by.function,
        "departure_at": by.at,
        "state": "released",
        "released_at": by.at,
    }
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(values))
