"""Selection's database with many fictitious files, for the scenarios that read and assess them by the thousand."""

import asyncpg

from benchmarks.lab import Lab, for_engine
from shared.database import create_engine
from shared.migrate import upgrade

_FILL = (
    """
    INSERT INTO vault.identities (person_id, last_name, first_names, birth_date, ecrou_number, sex)
    SELECT lpad(to_hex(n), 32, '0')::uuid,
        (ARRAY['Valjean','Thénardier','Fauchelevent','Javert','Pontmercy','Gillenormand','Enjolras','Courfeyrac',
            'Combeferre','Grantaire','Bahorel','Laigle','Joly','Prouvaire','Feuilly','Mabeuf'])[1 + n % 16]
            || '-' || translate(to_hex(n % 4096), '0123456789', 'ghijklmnop'),
        (ARRAY['Jean','Éponine','Cosette','Marius','Fantine','Azelma','Gavroche'])[1 + n % 7],
        date '1960-01-01' + n % 14000, 'F-' || n, CASE WHEN n % 20 = 0 THEN 'F' ELSE 'M' END
    FROM generate_series(1, $1::int) AS n
    """,
    """
    INSERT INTO candidacies (id, person_id, site, state, version, round, prepared_by, preparers, referent,
        establishment, arrived_on, departed_on, deferred_until, penal_status, sentences, sentence_end, extract_on,
        consent_signed_on, planned_entry, specially_flagged, terrorism, separation,
        other_proceedings, adjustment_requested, local_project, adapted_cell, training_wishes, partner_categories,
        created_at, submitted_at,
        opinion_id, decision_number)
    SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'ARR', CASE WHEN $2 THEN 'assessed'
        WHEN n % 20 = 0 OR n > $1 * 0.97 THEN
            (ARRAY['submitted','assessed','assessed','approved','deferred'])[1 + n / 20 % 5]
        ELSE (ARRAY['approved','refused','withdrawn','lapsed'])[1 + n % 4] END,
        3, 1, 'cpip-' || n % 200, ARRAY['cpip-' || n % 200], 'cpip-' || n % 200, 'MA-' || n % 40,
        CASE WHEN NOT $2 AND n % 20 <> 0 AND n <= $1 * 0.97 AND n % 4 = 0 THEN date '2025-02-01' END,
        CASE WHEN NOT $2 AND n % 20 <> 0 AND n <= $1 * 0.97 AND n % 4 = 0 THEN date '2026-02-01' END,
        date '2027-01-01', 'finally_convicted', '[{"pronounced": [4, 0, 0], "firm": null}]',
        date '2028-01-01' + n % 900, date '2026-11-01' + n % 25, date '2026-10-01', date '2027-01-11',
        false, false, false, false, false, true, n % 50 = 0, '{ARR-CODING,ARR-METAL}', '{region}',
        timestamptz '2026-01-01' + n * interval '1 minute',
        timestamptz '2026-11-20' + n * interval '1 second', md5(n::text)::uuid, 'ARR-2026-' || n
    FROM generate_series(1, $1::int) AS n
    """,
    """
    INSERT INTO opinions (id, candidacy_id, rule_version, reference_on, result, at_entry, lines, entry_lines,
        inputs, choices, assessed_by, assessed_at)
    SELECT opinion_id, id, 'earlier', date '2026-11-20', 'favourable', 'favourable', '[]', '[]', '{}', '{}', 'cpip',
        submitted_at
    FROM candidacies
    """,
    """
    INSERT INTO file_history (candidacy_id, version, act, state, officer, officer_function, at)
    SELECT id, v, (ARRAY['submit','assess','approve'])[v], state, 'cpip', 'cpip', submitted_at + v * interval '1 day'
    FROM candidacies, generate_series(1, 3) AS v WHERE v < 3 OR state = 'approved'
    """,
    """
    INSERT INTO journey_steps (candidacy_id, step, version, fact, request_id, detail, occurred_at)
    SELECT id, step, 1, CASE step WHEN 'accommodation' THEN
        (ARRAY['bed_assigned','assignment_confirmed','bed_waitlisted'])[1 + file_number % 3] ELSE 'enrolled' END,
        id::text, '{"state": "proposed"}', submitted_at
    FROM candidacies, unnest(ARRAY['accommodation','training']) AS step WHERE state = 'approved'
    """,
    """
    INSERT INTO expected_replies (request_id, candidacy_id, step, asked_version, asked_at, answered_at)
    SELECT gen_random_uuid(), id, step, 2, submitted_at, CASE WHEN file_number % 97 > 0 THEN submitted_at END
    FROM candidacies, unnest(ARRAY['accommodation','training','partners']) AS step WHERE state = 'approved'
    """,
    """
    INSERT INTO deadlines (id, candidacy_id, kind, subject, owner, due_on, opened_at, met_at)
    SELECT gen_random_uuid(), id, 'decision', id, 'decision_authority', date '2026-11-01' + (file_number % 90)::int,
        submitted_at, CASE WHEN state NOT IN ('submitted', 'assessed', 'deferred') THEN submitted_at END
    FROM candidacies
    """,
)


async def filled(lab: Lab, count: int, *, all_assessed: bool = False) -> str:
    """Makes a database of selection with so many files; gives its `postgresql://…` address.

    Args:
        all_assessed: every file is open and has an opinion; else one in twenty, and the latest.
    """
    url = await lab.database()
    engine = create_engine(for_engine(url), application="bench-prepare")
    try:
        await upgrade(engine, "selection")
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    try:
        for statement in _FILL:
            given = [count, all_assessed][: 2 if "$2" in statement else 1 if "$1" in statement else 0]
            await connection.execute(statement, *given)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    await lab.checkpoint()
    return url
