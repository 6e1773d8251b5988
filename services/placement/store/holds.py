"""Beds that are held for somebody: assignments and their first nights."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Request, Uses
from services.placement.store.types import INSTANT, UUID_
from services.placement.store.uses import ARRAYS, Author, columns
from services.placement.tables import assignments


class Bed(NamedTuple):
    """A live assignment, as the reply to its person tells it."""

    stay_id: UUID
    confirm_by: datetime
    """UTC."""
    from_waiting_list: bool
    confirmed_by_function: str | None = None
    arrived_on: date | None = None
    """First night, Europe/Paris; None before."""


async def hold(conn: AsyncConnection, request: Request, bed: Bed, uses: Uses, by: Author) -> None:
    """Writes a request that has become `proposed`, together with its assignment and nights, in one statement."""
    await conn.execute(
        _HOLD,
        {
            "request_id": request.id,
            "version": request.version,
            "stay_id": bed.stay_id,
            "candidacy_id": request.candidacy_id,
            "site": request.site,
            "from_waiting_list": bed.from_waiting_list,
            "confirm_by": bed.confirm_by,
            "officer": by.officer,
            "function": by.function,
            "at": by.at,
            **columns(uses),
        },
    )


_HOLD = sa.text(
    """
    WITH moved AS (
        UPDATE requests SET state = 'proposed', overdue = false, version = :version WHERE id = :request_id
    ),
    assigned AS (
        INSERT INTO assignments (id, request_id, candidacy_id, state, from_waiting_list, proposed_at, confirm_by)
        VALUES (:stay_id, :request_id, :candidacy_id, 'proposed', :from_waiting_list, :at, :confirm_by)
        RETURNING id, candidacy_id
    )
    INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, officer, function, reason, at)
    SELECT new.id, new.cell, daterange(start, "end" + sites.cleaning_days), 'stay', assigned.id,
        assigned.candidacy_id, daterange(start, "end"), :officer, :function, 'proposed', :at
    FROM unnest(:ids, :cells, :starts, :ends) AS new (id, cell, start, "end"), assigned, sites
    WHERE sites.code = :site
    """
).bindparams(
    sa.bindparam("request_id", type_=UUID_),
    sa.bindparam("stay_id", type_=UUID_),
    sa.bindparam("candidacy_id", type_=UUID_),
    sa.bindparam("at", type_=INSTANT),
    sa.bindparam("confirm_by", type_=INSTANT),
    sa.bindparam("officer", type_=sa.Text),
    *ARRAYS,
)


async def bed_of(conn: AsyncConnection, stay_id: UUID) -> Bed:
    """The assignment of a stay that has one."""
    return Bed(*(await conn.execute(_BED, {"stay_id": stay_id})).one())


_BED = sa.select(
    assignments.c.id,
    assignments.c.confirm_by,
    assignments.c.from_waiting_list,
    assignments.c.confirmed_by_function,
    assignments.c.arrived_on,
).where(assignments.c.id == sa.bindparam("stay_id"))


async def confirm_bed(conn: AsyncConnection, stay_id: UUID, by: Author) -> None:
    """Marks the proposed assignment as confirmed by a named officer."""
    values = {"confirmed_by": by.officer, "confirmed_by_function": by.function, "confirmed_at": by.at}
    await conn.execute(_CONFIRM, {"key": stay_id, "state": "confirmed", **values})


_CONFIRM = sa.update(assignments).where(assignments.c.id == sa.bindparam("key"))


async def free_bed(conn: AsyncConnection, stay_id: UUID, by: Author, reason: str) -> None:
    """Releases an assignment to which nobody came, and gives all its nights up; its cells have vacancies again."""
    await conn.execute(_FREE, {"stay_id": stay_id, **by._asdict(), "reason": reason})


_FREE = sa.text(
    """
    WITH released AS (UPDATE assignments SET state = 'released', released_at = :at WHERE id = :stay_id)
    UPDATE bed_uses SET given_up_at = :at, officer = :officer, function = :function, reason = :reason, at = :at
    WHERE stay_id = :stay_id AND given_up_at IS NULL
    """
).bindparams(
    sa.bindparam("stay_id", type_=UUID_), sa.bindparam("at", type_=INSTANT), sa.bindparam("officer", type_=sa.Text)
)
