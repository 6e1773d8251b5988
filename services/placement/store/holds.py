"""Beds that are held for somebody: assignments. The vacancies of their cells follow by a trigger."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Request
from services.placement.tables import assignments


class Bed(NamedTuple):
    """A live assignment, as the reply to its person tells it."""

    stay_id: UUID
    cell: str
    confirm_by: datetime
    """UTC."""
    from_waiting_list: bool
    confirmed_by_function: str | None
    arrived_on: date | None = None
    """First night, Europe/Paris; None before."""


async def hold(conn: AsyncConnection, request: Request, bed: Bed, proposed_at: datetime) -> None:
    """Writes a request that has become `proposed`, together with its assignment."""
    assert request.need
    await conn.execute(
        _HOLD,
        {
            "request_id": request.id,
            "version": request.version,
            "stay_id": bed.stay_id,
            "candidacy_id": request.candidacy_id,
            "cell": bed.cell,
            "entry": request.need.planned_entry,
            "exit": request.need.projected_exit,
            "from_waiting_list": bed.from_waiting_list,
            "proposed_at": proposed_at,
            "confirm_by": bed.confirm_by,
        },
    )


_HOLD = sa.text(
    """
    WITH moved AS (
        UPDATE requests SET state = 'proposed', overdue = false, version = :version WHERE id = :request_id
    )
    INSERT INTO assignments
        (id, request_id, candidacy_id, cell, period, state, from_waiting_list, proposed_at, confirm_by)
    VALUES (:stay_id, :request_id, :candidacy_id, :cell, daterange(:entry, :exit), 'proposed', :from_waiting_list,
        :proposed_at, :confirm_by)
    """
).bindparams(
    sa.bindparam("request_id", type_=sa.Uuid),
    sa.bindparam("stay_id", type_=sa.Uuid),
    sa.bindparam("candidacy_id", type_=sa.Uuid),
    sa.bindparam("entry", type_=sa.Date),
    sa.bindparam("exit", type_=sa.Date),
    sa.bindparam("proposed_at", type_=sa.DateTime(timezone=True)),
    sa.bindparam("confirm_by", type_=sa.DateTime(timezone=True)),
)


async def bed_of(conn: AsyncConnection, stay_id: UUID) -> Bed:
    """The assignment of a stay that has one."""
    return Bed(*(await conn.execute(_BED, {"stay_id": stay_id})).one())


_BED = sa.select(
    assignments.c.id,
    assignments.c.cell,
    assignments.c.confirm_by,
    assignments.c.from_waiting_list,
    assignments.c.confirmed_by_function,
    assignments.c.arrived_on,
).where(assignments.c.id == sa.bindparam("stay_id"))


async def confirm_bed(conn: AsyncConnection, stay_id: UUID, officer: str, function: str, at: datetime) -> None:
    """Marks the proposed assignment as confirmed by a named officer."""
    values = {"state": "confirmed", "confirmed_by": officer, "confirmed_by_function": function, "confirmed_at": at}
    await conn.execute(_UPDATE_BED, {"key": stay_id, **values})


async def free_bed(conn: AsyncConnection, stay_id: UUID, at: datetime) -> None:
    """Releases a live assignment; its cell has a vacancy again."""
    await conn.execute(_UPDATE_BED, {"key": stay_id, "state": "released", "released_at": at})


_UPDATE_BED = sa.update(assignments).where(assignments.c.id == sa.bindparam("key"))
