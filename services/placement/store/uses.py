"""The nights of stays: read, written and corrected. Vacancies and history follow by triggers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Days, Use, Uses
from services.placement.store.types import DATE, DATES, INSTANT, TEXTS, UUID_, UUIDS


class Author(NamedTuple):
    """Who makes a use what it is."""

    officer: str | None
    """Subject of the token; None where an event or a passed date did it."""
    function: str
    at: datetime
    """UTC."""


async def uses_of(conn: AsyncConnection, stay_id: UUID) -> Uses:
    """The live nights of a stay, in their order; past ones are among them, given up ones are not."""
    rows = await conn.execute(_USES, {"stay_id": stay_id})
    return tuple(Use(row.id, row.cell, Days(row.start, row.end)) for row in rows)


_USES = sa.text(
    """
    SELECT id, cell, lower(nights) AS start, upper(nights) AS end FROM bed_uses
    WHERE stay_id = :stay_id AND kind = 'stay' AND given_up_at IS NULL ORDER BY nights
    """
).bindparams(sa.bindparam("stay_id", type_=UUID_))


async def correct(conn: AsyncConnection, stay_id: UUID, before: Uses, after: Uses, by: Author, reason: str) -> None:
    """Makes the nights of a stay what they are to be: what falls away or shrinks first, then what grows or is new.

    The pools of the stay's sex must be locked.

    Args:
        conn: the caller's transaction.
        stay_id: has at least one night in `before`.
        before: as `uses_of` gave it.
        after: in its place.
        by: whose act it is.
        reason: a stable code in snake_case, kept with the author.
    """
    known, wanted = {use.id: use for use in before}, {use.id: use for use in after}
    said = {"officer": by.officer, "function": by.function, "reason": reason, "at": by.at}
    if gone := [use.id for use in before if use.id not in wanted]:
        await conn.execute(_GIVE_UP, {**said, "ids": gone})
    changed = [use for use in after if use.id in known and use != known[use.id]]
    for use in sorted(changed, key=lambda use: _grows(known[use.id].nights, use.nights)):
        await conn.execute(_CHANGE, {**said, "id": use.id, "start": use.nights.start, "end": use.nights.end})
    if new := [use for use in after if use.id not in known]:
        await conn.execute(_ADD, {**said, **columns(new), "stay_id": stay_id})


def columns(uses: Sequence[Use]) -> dict[str, list[Any]]:
    """Uses as arrays, one for each column."""
    return {
        "ids": [use.id for use in uses],
        "cells": [use.cell for use in uses],
        "starts": [use.nights.start for use in uses],
        "ends": [use.nights.end for use in uses],
    }


def _grows(was: Days, now: Days) -> bool:
    return now.start < was.start or now.end > was.end


ARRAYS = (
    sa.bindparam("ids", type_=UUIDS),
    sa.bindparam("cells", type_=TEXTS),
    sa.bindparam("starts", type_=DATES),
    sa.bindparam("ends", type_=DATES),
)
_SAID = (sa.bindparam("at", type_=INSTANT), sa.bindparam("officer", type_=sa.Text))

_GIVE_UP = sa.text(
    """
    UPDATE bed_uses SET given_up_at = :at, officer = :officer, function = :function, reason = :reason, at = :at
    WHERE id = ANY (:ids)
    """
).bindparams(sa.bindparam("ids", type_=UUIDS), *_SAID)

# Who stays longer than planned keeps the bed only until the next use of it begins, and cleaning gives way to that too.
_CHANGE = sa.text(
    """
    UPDATE bed_uses SET nights = daterange(:start, least(:end, next.day)),
        period = daterange(:start, least(:end + cleaning_days, next.day)),
        officer = :officer, function = :function, reason = :reason, at = :at
    FROM bed_uses AS own JOIN cells ON cells.code = own.cell JOIN sites ON sites.code = cells.site
    CROSS JOIN LATERAL (
        SELECT min(lower(period)) AS day FROM bed_uses AS other
        WHERE other.cell = own.cell AND other.given_up_at IS NULL AND other.id <> own.id
            AND lower(other.period) > :start
    ) AS next
    WHERE own.id = :id AND bed_uses.id = own.id
    """
).bindparams(
    sa.bindparam("id", type_=UUID_), sa.bindparam("start", type_=DATE), sa.bindparam("end", type_=DATE), *_SAID
)

_ADD = sa.text(
    """
    INSERT INTO bed_uses
        (id, cell, period, kind, stay_id, candidacy_id, nights, officer, function, reason, at)
    SELECT new.id, new.cell, daterange(start, least("end" + sites.cleaning_days, next.day)), 'stay', assignments.id,
        assignments.candidacy_id, daterange(start, "end"), :officer, :function, :reason, :at
    FROM unnest(:ids, :cells, :starts, :ends) AS new (id, cell, start, "end")
        JOIN cells ON cells.code = new.cell JOIN sites ON sites.code = cells.site
        CROSS JOIN LATERAL (
            SELECT min(lower(period)) AS day FROM bed_uses AS other
            WHERE other.cell = new.cell AND other.given_up_at IS NULL AND lower(other.period) >= "end"
        ) AS next, assignments
    WHERE assignments.id = :stay_id
    """
).bindparams(sa.bindparam("stay_id", type_=UUID_), *ARRAYS, *_SAID)
