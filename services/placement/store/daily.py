"""What each cell is on each day: occupancy by day, and the cell plan. Read from `bed_uses`, nothing is stored twice."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Days
from services.placement.store.types import DATE

STATUSES = ("occupied", "confirmed", "proposed", "held", "cleaning", "out_of_service")
"""What a cell can be on a day, other than free."""


async def occupancy_by_day(conn: AsyncConnection, site: str, days: Days, today: date) -> list[dict[str, Any]]:
    """How many cells of each wing and type are what on each day: `day, wing, cell_type, cells`, `STATUSES`, `free`.

    Each use counts where it begins and where it ends, and the sums run over the days: a year costs what its uses cost,
    however long they are. Secure waiting cells belong to no wing and are left out.

    Args:
        conn: open for reading.
        site: its code.
        days: Europe/Paris.
        today: until when it is known where those who are present sleep, whatever was planned.
    """
    given = {"site": site, "first": days.start, "until": days.end, "today": today}
    found = await conn.execute(_BY_DAY, given)
    # Thousands of rows: plain dictionaries cost their reader a third of what mappings of rows do.
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


async def plan(conn: AsyncConnection, site: str, day: date, today: date) -> Sequence[sa.Row[Any]]:
    """Every cell of a site on a day: what it is, for whom, and what it is next.

    Returns:
        Rows of `cell, wing, cell_type, status, stay_id, file_number, next_on, next_status`; the last two are None
        where nothing changes any more.
    """
    given = {"site": site, "first": day, "until": None, "today": today}
    return (await conn.execute(_PLAN, given)).all()


# Where somebody who is present sleeps goes before what was planned for these days: the cell of who stays on beyond the
# last night that was planned in it is occupied, and the one where the person ought to be by now is kept, not slept in.
_SPANS = """
    elsewhere AS (
        SELECT assignments.id AS stay_id, cell_now AS cell,
            datemultirange(daterange(coalesce(max(upper(nights)) FILTER (WHERE cell = cell_now), :today), :today + 1))
                AS days
        FROM assignments JOIN bed_uses
            ON bed_uses.stay_id = assignments.id AND bed_uses.kind = 'stay' AND bed_uses.given_up_at IS NULL
        WHERE cell_now IS NOT NULL GROUP BY assignments.id
        HAVING coalesce(max(upper(nights)) FILTER (WHERE cell = cell_now), :today) <= :today
    ),
    used AS MATERIALIZED (
        SELECT bed_uses.cell, bed_uses.stay_id, period, coalesce(nights, period) AS nights, CASE
            WHEN kind = 'outage' THEN 'out_of_service' WHEN kind = 'hold' THEN 'held'
            WHEN kind = 'secure_waiting' OR arrived_on IS NOT NULL THEN 'occupied' ELSE assignments.state
        END AS status
        FROM bed_uses LEFT JOIN assignments ON assignments.id = bed_uses.stay_id
        WHERE given_up_at IS NULL AND period && daterange(:first, :until)
    ),
    spans AS (
        SELECT used.cell, CASE WHEN part.status <> 'cleaning' THEN used.stay_id END AS stay_id, part.status,
            unnest(part.days * datemultirange(daterange(:first, :until)) - coalesce(other.days, '{}')) AS days
        FROM used LEFT JOIN elsewhere AS other ON other.cell = used.cell
        LEFT JOIN elsewhere AS own ON own.stay_id = used.stay_id
        CROSS JOIN LATERAL (VALUES
            (datemultirange(nights) - coalesce(own.days, '{}'), used.status),
            (datemultirange(nights) * own.days, 'confirmed'),
            (datemultirange(period - nights), 'cleaning')
        ) AS part (days, status)
        UNION ALL
        SELECT cell, stay_id, 'occupied', unnest(days * datemultirange(daterange(:first, :until))) FROM elsewhere
    )
"""

_EDGES = ", ".join(f"coalesce(sum(n) FILTER (WHERE status = '{status}'), 0)::int AS {status}" for status in STATUSES)
_SUMS = ", ".join(f"sum({name}) OVER turn AS {name}" for name in (*STATUSES, "closed"))
_OTHERS = ", ".join(STATUSES[:-1])

# A cell that is not in service is out of it on every day on which nothing else is known of it.
_BY_DAY = sa.text(
    f"""
    WITH {_SPANS},
    placed AS (
        SELECT cells.code, cells.in_service, units.wing, cells.type AS cell_type
        FROM cells JOIN units ON units.code = cells.unit WHERE cells.site = :site
    ),
    kinds AS (
        SELECT wing, cell_type, count(*) AS cells, count(*) FILTER (WHERE NOT in_service) AS closed_cells
        FROM placed GROUP BY wing, cell_type
    ),
    days AS (SELECT :first + n AS day FROM generate_series(0, :until - :first - 1) AS n),
    edges AS (
        SELECT wing, cell_type, in_service, status, day, n
        FROM spans JOIN placed ON placed.code = spans.cell
            CROSS JOIN LATERAL (VALUES (lower(days), 1), (upper(days), -1)) AS edge (day, n)
        WHERE day < :until
        UNION ALL
        -- Days on which nothing begins or ends are days as well.
        SELECT wing, cell_type, true, NULL, day, 0 FROM kinds CROSS JOIN days
    ),
    changes AS (
        SELECT wing, cell_type, day, {_EDGES}, coalesce(sum(n) FILTER (WHERE NOT in_service), 0)::int AS closed
        FROM edges GROUP BY wing, cell_type, day
    ),
    running AS (
        SELECT day, wing, cell_type, {_SUMS} FROM changes
        WINDOW turn AS (PARTITION BY wing, cell_type ORDER BY day)
    )
    SELECT day, wing, cell_type, cells, {_OTHERS},
        out_of_service + closed_cells - closed AS out_of_service,
        cells - closed_cells + closed - {" - ".join(STATUSES)} AS free
    FROM running JOIN kinds USING (wing, cell_type) ORDER BY day, wing, cell_type
    """  # noqa: S608
).bindparams(sa.bindparam("first", type_=DATE), sa.bindparam("until", type_=DATE), sa.bindparam("today", type_=DATE))

_PLAN = sa.text(
    f"""
    WITH {_SPANS}
    SELECT cells.code AS cell, units.wing, cells.type AS cell_type, coalesce(here.status, own.status) AS status,
        here.stay_id, requests.file_number, coalesce(upper(here.days), following.day) AS next_on,
        CASE WHEN here.status IS NULL THEN following.status
            WHEN NOT upper_inf(here.days) THEN coalesce(beside.status, own.status) END AS next_status
    FROM cells LEFT JOIN units ON units.code = cells.unit
    CROSS JOIN LATERAL (SELECT CASE WHEN cells.in_service THEN 'free' ELSE 'out_of_service' END AS status) AS own
    LEFT JOIN spans AS here ON here.cell = cells.code AND lower(here.days) = :first
    LEFT JOIN spans AS beside ON beside.cell = cells.code AND lower(beside.days) = upper(here.days)
    LEFT JOIN LATERAL (
        SELECT lower(days) AS day, spans.status FROM spans
        WHERE spans.cell = cells.code AND here.status IS NULL ORDER BY lower(days) LIMIT 1
    ) AS following ON true
    LEFT JOIN assignments ON assignments.id = here.stay_id LEFT JOIN requests ON requests.id = assignments.request_id
    WHERE cells.site = :site ORDER BY cells.code
    """  # noqa: S608
).bindparams(sa.bindparam("first", type_=DATE), sa.bindparam("until", type_=DATE), sa.bindparam("today", type_=DATE))
