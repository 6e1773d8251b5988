"""How many beds of each kind are expected to be free, week by week, and who waits for them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Days
from services.placement.store.types import DATE


async def forecast(conn: AsyncConnection, site: str, days: Days) -> Sequence[sa.Row[Any]]:
    """A row for each pool of a site, with its weeks.

    Args:
        conn: open for reading.
        site: its code.
        days: Europe/Paris; its weeks begin with its first day, and the last may be shorter.

    Returns:
        Rows of `sex, cell_type, places, waiting, first_free_on` and `free`, one number for each week: how many cells
        nothing is planned for on any of its days.
    """
    return (await conn.execute(_FORECAST, {"site": site, "first": days.start, "until": days.end})).all()


_FORECAST = sa.text(
    """
    SELECT pools.sex, pools.cell_type,
        (SELECT count(*) FROM cells WHERE cells.pool = pools.code AND cells.in_service) AS places,
        (SELECT count(*) FROM requests WHERE requests.pool = pools.code AND state = 'waitlisted') AS waiting,
        (SELECT min(greatest(coalesce(lower(period), :first), :first)) FROM vacancies
            WHERE vacancies.pool = pools.code AND period && daterange(:first, NULL)) AS first_free_on,
        (SELECT array_agg(coalesce(free, 0) ORDER BY week.starts_on)
            FROM (SELECT :first + 7 * n AS starts_on FROM generate_series(0, (:until - :first - 1) / 7) AS n) AS week
            LEFT JOIN LATERAL (
                SELECT count(*) AS free FROM vacancies WHERE vacancies.pool = pools.code
                    AND period @> daterange(week.starts_on, least(week.starts_on + 7, :until))
            ) AS counted ON true) AS free
    FROM pools WHERE pools.site = :site ORDER BY pools.sex, pools.cell_type
    """
).bindparams(sa.bindparam("first", type_=DATE), sa.bindparam("until", type_=DATE))
