"""Who is to come and to leave, and did: stays by their first and their last night; and what was confirmed at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Days
from services.placement.store.pages import AHEAD, NIGHTS
from services.placement.store.types import DATE
from services.placement.store.uses import Author
from services.placement.tables import assignments, requests, sheet_confirmations


class Outcome(NamedTuple):
    """What became of one stay of several that were to be confirmed."""

    stay_id: UUID
    refusal: str | None
    """Why it was not confirmed; None when it was."""


async def arrivals(conn: AsyncConnection, days: Days) -> Sequence[sa.Row[Any]]:
    """The stays whose first night lies in these days, in the order of it: a live bed for each.

    Returns:
        Rows of `stay_id, candidacy_id, file_number, decided_on, state, starts_on, ends_on, cell, unit_cell, unit_from,
        overdue, earlier_decision_waits, arrived_on, departed_on`.
    """
    query = _MOVEMENTS.where(_USED, NIGHTS.c.starts_on >= days.start, NIGHTS.c.starts_on < days.end)
    given = {"first": days.start, "until": days.end}
    rows: Sequence[sa.Row[Any]] = (
        await conn.execute(query.order_by(NIGHTS.c.starts_on, requests.c.file_number), given)
    ).all()
    return rows


async def departures(conn: AsyncConnection, day: date, today: date) -> Sequence[sa.Row[Any]]:
    """The stays that end on a day, those among them that have ended, and whoever should have left before and has not.

    Args:
        conn: open for reading.
        day: Europe/Paris.
        today: whoever was to leave before it and before `day` is late.

    Returns:
        Rows as `arrivals` gives them, with `cell_now` and `late`; who is late comes first.
    """
    # Not by the nights: whoever is still there is given tonight, day by day.
    late = sa.and_(assignments.c.cell_now.is_not(None), requests.c.projected_exit < sa.func.least(_DAY, _TODAY))
    leaving = sa.and_(_USED, NIGHTS.c.ends_on == _DAY)
    query = _MOVEMENTS.add_columns(assignments.c.cell_now, late.label("late")).where(sa.or_(leaving, late))
    given = {"first": day, "until": day, "day": day, "today": today}
    rows: Sequence[sa.Row[Any]] = (
        await conn.execute(query.order_by(NIGHTS.c.ends_on, requests.c.file_number), given)
    ).all()
    return rows


_DAY, _TODAY = sa.bindparam("day", type_=DATE), sa.bindparam("today", type_=DATE)
# Few stays have a night, or the one before, in these days: they are found by an index on all of them.
_USED = sa.text(
    "assignments.id IN (SELECT stay_id FROM bed_uses WHERE given_up_at IS NULL AND kind = 'stay'"
    " AND period && daterange(:first - 1, :until + 1))"
).bindparams(sa.bindparam("first", type_=DATE), sa.bindparam("until", type_=DATE))

_several = sa.func.cardinality(NIGHTS.c.cells) > 1

_MOVEMENTS: sa.Select[Any] = (
    sa.select(
        assignments.c.id.label("stay_id"),
        assignments.c.candidacy_id,
        requests.c.file_number,
        requests.c.decided_on,
        sa.case(
            (assignments.c.departed_on.is_not(None), "departed"),
            (assignments.c.arrived_on.is_not(None), "arrived"),
            else_=assignments.c.state,
        ).label("state"),
        NIGHTS.c.starts_on,
        NIGHTS.c.ends_on,
        NIGHTS.c.cells[1].label("cell"),
        sa.case((_several, NIGHTS.c.cells[sa.func.cardinality(NIGHTS.c.cells)])).label("unit_cell"),
        sa.case((_several, NIGHTS.c.last_cell_from)).label("unit_from"),
        requests.c.overdue,
        sa.and_(assignments.c.state == "proposed", sa.exists().where(AHEAD)).label("earlier_decision_waits"),
        assignments.c.arrived_on,
        assignments.c.departed_on,
    )
    .join_from(assignments, requests, assignments.c.request_id == requests.c.id)
    .join(NIGHTS, sa.true())
)


async def record_confirmations(
    conn: AsyncConnection, confirmation_id: UUID, outcomes: Sequence[Outcome], by: Author
) -> None:
    """Notes what became of stays that an officer confirmed in one act."""
    told = [{"stay_id": str(one.stay_id), "refusal": one.refusal} for one in outcomes]
    await conn.execute(sa.insert(sheet_confirmations).values(id=confirmation_id, outcomes=told, **by._asdict()))


async def confirmations(conn: AsyncConnection, confirmation_id: UUID) -> tuple[Outcome, ...]:
    """What became of them, in the order in which they were named."""
    told = sa.select(sheet_confirmations.c.outcomes).where(sheet_confirmations.c.id == confirmation_id)
    return tuple(Outcome(UUID(one["stay_id"]), one["refusal"]) for one in (await conn.execute(told)).scalar_one())
