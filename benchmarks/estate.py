"""Placement's database of Arras with years of stays behind it, for the scenarios that choose and count beds."""

import asyncpg

from benchmarks.lab import Lab, for_engine
from services.placement.seed import load
from shared.database import create_engine
from shared.migrate import upgrade

_FILL = (
    # Triggers would take most of the time: vacancies are made at the end, at once.
    "SET session_replication_role = replica",
    """
    CREATE TEMPORARY TABLE past AS
    SELECT code AS cell, gen_random_uuid() AS request, gen_random_uuid() AS stay, gen_random_uuid() AS candidacy,
        row_number() OVER () AS number, came, came + nights AS went
    FROM cells CROSS JOIN LATERAL (
        SELECT date '2026-11-23' - n * slot + abs(hashtext(code)) % slot AS came,
            slot - 2 - abs(hashtext(code)) % 3 AS nights
        FROM (SELECT CASE type WHEN 'arrival' THEN 24 ELSE 420 END AS slot) AS one,
            generate_series(1, 1 + ($1::int * 365) / slot) AS n
    ) AS stays WHERE site = 'ARR' AND pool IS NOT NULL
    """,
    """
    INSERT INTO requests (id, candidacy_id, site, event_id, decision_number, decided_on, file_number, sex, cell_type,
        planned_entry, projected_exit, pool, stay_id, state, overdue, version)
    SELECT request, candidacy, 'ARR', request::text, 'ARR-' || number, came - 40, number, 'M', 'standard', came, went,
        'ARR-M-standard', stay, CASE WHEN went > '2026-11-23' THEN 'arrived' ELSE 'departed' END, false, 4
    FROM past
    """,
    """
    INSERT INTO assignments (id, request_id, candidacy_id, cell_now, state, from_waiting_list, proposed_at, confirm_by,
        confirmed_by, confirmed_by_function, confirmed_at, released_at, transfer_order, arrived_on, arrival_by,
        arrival_by_function, arrival_at, departed_on, departure_reason, departure_by, departure_by_function,
        departure_at)
    SELECT stay, request, candidacy, CASE WHEN there THEN cell END,
        CASE WHEN there THEN 'confirmed' ELSE 'released' END, false, came - 30, came,
        'officer', 'placement_officer', came - 20, CASE WHEN NOT there THEN went END, 'OT-1',
        came, 'officer', 'placement_officer', came, CASE WHEN NOT there THEN went END,
        CASE WHEN NOT there THEN 'end_of_sentence' END, CASE WHEN NOT there THEN 'officer' END,
        CASE WHEN NOT there THEN 'placement_officer' END, CASE WHEN NOT there THEN went END
    FROM past CROSS JOIN LATERAL (SELECT went > '2026-11-23' AS there) AS now
    """,
    """
    INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, function, reason, at)
    SELECT gen_random_uuid(), cell, daterange(came, went + 1), 'stay', stay, candidacy, daterange(came, went),
        'placement_officer', 'departed', came
    FROM past
    """,
    "DELETE FROM vacancies WHERE cell IN (SELECT cell FROM past)",
    """
    INSERT INTO vacancies (cell, period, pool)
    SELECT cells.code, unnest(datemultirange(daterange(NULL, NULL)) - range_agg(period)), cells.pool
    FROM cells JOIN bed_uses ON bed_uses.cell = cells.code GROUP BY cells.code
    """,
    "SET session_replication_role = origin",
)


async def stayed(lab: Lab, years: int) -> str:
    """Makes a database of placement with so many years of stays; gives its `postgresql://…` address.

    About one cell in a hundred of Arras is free on 23 November 2026, the others for the years after some months.
    """
    url = await lab.database()
    engine = create_engine(for_engine(url), application="bench-prepare")
    try:
        await upgrade(engine, "placement")
        async with engine.begin() as conn:
            await load(conn)
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    try:
        for statement in _FILL:
            await connection.execute(statement.replace("$1", str(years)))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return url
