"""Who of a line gets which cell. The pools of the line's sex must be locked."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Place, Request, Terms
from services.placement.store.requests import request_of
from services.placement.store.types import DATE, TEXT, UUID_, UUIDS


class Choice(NamedTuple):
    """For whom there is a place, and which."""

    request: Request
    place: Place
    terms: Terms
    rule: str
    """Why this cell of those that fit: `never_used`, `free_for_good`, else the `tightest_gap`."""
    more: bool
    """Whether somebody else waits in that line: for `first_in_line`, somebody for whom a cell is free too."""


async def place_for(conn: AsyncConnection, request: Request, today: date) -> Choice | None:
    """The place that is free for one request, whoever else waits; None when there is none.

    Args:
        conn: the caller's transaction.
        request: has a pool, and is stored.
        today: Europe/Paris; nobody comes before it.
    """
    given = {"request_id": request.id, "pool": request.pool, "arrivals": _arrivals(request.pool), "today": today}
    row = (await conn.execute(_FOR_ONE, given)).first()
    return None if row is None else _choice(row, row.others)


async def first_in_line(conn: AsyncConnection, pool: str, skipped: Sequence[UUID], today: date) -> Choice | None:
    """Who is the first of a pool's line for whom a cell is free, and which.

    The line is walked in its order along an index, and each one's cell is found by one step in either of two indexes:
    a cell without any stay, else one that is free for good by then, else the tightest gap.

    Args:
        conn: the caller's transaction.
        pool: its code.
        skipped: candidacies to pass over.
        today: Europe/Paris; nobody comes before it.
    """
    given = {"pool": pool, "arrivals": _arrivals(pool), "skipped": list(skipped), "today": today}
    rows = (await conn.execute(_FIRST_IN_LINE, given)).all()
    return _choice(rows[0], len(rows) > 1) if rows else None


def _choice(row: Any, more: bool) -> Choice:
    place = Place(row.found_cell, row.found_arrival_cell, row.starts_on)
    return Choice(request_of(row), place, Terms(row.arrival_days, row.cleaning_days), row.found_rule, more)


def _arrivals(pool: str | None) -> str | None:
    return pool and pool.rsplit("-", 1)[0] + "-arrival"


def _vacant(pool: str, since: str, latest: str, until: str) -> str:
    """The best vacancy of a pool that begins by `latest` and lasts until the bed is clean again: of constants only."""
    free = f"""
        SELECT cell, greatest(lower(period), {since}) AS starts_on, CASE WHEN NOT upper_inf(period)
            THEN 'tightest_gap' WHEN lower_inf(period) THEN 'never_used' ELSE 'free_for_good' END AS rule
        FROM vacancies
        WHERE pool = {pool} AND coalesce(lower(period), '-infinity') <= {latest}
            AND greatest(lower(period), {since}) < {until}
            AND NOT (own.separated AND kept_apart(requests.candidacy_id, cell, daterange({since}, {until})))
    """  # noqa: S608
    return f"""
        ({free} AND upper_inf(period) ORDER BY coalesce(lower(period), '-infinity'), cell LIMIT 1)
        UNION ALL
        ({free} AND NOT upper_inf(period) AND upper(period) >= {until} + cleaning_days
            ORDER BY upper(period), coalesce(lower(period), '-infinity'), cell LIMIT 1)
        LIMIT 1
    """


_MOVES_ON = "own.starts_on + arrival_days"
_CHOICE = f"""
    SELECT requests.*, arrival_days, cleaning_days, in_arrival.cell AS found_arrival_cell,
        in_unit.cell AS found_cell, in_unit.rule AS found_rule,
        coalesce(in_arrival.starts_on, in_unit.starts_on) AS starts_on
    FROM requests JOIN sites ON sites.code = requests.site
    CROSS JOIN LATERAL (
        SELECT greatest(planned_entry, :today) AS starts_on, EXISTS (
            SELECT FROM separations WHERE lifted_at IS NULL AND requests.candidacy_id IN (one, other)
        ) AS separated
    ) AS own
    LEFT JOIN LATERAL (
        {_vacant(":arrivals", "own.starts_on", "own.starts_on", _MOVES_ON)}
    ) AS in_arrival ON requests.cell_type = 'standard' AND {_MOVES_ON} < projected_exit
    CROSS JOIN LATERAL (SELECT
        CASE WHEN in_arrival.cell IS NULL THEN own.starts_on ELSE {_MOVES_ON} END AS since,
        CASE WHEN in_arrival.cell IS NULL THEN own.starts_on + cleaning_days ELSE {_MOVES_ON} END AS latest
    ) AS unit
    CROSS JOIN LATERAL (
        {_vacant(":pool", "unit.since", "unit.latest", "projected_exit")}
    ) AS in_unit
"""  # noqa: S608
"""A bed that is being cleaned is given to somebody who would come on one of these days: the stay begins after them."""

_PARAMETERS = (
    sa.bindparam("pool", type_=TEXT),
    sa.bindparam("arrivals", type_=TEXT),
    sa.bindparam("today", type_=DATE),
)

_FIRST_IN_LINE = sa.text(
    f"""{_CHOICE}
    WHERE requests.pool = :pool AND requests.state IN ('requested', 'waitlisted')
        AND requests.candidacy_id <> ALL (:skipped)
    ORDER BY coalesce(ahead_at, 'infinity'), decided_on, file_number, requests.id LIMIT 2
    """
).bindparams(*_PARAMETERS, sa.bindparam("skipped", type_=UUIDS))

_FOR_ONE = sa.text(
    f"""
    SELECT chosen.*, EXISTS (SELECT FROM requests WHERE pool = :pool AND state = 'waitlisted') AS others
    FROM ({_CHOICE} WHERE requests.id = :request_id) AS chosen
    """  # noqa: S608
).bindparams(*_PARAMETERS, sa.bindparam("request_id", type_=UUID_))
