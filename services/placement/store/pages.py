"""What the API shows: sites, their occupancy, and pages of stays. Nothing here locks or writes."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.tables import assignments, bed_uses, requests
from services.placement.tables import sites as all_sites


class Place(NamedTuple):
    """Where a stay stands in the order of decisions, which pages follow too."""

    decided_on: date
    file_number: int
    request_id: UUID


class Occupancy(NamedTuple):
    """Rows of `wing, name, sex, cell_type, capacity, proposed, confirmed, held, out_of_service`, and of
    `sex, cell_type, waiting`."""

    wings: Sequence[sa.Row[Any]]
    waiting: Sequence[sa.Row[Any]]


async def sites(conn: AsyncConnection) -> Sequence[sa.Row[Any]]:
    """All sites that the platform knows: `code, name, interregion, status`."""
    return (await conn.execute(_SITES)).all()


_SITES = sa.select(all_sites).order_by(all_sites.c.code)


async def occupancy(conn: AsyncConnection, site: str, today: date) -> Occupancy:
    """How many cells in service each wing of a site has by type, how many of them are held, and how many persons wait.

    A cell that is held for a stay to come counts as held from the day that the bed is proposed. Who spends the first
    weeks in an arrival cell counts in the cell of the unit only: one bed a person.
    """
    wings = (await conn.execute(_WINGS, {"site": site, "today": today})).all()
    return Occupancy(wings, (await conn.execute(_WAITING, {"site": site})).all())


_WINGS = sa.text(
    """
    SELECT wings.code AS wing, wings.name, wings.sex, cells.type AS cell_type,
        count(*) FILTER (WHERE blocked.kind IS DISTINCT FROM 'outage') AS capacity,
        count(*) FILTER (WHERE held.confirmed AND blocked.kind IS NULL) AS confirmed,
        count(*) FILTER (WHERE NOT held.confirmed AND blocked.kind IS NULL) AS proposed,
        count(*) FILTER (WHERE blocked.kind = 'hold') AS held,
        count(*) FILTER (WHERE blocked.kind = 'outage') AS out_of_service
    FROM wings JOIN units ON units.wing = wings.code JOIN cells ON cells.unit = units.code LEFT JOIN (
        SELECT cell, bool_or(confirmed) AS confirmed FROM (
            SELECT DISTINCT ON (assignments.id) bed_uses.cell, assignments.state = 'confirmed' AS confirmed
            FROM assignments JOIN bed_uses ON bed_uses.stay_id = assignments.id AND bed_uses.kind = 'stay'
                AND bed_uses.given_up_at IS NULL
            WHERE assignments.state IN ('proposed', 'confirmed') ORDER BY assignments.id, bed_uses.nights DESC
        ) AS last GROUP BY cell
    ) AS held ON held.cell = cells.code
    LEFT JOIN bed_uses AS blocked ON blocked.cell = cells.code AND blocked.given_up_at IS NULL
        AND blocked.kind IN ('outage', 'hold') AND blocked.period @> :today
    WHERE wings.site = :site AND cells.in_service AND cells.type <> 'secure_waiting'
    GROUP BY wings.code, cells.type ORDER BY wings.code, cells.type
    """
).bindparams(sa.bindparam("today", type_=sa.Date))

_WAITING = sa.text(
    """
    SELECT sex, cell_type, count(*) AS waiting FROM requests WHERE site = :site AND state = 'waitlisted'
    GROUP BY sex, cell_type ORDER BY sex, cell_type
    """
)


async def vacancies(
    conn: AsyncConnection, site: str, sex: str, cell_type: str, starts_on: date, until: date
) -> sa.Row[Any]:
    """What is free of one pool for a stay of `[starts_on, until)`: `free, next_free_on`."""
    given = {"site": site, "sex": sex, "cell_type": cell_type, "starts_on": starts_on, "until": until}
    return (await conn.execute(_VACANCIES, given)).one()


# A pool that does not exist has nothing free, and will not have.
_VACANCIES = sa.text(
    """
    SELECT count(*) FILTER (WHERE coalesce(lower(period), '-infinity') <= :starts_on) AS free,
        min(greatest(coalesce(lower(period), :starts_on), :starts_on)) AS next_free_on
    FROM vacancies JOIN pools ON pools.code = vacancies.pool JOIN sites ON sites.code = pools.site
    WHERE pools.site = :site AND pools.sex = :sex AND pools.cell_type = :cell_type
        AND coalesce(lower(period), '-infinity') < :until
        AND (upper_inf(period) OR upper(period) >= :until + cleaning_days)
    """
).bindparams(sa.bindparam("starts_on", type_=sa.Date), sa.bindparam("until", type_=sa.Date))


async def stays(
    conn: AsyncConnection,
    *,
    limit: int,
    after: Place | None = None,
    state: str | None = None,
    candidacy_id: UUID | None = None,
) -> Sequence[sa.Row[Any]]:
    """A page of stays with their beds, ranks and whether somebody with an earlier decision waits for the bed.

    Args:
        conn: open for reading.
        limit: the most rows to give.
        after: the place that the page begins behind.
        state: only stays that stand there.
        candidacy_id: only this person's stay.
    """
    page = _STAYS.order_by(*_order).limit(limit)
    if after is not None:
        page = page.where(sa.tuple_(*_order) > sa.tuple_(*map(sa.literal, after)))
    if state is not None:
        page = page.where(requests.c.state == state)
    if candidacy_id is not None:
        page = page.where(requests.c.candidacy_id == candidacy_id)
    rows: Sequence[sa.Row[Any]] = (await conn.execute(page)).all()
    return rows


async def stay(conn: AsyncConnection, stay_id: UUID) -> sa.Row[Any] | None:
    """One stay, as `stays` shows it; None once a change of its order has replaced it."""
    row: sa.Row[Any] | None = (await conn.execute(_STAYS.where(requests.c.stay_id == stay_id))).first()
    return row


_order = (requests.c.decided_on, requests.c.file_number, requests.c.id)
_other = requests.alias("other")


def _turn(request: Any) -> sa.Tuple:
    first = sa.func.coalesce(request.c.ahead_at, sa.text("'infinity'::timestamptz"))
    return sa.tuple_(first, request.c.decided_on, request.c.file_number, request.c.id)


AHEAD = sa.and_(_other.c.pool == requests.c.pool, _other.c.state == "waitlisted", _turn(_other) < _turn(requests))
"""Whether somebody (`exists`), or how many, wait for the bed of a request and come first."""

NIGHTS = (
    sa.select(
        sa.func.min(sa.func.lower(bed_uses.c.nights)).label("starts_on"),
        sa.func.max(sa.func.upper(bed_uses.c.nights)).label("ends_on"),
        sa.func.array_agg(aggregate_order_by(bed_uses.c.cell, bed_uses.c.nights)).label("cells"),
        sa.func.max(sa.func.lower(bed_uses.c.nights)).label("last_cell_from"),
    )
    .where(bed_uses.c.stay_id == assignments.c.id, bed_uses.c.kind == "stay", bed_uses.c.given_up_at.is_(None))
    .lateral("nights")
)
"""The first and the last night of an assignment, and its cells in their order."""

_STAYS: sa.Select[Any] = (
    sa.select(
        *(column for column in requests.c if column.name != "site"),
        assignments.c.cell_now,
        NIGHTS.c.starts_on,
        NIGHTS.c.ends_on,
        NIGHTS.c.cells,
        assignments.c.confirm_by,
        assignments.c.confirmed_at,
        assignments.c.confirmed_by_function,
        sa.and_(assignments.c.expected_order.is_not(None), requests.c.state.in_(("proposed", "confirmed"))).label(
            "expected"
        ),
        assignments.c.arrived_on,
        assignments.c.departed_on,
        assignments.c.departure_reason,
        sa.case(
            (
                sa.and_(requests.c.state == "waitlisted", requests.c.pool.is_not(None)),
                sa.select(sa.func.count() + 1).select_from(_other).where(AHEAD).scalar_subquery(),
            ),
        ).label("rank"),
        sa.and_(requests.c.state == "proposed", sa.exists().where(AHEAD)).label("earlier_decision_waits"),
    )
    .join_from(requests, assignments, assignments.c.id == requests.c.stay_id, isouter=True)
    .join(NIGHTS, sa.true(), isouter=True)
    .where(requests.c.stay_id.is_not(None))
)
