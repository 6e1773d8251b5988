"""Seats that are held for somebody: enrolments. The count of their cohorts follows by a trigger."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.citizen_space.domain import Request
from services.citizen_space.tables import cohorts, enrolments


class Seat(NamedTuple):
    """A live enrolment, as the reply to its person tells it."""

    enrolment_id: UUID
    cohort: str
    activity: str
    starts_on: date
    from_waiting_list: bool
    confirmed_by_function: str | None


async def hold(conn: AsyncConnection, request: Request, seat: Seat, reserved_at: datetime) -> bool:
    """Writes a request that has become `reserved`, together with its enrolment.

    Returns:
        False if it has moved on since it was read; nothing is written then.
    """
    rows = await conn.execute(
        _HOLD,
        {
            "request_id": request.id,
            "version": request.version,
            "enrolment_id": seat.enrolment_id,
            "cohort": seat.cohort,
            "from_waiting_list": seat.from_waiting_list,
            "reserved_at": reserved_at,
        },
    )
    return rows.first() is not None


_HOLD = sa.text(
    """
    WITH moved AS (
        UPDATE requests SET state = 'reserved', version = :version
        WHERE id = :request_id AND version = :version - 1 AND state IN ('requested', 'waitlisted')
        RETURNING id, candidacy_id
    )
    INSERT INTO enrolments (id, request_id, candidacy_id, cohort, state, from_waiting_list, reserved_at)
    SELECT :enrolment_id, id, candidacy_id, :cohort, 'reserved', :from_waiting_list, :reserved_at FROM moved
    RETURNING id
    """
).bindparams(
    sa.bindparam("request_id", type_=sa.Uuid),
    sa.bindparam("version", type_=sa.BigInteger),
    sa.bindparam("enrolment_id", type_=sa.Uuid),
    sa.bindparam("cohort", type_=sa.Text),
    sa.bindparam("from_waiting_list", type_=sa.Boolean),
    sa.bindparam("reserved_at", type_=sa.DateTime(timezone=True)),
)


async def seat_of(conn: AsyncConnection, enrolment_id: UUID) -> Seat:
    """The enrolment of a request that has one."""
    return Seat(*(await conn.execute(_SEAT, {"enrolment_id": enrolment_id})).one())


_SEAT = (
    sa.select(
        enrolments.c.id,
        enrolments.c.cohort,
        cohorts.c.activity,
        cohorts.c.starts_on,
        enrolments.c.from_waiting_list,
        enrolments.c.confirmed_by_function,
    )
    .join_from(enrolments, cohorts)
    .where(enrolments.c.id == sa.bindparam("enrolment_id"))
)


async def confirm_seat(conn: AsyncConnection, enrolment_id: UUID, officer: str, function: str, at: datetime) -> None:
    """Marks the reserved enrolment as confirmed by a named training lead."""
    values = {"state": "confirmed", "confirmed_by": officer, "confirmed_by_function": function, "confirmed_at": at}
    await conn.execute(_UPDATE_SEAT, {"key": enrolment_id, **values})


async def free_seat(conn: AsyncConnection, enrolment_id: UUID, at: datetime) -> None:
    """Cancels a live enrolment; its cohort has a seat more."""
    await conn.execute(_UPDATE_SEAT, {"key": enrolment_id, "state": "cancelled", "cancelled_at": at})


_UPDATE_SEAT = sa.update(enrolments).where(enrolments.c.id == sa.bindparam("key"))
