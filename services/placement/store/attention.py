"""What waits for an officer: questions put to what is there. Nothing is stored, so nothing has to be closed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.presence import BY_AN_OFFICER
from services.placement.store.types import DATE


async def attention(conn: AsyncConnection, site: str, today: date) -> Sequence[sa.Row[Any]]:
    """All that waits for an officer of a site, the oldest first.

    Rows of `kind, due, stay_id, separation_id, outage_id, cell`; what a line is not about is None.
    """
    return (await conn.execute(_ATTENTION, {"site": site, "today": today})).all()


# Each kind is a line of its own that selects from the same few tables: a new one is one more.
_ATTENTION = sa.text(
    f"""
    WITH held AS (
        SELECT requests.*, assignments.confirm_by, assignments.arrived_on, assignments.cell_now, assignments.lent_at,
            assignments.recalled_at, nights.first, nights.last, nights.tonight
        FROM requests JOIN assignments ON assignments.id = requests.stay_id CROSS JOIN LATERAL (
            SELECT min(lower(nights)) AS first, max(upper(nights)) AS last,
                bool_or(nights @> CAST(:today AS date) AND cell = cell_now) AS tonight
            FROM bed_uses WHERE bed_uses.stay_id = assignments.id AND kind = 'stay' AND given_up_at IS NULL
        ) AS nights
        WHERE requests.site = :site AND requests.state IN ('proposed', 'confirmed', 'arrived')
    ),
    waiting AS (SELECT * FROM requests WHERE site = :site AND state = 'waitlisted'),
    found (kind, due, stay_id, separation_id, outage_id, cell) AS (
        SELECT 'proposal_overdue', confirm_by::date, stay_id, NULL::uuid, NULL::uuid, NULL::text
            FROM held WHERE state = 'proposed' AND overdue
        UNION ALL SELECT 'earlier_decision_waits', confirm_by::date, stay_id, NULL, NULL, NULL
            FROM held WHERE state = 'proposed' AND EXISTS (
                SELECT FROM waiting WHERE waiting.pool = held.pool
                    AND (coalesce(waiting.ahead_at, 'infinity'), waiting.decided_on, waiting.file_number)
                    < (coalesce(held.ahead_at, 'infinity'), held.decided_on, held.file_number))
        UNION ALL SELECT 'arrival_unconfirmed', first, stay_id, NULL, NULL, NULL
            FROM held WHERE state = 'proposed' AND first <= CAST(:today AS date) + 7
        UNION ALL SELECT 'not_arrived', first, stay_id, NULL, NULL, NULL
            FROM held WHERE state = 'confirmed' AND first < :today
        UNION ALL SELECT 'departure_overdue', projected_exit, stay_id, NULL, NULL, cell_now
            FROM held WHERE state = 'arrived' AND projected_exit <= :today
        UNION ALL SELECT 'arrival_phase_over', arrived_on + arrival_days, stay_id, NULL, NULL, cell_now
            FROM held JOIN cells ON cells.code = cell_now JOIN sites ON sites.code = held.site
            WHERE cells.type = 'arrival' AND arrived_on + arrival_days <= :today
        UNION ALL SELECT 'bed_conflict', CAST(:today AS date), stay_id, NULL, NULL, cell_now
            FROM held WHERE state = 'arrived' AND tonight IS NOT TRUE
        UNION ALL SELECT 'move_due', lower(planned.nights), held.stay_id, NULL, NULL, planned.cell
            FROM held JOIN bed_uses AS planned ON planned.stay_id = held.stay_id AND planned.kind = 'stay'
            WHERE planned.given_up_at IS NULL AND lower(planned.nights) <= CAST(:today AS date) + 1
                AND upper(planned.nights) > :today AND planned.cell <> cell_now AND {BY_AN_OFFICER}
        UNION ALL SELECT stay_records.kind || '_overdue', expected_end, held.stay_id, NULL, NULL, NULL
            FROM held JOIN stay_records ON stay_records.stay_id = held.stay_id CROSS JOIN LATERAL (
                SELECT CASE WHEN kind = 'secure_waiting' THEN coalesce(until, day + 1) ELSE until END AS expected_end
            ) AS planned
            WHERE stay_records.kind IN ('absence', 'secure_waiting') AND expected_end <= :today
                AND NOT EXISTS (SELECT FROM stay_records AS closing WHERE closing.closes = stay_records.id)
        UNION ALL SELECT 'exit_beyond_bed', last, stay_id, NULL, NULL, NULL FROM held WHERE last < projected_exit
        UNION ALL SELECT 'loan_needed', lent_at::date, stay_id, NULL, NULL, NULL
            FROM held WHERE lent_at IS NOT NULL AND recalled_at IS NULL
                AND EXISTS (SELECT FROM waiting WHERE waiting.sex = held.sex AND waiting.cell_type = 'adapted')
        UNION ALL SELECT 'waits_in_vain', projected_exit, stay_id, NULL, NULL, NULL
            FROM waiting WHERE NOT EXISTS (
                SELECT FROM vacancies WHERE vacancies.pool = waiting.pool
                    AND coalesce(lower(period), '-infinity') < projected_exit
                    AND (upper_inf(period) OR upper(period) >= projected_exit))
        UNION ALL SELECT 'outage_overdue', expected_back_on, NULL, NULL, outages.id, cell
            FROM outages JOIN cells ON cells.code = cell
            WHERE cells.site = :site AND ended_at IS NULL AND expected_back_on <= :today
        UNION ALL SELECT 'kept_apart_together', lower(period), NULL, separations.id, NULL, NULL
            FROM separations WHERE lifted_at IS NULL AND EXISTS (
                SELECT FROM bed_uses WHERE candidacy_id = separations.one AND given_up_at IS NULL
                    AND upper(nights) > :today
                    AND kept_apart(separations.one, bed_uses.cell, bed_uses.nights * separations.period))
    )
    SELECT * FROM found ORDER BY due, kind, stay_id, separation_id, outage_id
    """  # noqa: S608
).bindparams(sa.bindparam("today", type_=DATE))
