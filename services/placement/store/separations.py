"""Pairs that are kept apart, and whether they are near one another."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.types import DATE, INSTANT, UUID_
from services.placement.store.uses import Author
from services.placement.tables import reads, separation_reasons, separations


async def insert_separation(
    conn: AsyncConnection, separation_id: UUID, one: UUID, other: UUID, start: date, until: date | None, by: Author
) -> None:
    """Declares a pair; `one` is the lower id."""
    given = {"id": separation_id, "one": one, "other": other, "start": start, "until": until}
    await conn.execute(_INSERT, given | by._asdict())


_INSERT = sa.text(
    """
    INSERT INTO separations (id, one, other, period, declared_by, declared_by_function, declared_at, version)
    VALUES (:id, :one, :other, daterange(:start, :until), :officer, :function, :at, 1)
    """
).bindparams(
    sa.bindparam("id", type_=UUID_),
    sa.bindparam("one", type_=UUID_),
    sa.bindparam("other", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("until", type_=DATE),
    sa.bindparam("at", type_=INSTANT),
)


async def insert_reason(conn: AsyncConnection, separation_id: UUID, reason: str) -> None:
    """Keeps why, apart from the pair."""
    await conn.execute(separation_reasons.insert(), {"separation_id": separation_id, "reason": reason})


async def exists(conn: AsyncConnection, one: UUID, other: UUID, start: date, until: date | None) -> bool:
    """Whether the pair is kept apart already on one of these days."""
    found = await conn.execute(_EXISTS, {"one": one, "other": other, "start": start, "until": until})
    return bool(found.scalar_one())


_EXISTS = sa.text(
    """
    SELECT EXISTS (SELECT FROM separations WHERE one = :one AND other = :other AND lifted_at IS NULL
        AND period && daterange(:start, :until))
    """
).bindparams(
    sa.bindparam("one", type_=UUID_),
    sa.bindparam("other", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("until", type_=DATE),
)


async def separation_rows(
    conn: AsyncConnection, today: date, separation_id: UUID | None = None
) -> Sequence[sa.Row[Any]]:
    """The separations that stand, or the one of an id, lifted or not, each with `near`.

    `near` is None, `together` for two who are there and sleep near one another tonight or later, or `planned` where
    one of them has not come yet. Nights before `today` (Europe/Paris) are over, whatever was near then.
    """
    return (await conn.execute(_ROWS, {"id": separation_id, "today": today})).all()


NEAR = """
    SELECT CASE WHEN bool_or(mine.arrived_on IS NOT NULL AND theirs.arrived_on IS NOT NULL) THEN 'together'
        WHEN count(*) > 0 THEN 'planned' END
    FROM bed_uses AS here JOIN near_cells ON near_cells.here = here.cell
    JOIN bed_uses AS there ON there.cell = near_cells.there AND there.candidacy_id = separations.other
    JOIN assignments AS mine ON mine.id = here.stay_id JOIN assignments AS theirs ON theirs.id = there.stay_id
    WHERE here.candidacy_id = separations.one AND separations.lifted_at IS NULL
        AND here.given_up_at IS NULL AND there.given_up_at IS NULL
        AND NOT isempty(here.nights * there.nights * separations.period * daterange(:today, NULL))
"""
"""Whether a pair of `separations` is near one another on a day from `:today` on."""


_ROWS = sa.text(
    f"""
    SELECT separations.id, one, other, lower(separations.period) AS starts_on, upper(separations.period) AS until,
        declared_by_function, declared_at, lifted_at, separations.version, ({NEAR}) AS near
    FROM separations WHERE separations.id = :id OR (CAST(:id AS uuid) IS NULL AND lifted_at IS NULL)
    ORDER BY declared_at, separations.id
    """  # noqa: S608
).bindparams(sa.bindparam("id", type_=UUID_), sa.bindparam("today", type_=DATE))


async def lift(conn: AsyncConnection, separation_id: UUID, by: Author) -> None:
    """Notes that a pair need no longer be kept apart."""
    values = {"lifted_by": by.officer, "lifted_by_function": by.function, "lifted_at": by.at}
    lifted = sa.update(separations).where(separations.c.id == separation_id)
    await conn.execute(lifted.values(**values, version=separations.c.version + 1))


async def read_reason(
    conn: AsyncConnection, separation_id: UUID, reader: str, function: str, purpose: str, at: datetime
) -> str | None:
    """Why a pair is kept apart; that it was read is noted first, in the same transaction."""
    read = {"read_at": at, "reader": reader, "reader_function": function, "purpose": purpose}
    await conn.execute(reads.insert(), read | {"what": "separation_reason", "subject": separation_id})
    found = sa.select(separation_reasons.c.reason).where(separation_reasons.c.separation_id == separation_id)
    return (await conn.execute(found)).scalar_one_or_none()
