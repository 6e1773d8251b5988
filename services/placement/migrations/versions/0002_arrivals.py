"""Arrival and departure; a stay that begins early takes the days before from the vacancies of its cell."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    ALTER TABLE requests
        DROP CONSTRAINT ck_requests_state,
        DROP CONSTRAINT ck_requests_pool,
        ADD CONSTRAINT ck_requests_state CHECK (
            state IN ('requested', 'proposed', 'confirmed', 'arrived', 'waitlisted', 'cancelled', 'departed')
        ),
        ADD CONSTRAINT ck_requests_pool
            CHECK (pool IS NOT NULL OR state NOT IN ('proposed', 'confirmed', 'arrived'))
    """,
    """
    ALTER TABLE assignments
        ADD transfer_order text,
        ADD arrived_on date,
        ADD arrival_by text,
        ADD arrival_by_function text,
        ADD arrival_at timestamptz,
        ADD departed_on date,
        ADD departure_reason text,
        ADD departure_by text,
        ADD departure_by_function text,
        ADD departure_at timestamptz,
        ADD CONSTRAINT ck_assignments_arrival_by_somebody CHECK (
            num_nulls(transfer_order, arrived_on, arrival_by, arrival_by_function, arrival_at) IN (0, 5)
        ),
        ADD CONSTRAINT ck_assignments_arrived_on_confirmed CHECK (arrived_on IS NULL OR confirmed_by IS NOT NULL),
        ADD CONSTRAINT ck_assignments_departure_by_somebody CHECK (
            num_nulls(departed_on, departure_reason, departure_by, departure_by_function, departure_at) IN (0, 5)
        ),
        ADD CONSTRAINT ck_assignments_departed_after_arrival CHECK (departed_on >= arrived_on),
        ADD CONSTRAINT ck_assignments_occupied_until_departure CHECK (
            (departed_on IS NOT NULL) = (state = 'released' AND arrived_on IS NOT NULL)
        )
    """,
    """
    CREATE UNIQUE INDEX uq_assignments_occupied_cell ON assignments (cell)
        WHERE arrived_on IS NOT NULL AND departed_on IS NULL
    """,
    # As before, but a live assignment whose days change is given back and cut out again.
    """
    CREATE OR REPLACE FUNCTION keep_vacancies() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        was_live boolean := TG_OP = 'UPDATE' AND OLD.state IN ('proposed', 'confirmed');
        is_live boolean := NEW.state IN ('proposed', 'confirmed');
        moved boolean := TG_OP = 'UPDATE' AND OLD.period <> NEW.period;
    BEGIN
        IF was_live AND (moved OR NOT is_live) THEN
            WITH beside AS (
                DELETE FROM vacancies WHERE cell = OLD.cell AND period -|- OLD.period RETURNING period
            ),
            free AS (
                SELECT range_merge(range_agg(period)) AS period
                FROM (SELECT period FROM beside UNION ALL SELECT OLD.period) AS part
            )
            INSERT INTO vacancies (cell, period, pool)
            SELECT cells.code, free.period, cells.pool FROM cells, free
            WHERE cells.code = OLD.cell AND cells.pool IS NOT NULL AND cells.in_service;
        END IF;
        IF is_live AND (moved OR NOT was_live) THEN
            WITH taken AS (
                DELETE FROM vacancies WHERE cell = NEW.cell AND period && NEW.period RETURNING pool, period
            )
            INSERT INTO vacancies (cell, period, pool)
            SELECT NEW.cell, unnest(datemultirange(period) - datemultirange(NEW.period)), pool FROM taken;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    "DROP TRIGGER keep_vacancies ON assignments",
    """
    CREATE TRIGGER keep_vacancies AFTER INSERT OR UPDATE OF state, period ON assignments
        FOR EACH ROW EXECUTE FUNCTION keep_vacancies()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
