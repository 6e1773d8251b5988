"""The estate, what is free of it, the requests and the assignments."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    CREATE TABLE sites (
        code text CONSTRAINT pk_sites PRIMARY KEY,
        name text NOT NULL,
        interregion text NOT NULL,
        status text NOT NULL CONSTRAINT ck_sites_status CHECK (status IN ('open', 'preparation', 'suspended'))
    )
    """,
    """
    CREATE TABLE wings (
        code text CONSTRAINT pk_wings PRIMARY KEY,
        site text NOT NULL CONSTRAINT fk_wings_site_sites REFERENCES sites,
        name text NOT NULL,
        sex text NOT NULL CONSTRAINT ck_wings_sex CHECK (sex IN ('M', 'F'))
    )
    """,
    """
    CREATE TABLE units (
        code text CONSTRAINT pk_units PRIMARY KEY,
        wing text NOT NULL CONSTRAINT fk_units_wing_wings REFERENCES wings
    )
    """,
    """
    CREATE TABLE pools (
        code text CONSTRAINT pk_pools PRIMARY KEY,
        site text NOT NULL CONSTRAINT fk_pools_site_sites REFERENCES sites,
        sex text NOT NULL CONSTRAINT ck_pools_sex CHECK (sex IN ('M', 'F')),
        cell_type text NOT NULL CONSTRAINT ck_pools_cell_type CHECK (cell_type IN ('standard', 'adapted')),
        CONSTRAINT uq_pools_site_sex_cell_type UNIQUE (site, sex, cell_type)
    )
    """,
    """
    CREATE TABLE cells (
        code text CONSTRAINT pk_cells PRIMARY KEY,
        site text NOT NULL CONSTRAINT fk_cells_site_sites REFERENCES sites,
        unit text CONSTRAINT fk_cells_unit_units REFERENCES units,
        type text NOT NULL,
        pool text CONSTRAINT fk_cells_pool_pools REFERENCES pools,
        in_service boolean NOT NULL DEFAULT true,
        CONSTRAINT ck_cells_type CHECK (type IN ('standard', 'adapted', 'arrival', 'secure_waiting')),
        CONSTRAINT ck_cells_pool CHECK ((pool IS NOT NULL) = (type IN ('standard', 'adapted'))),
        CONSTRAINT ck_cells_unit CHECK ((unit IS NULL) = (type = 'secure_waiting'))
    )
    """,
    """
    CREATE TABLE vacancies (
        cell text NOT NULL CONSTRAINT fk_vacancies_cell_cells REFERENCES cells,
        period daterange NOT NULL,
        pool text NOT NULL,
        CONSTRAINT pk_vacancies PRIMARY KEY (cell, period WITHOUT OVERLAPS)
    )
    """,
    # Vacancies without an end: cells without any stay come first, then those that are free for ever the soonest.
    """
    CREATE INDEX ix_vacancies_open ON vacancies (pool, coalesce(lower(period), '-infinity'), cell)
        WHERE upper_inf(period)
    """,
    # Vacancies before or between stays, the tightest first.
    """
    CREATE INDEX ix_vacancies_closed ON vacancies (pool, upper(period), coalesce(lower(period), '-infinity'), cell)
        WHERE NOT upper_inf(period)
    """,
    """
    CREATE TABLE requests (
        id uuid CONSTRAINT pk_requests PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT uq_requests_candidacy_id UNIQUE,
        site text NOT NULL CONSTRAINT fk_requests_site_sites REFERENCES sites,
        event_id text NOT NULL,
        decision_number text NOT NULL,
        decided_on date,
        file_number bigint,
        sex text,
        cell_type text,
        planned_entry date,
        projected_exit date,
        pool text CONSTRAINT fk_requests_pool_pools REFERENCES pools,
        stay_id uuid CONSTRAINT uq_requests_stay_id UNIQUE,
        state text NOT NULL,
        overdue boolean NOT NULL,
        version bigint NOT NULL,
        CONSTRAINT ck_requests_state
            CHECK (state IN ('requested', 'proposed', 'confirmed', 'waitlisted', 'cancelled')),
        CONSTRAINT ck_requests_need CHECK (
            state = 'cancelled'
            OR num_nulls(decided_on, file_number, sex, cell_type, planned_entry, projected_exit, stay_id) = 0
        ),
        CONSTRAINT ck_requests_days CHECK (planned_entry < projected_exit),
        CONSTRAINT ck_requests_pool CHECK (pool IS NOT NULL OR state NOT IN ('proposed', 'confirmed')),
        CONSTRAINT ck_requests_overdue CHECK (state = 'proposed' OR NOT overdue)
    )
    """,
    # The waiting list of each pool, in its order.
    """
    CREATE INDEX ix_requests_pool_decided_on_file_number_id ON requests (pool, decided_on, file_number, id)
        WHERE state IN ('requested', 'waitlisted')
    """,
    "CREATE INDEX ix_requests_decided_on_file_number_id ON requests (decided_on, file_number, id)",
    """
    CREATE TABLE assignments (
        id uuid CONSTRAINT pk_assignments PRIMARY KEY,
        request_id uuid NOT NULL CONSTRAINT fk_assignments_request_id_requests REFERENCES requests,
        candidacy_id uuid NOT NULL,
        cell text NOT NULL CONSTRAINT fk_assignments_cell_cells REFERENCES cells,
        period daterange NOT NULL,
        state text NOT NULL,
        from_waiting_list boolean NOT NULL,
        proposed_at timestamptz NOT NULL,
        confirm_by timestamptz NOT NULL,
        confirmed_by text,
        confirmed_by_function text,
        confirmed_at timestamptz,
        released_at timestamptz,
        CONSTRAINT ck_assignments_state CHECK (state IN ('proposed', 'confirmed', 'released')),
        CONSTRAINT ck_assignments_period CHECK (NOT (isempty(period) OR lower_inf(period) OR upper_inf(period))),
        CONSTRAINT ck_assignments_confirmed_by_somebody CHECK (
            num_nulls(confirmed_by, confirmed_by_function, confirmed_at)
            = CASE WHEN state = 'confirmed' THEN 0 WHEN state = 'proposed' THEN 3 ELSE num_nulls(confirmed_by) * 3 END
        ),
        CONSTRAINT ck_assignments_released CHECK ((state = 'released') = (released_at IS NOT NULL)),
        CONSTRAINT ex_assignments_cell_period
            EXCLUDE USING gist (cell WITH =, period WITH &&) WHERE (state IN ('proposed', 'confirmed')),
        CONSTRAINT ex_assignments_candidacy_id_period
            EXCLUDE USING gist (candidacy_id WITH =, period WITH &&) WHERE (state IN ('proposed', 'confirmed'))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_assignments_request_id ON assignments (request_id)
        WHERE state IN ('proposed', 'confirmed')
    """,
    # Whoever writes an assignment, the vacancies follow: a live one is cut out of them, a released one is given back
    # and joined with what is free before and after it. Cells that no pool gives have no vacancies, and get none.
    """
    CREATE FUNCTION keep_vacancies() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        was_live boolean := TG_OP = 'UPDATE' AND OLD.state IN ('proposed', 'confirmed');
        is_live boolean := NEW.state IN ('proposed', 'confirmed');
    BEGIN
        IF is_live AND NOT was_live THEN
            WITH taken AS (
                DELETE FROM vacancies WHERE cell = NEW.cell AND period && NEW.period RETURNING pool, period
            )
            INSERT INTO vacancies (cell, period, pool)
            SELECT NEW.cell, unnest(datemultirange(period) - datemultirange(NEW.period)), pool FROM taken;
        ELSIF was_live AND NOT is_live THEN
            WITH beside AS (
                DELETE FROM vacancies WHERE cell = NEW.cell AND period -|- NEW.period RETURNING period
            ),
            free AS (
                SELECT range_merge(range_agg(period)) AS period
                FROM (SELECT period FROM beside UNION ALL SELECT NEW.period) AS part
            )
            INSERT INTO vacancies (cell, period, pool)
            SELECT cells.code, free.period, cells.pool FROM cells, free
            WHERE cells.code = NEW.cell AND cells.pool IS NOT NULL AND cells.in_service;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER keep_vacancies AFTER INSERT OR UPDATE OF state ON assignments
        FOR EACH ROW EXECUTE FUNCTION keep_vacancies()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
