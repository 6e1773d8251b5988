"""A named officer's hand on the line: who goes ahead, and cells that are lent."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.requests import IN_ORDER
from services.placement.store.types import DATE
from services.placement.store.uses import Author
from services.placement.tables import assignments, requests, turn_changes


async def is_ahead(conn: AsyncConnection, request_id: UUID) -> bool:
    """Whether somebody goes ahead of the order of decisions."""
    found = sa.select(requests.c.ahead_at.is_not(None)).where(requests.c.id == request_id)
    return bool((await conn.execute(found)).scalar_one())


async def put_ahead(conn: AsyncConnection, request_id: UUID, reason: str, by: Author, change_id: UUID) -> None:
    """Has somebody go ahead of the order of decisions; the act stays known under `change_id`."""
    values = {"ahead_at": by.at, "ahead_by": by.officer, "ahead_by_function": by.function, "ahead_because": reason}
    await conn.execute(sa.update(requests).where(requests.c.id == request_id).values(values))
    await _note(conn, change_id, request_id, "ahead", reason, by)


async def put_in_order(conn: AsyncConnection, request_id: UUID, by: Author, change_id: UUID) -> None:
    """Has somebody wait in the order of decisions again; the act stays known under `change_id`."""
    await conn.execute(sa.update(requests).where(requests.c.id == request_id).values(IN_ORDER))
    await _note(conn, change_id, request_id, "in_order", None, by)


async def _note(
    conn: AsyncConnection, change_id: UUID, request_id: UUID, change: str, reason: str | None, by: Author
) -> None:
    noted = {"id": change_id, "request_id": request_id, "change": change, "reason": reason, **by._asdict()}
    await conn.execute(turn_changes.insert(), noted)


async def lend(conn: AsyncConnection, stay_id: UUID, by: Author, reason: str) -> None:
    """Notes that the cell of a stay is lent: it is of a type that the person does not need."""
    values = {"lent_because": reason, "lent_by": by.officer, "lent_by_function": by.function, "lent_at": by.at}
    await conn.execute(sa.update(assignments).where(assignments.c.id == stay_id).values(values))


async def recall(conn: AsyncConnection, stay_id: UUID, by: Author) -> bool:
    """Notes that a cell that is lent is needed; whether one was, and was not recalled before."""
    recalled = (
        sa.update(assignments)
        .where(
            assignments.c.id == stay_id,
            assignments.c.lent_at.is_not(None),
            assignments.c.recalled_at.is_(None),
            assignments.c.state != "released",
        )
        .values(recalled_by=by.officer, recalled_by_function=by.function, recalled_at=by.at)
        .returning(assignments.c.id)
    )
    return (await conn.execute(recalled)).first() is not None


async def waiting_rows(conn: AsyncConnection, site: str, today: date) -> list[sa.Row[Any]]:
    """The lists of a site, by pool and in their order: `pool, stay_id, file_number, decided_on, ahead, rank, …`.

    `next_free_on` is the first day, not before `today` (Europe/Paris), from which a cell of the pool is free until the
    person's projected exit, away from whom the person is kept apart; None when there is none. `blocked_by` is
    `passed_over` where a bed is free: nobody is proposed one whose next event is not read yet.
    """
    return list(await conn.execute(_WAITING_ROWS, {"site": site, "today": today}))


WAITING = """
    SELECT requests.*, own.separated, own.come_on, cleaning_days, (
        SELECT min(day) FROM vacancies CROSS JOIN LATERAL (
            SELECT greatest(lower(period), own.come_on) UNION ALL SELECT unnest(own.apart_until)
        ) AS begins (day)
        WHERE vacancies.pool = requests.pool AND day >= greatest(lower(period), own.come_on) AND day < projected_exit
            AND (upper_inf(period) OR upper(period) >= projected_exit + cleaning_days)
            AND CASE WHEN own.separated AND day < projected_exit
                THEN NOT kept_apart(candidacy_id, cell, daterange(day, projected_exit)) ELSE true END
    ) AS next_free_on
    FROM requests JOIN sites ON sites.code = requests.site CROSS JOIN LATERAL (
        SELECT greatest(planned_entry, :today) AS come_on, count(separations.id) > 0 AS separated,
            array_agg(day) AS apart_until
        FROM separations LEFT JOIN LATERAL (
            SELECT upper(separations.period) UNION ALL SELECT upper(nights) FROM bed_uses
            WHERE given_up_at IS NULL AND candidacy_id IN (one, other) AND candidacy_id <> requests.candidacy_id
        ) AS ends (day) ON true
        WHERE lifted_at IS NULL AND requests.candidacy_id IN (one, other)
    ) AS own
    WHERE requests.site = :site AND state = 'waitlisted'
"""
"""Who waits at `:site`, and from when a bed is free that lasts until the person's exit, seen from `:today`."""

# Somebody waits beside a cell that is free for all the nights: only those who are kept apart can be in the way.
_WAITING_ROWS = sa.text(
    f"""
    SELECT pool, stay_id, candidacy_id, file_number, decided_on, sex, cell_type, planned_entry, projected_exit,
        ahead_at IS NOT NULL AS ahead, CASE WHEN pool IS NOT NULL THEN row_number() OVER (
            PARTITION BY pool ORDER BY coalesce(ahead_at, 'infinity'), decided_on, file_number, id) END AS rank,
        next_free_on, CASE WHEN pool IS NULL THEN 'no_compatible_pool'
        WHEN next_free_on <= come_on THEN 'passed_over' WHEN separated AND EXISTS (
            SELECT FROM vacancies WHERE vacancies.pool = waiting.pool AND greatest(lower(period), come_on)
                <= least(come_on + cleaning_days, projected_exit - 1)
                AND (upper_inf(period) OR upper(period) >= projected_exit + cleaning_days)
                AND kept_apart(candidacy_id, cell, daterange(come_on, greatest(come_on, projected_exit)))
        ) THEN 'kept_apart' ELSE 'no_free_bed' END AS blocked_by
    FROM ({WAITING}) AS waiting ORDER BY pool NULLS LAST, rank, decided_on, file_number, id
    """  # noqa: S608
).bindparams(sa.bindparam("today", type_=DATE))
