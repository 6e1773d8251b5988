"""One table says who or what has a bed on which days; keep-apart is a rule of the database."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    ALTER TABLE sites
        ADD arrival_days integer NOT NULL DEFAULT 21,
        ADD cleaning_days integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT ck_sites_arrival_days CHECK (arrival_days BETWEEN 0 AND 21),
        ADD CONSTRAINT ck_sites_cleaning_days CHECK (cleaning_days BETWEEN 0 AND 14)
    """,
    # Arrival cells have a pool too: their first weeks are given together with a cell of the unit.
    """
    ALTER TABLE pools
        DROP CONSTRAINT ck_pools_cell_type,
        ADD CONSTRAINT ck_pools_cell_type CHECK (cell_type IN ('standard', 'adapted', 'arrival'))
    """,
    """
    INSERT INTO pools (code, site, sex, cell_type)
    SELECT DISTINCT wings.site || '-' || wings.sex || '-arrival', wings.site, wings.sex, 'arrival'
    FROM cells JOIN units ON units.code = cells.unit JOIN wings ON wings.code = units.wing
    WHERE cells.type = 'arrival'
    """,
    "ALTER TABLE cells DROP CONSTRAINT ck_cells_pool",
    """
    UPDATE cells SET pool = wings.site || '-' || wings.sex || '-arrival'
    FROM units JOIN wings ON wings.code = units.wing WHERE units.code = cells.unit AND cells.type = 'arrival'
    """,
    "ALTER TABLE cells ADD CONSTRAINT ck_cells_pool CHECK ((pool IS NOT NULL) = (type <> 'secure_waiting'))",
    """
    INSERT INTO vacancies (cell, period, pool)
    SELECT code, daterange(NULL, NULL), pool FROM cells WHERE type = 'arrival' AND in_service
    """,
    """
    CREATE TABLE bed_uses (
        id uuid CONSTRAINT pk_bed_uses PRIMARY KEY,
        cell text NOT NULL CONSTRAINT fk_bed_uses_cell_cells REFERENCES cells,
        period daterange NOT NULL,
        kind text NOT NULL,
        stay_id uuid CONSTRAINT fk_bed_uses_stay_id_assignments REFERENCES assignments,
        candidacy_id uuid,
        nights daterange,
        given_up_at timestamptz,
        officer text,
        function text NOT NULL,
        reason text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT ck_bed_uses_kind CHECK (kind IN ('stay', 'hold', 'outage', 'secure_waiting')),
        CONSTRAINT ck_bed_uses_period CHECK (
            NOT (isempty(period) OR lower_inf(period)) AND (kind = 'outage' OR NOT upper_inf(period))
        ),
        CONSTRAINT ck_bed_uses_stay CHECK (
            num_nulls(stay_id, candidacy_id, nights)
            = CASE kind WHEN 'stay' THEN 0 WHEN 'secure_waiting' THEN num_nulls(stay_id) + 2 ELSE 3 END
        ),
        CONSTRAINT ck_bed_uses_nights CHECK (
            NOT isempty(nights) AND nights <@ period AND lower(nights) = lower(period)
        ),
        CONSTRAINT ex_bed_uses_cell_period
            EXCLUDE USING gist (cell WITH =, period WITH &&) WHERE (given_up_at IS NULL),
        CONSTRAINT ex_bed_uses_candidacy_id_nights
            EXCLUDE USING gist (candidacy_id WITH =, nights WITH &&) WHERE (given_up_at IS NULL)
    )
    """,
    "CREATE INDEX ix_bed_uses_stay_id ON bed_uses (stay_id) WHERE given_up_at IS NULL",
    """
    CREATE TABLE bed_use_history (
        use_id uuid NOT NULL CONSTRAINT fk_bed_use_history_use_id_bed_uses REFERENCES bed_uses,
        cell text NOT NULL,
        period daterange NOT NULL,
        nights daterange,
        officer text,
        function text NOT NULL,
        reason text NOT NULL,
        at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_bed_use_history_use_id ON bed_use_history (use_id)",
    # What a use was before each correction, and who had made it so; whoever corrects it.
    """
    CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO bed_use_history (use_id, cell, period, nights, officer, function, reason, at)
        VALUES (OLD.id, OLD.cell, OLD.period, OLD.nights, OLD.officer, OLD.function, OLD.reason, OLD.at);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER keep_history AFTER UPDATE ON bed_uses
        FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION keep_history()
    """,
    """
    CREATE TABLE separations (
        id uuid CONSTRAINT pk_separations PRIMARY KEY,
        one uuid NOT NULL,
        other uuid NOT NULL,
        period daterange NOT NULL,
        declared_by text NOT NULL,
        declared_by_function text NOT NULL,
        declared_at timestamptz NOT NULL,
        lifted_by text,
        lifted_by_function text,
        lifted_at timestamptz,
        version bigint NOT NULL,
        CONSTRAINT ck_separations_pair CHECK (one < other),
        CONSTRAINT ck_separations_period CHECK (NOT (isempty(period) OR lower_inf(period))),
        CONSTRAINT ck_separations_lifted_by_somebody
            CHECK (num_nulls(lifted_by, lifted_by_function, lifted_at) IN (0, 3)),
        CONSTRAINT ex_separations_one_other_period
            EXCLUDE USING gist (one WITH =, other WITH =, period WITH &&) WHERE (lifted_at IS NULL)
    )
    """,
    "CREATE INDEX ix_separations_one ON separations (one) WHERE lifted_at IS NULL",
    "CREATE INDEX ix_separations_other ON separations (other) WHERE lifted_at IS NULL",
    """
    CREATE TABLE separation_reasons (
        separation_id uuid CONSTRAINT pk_separation_reasons PRIMARY KEY
            CONSTRAINT fk_separation_reasons_separation_id_separations REFERENCES separations,
        reason text NOT NULL
    )
    """,
    # Whether somebody from whom a person is kept apart sleeps near a cell on one of these days: in its unit, or, where
    # both are arrival cells, in its wing. One body of SQL, so that whoever chooses and the guard agree.
    """
    CREATE FUNCTION kept_apart(person uuid, near text, days daterange) RETURNS boolean STABLE LANGUAGE sql AS $$
        SELECT EXISTS (
            SELECT FROM separations
            JOIN bed_uses ON bed_uses.given_up_at IS NULL AND bed_uses.candidacy_id
                = CASE WHEN separations.one = person THEN separations.other ELSE separations.one END
            JOIN cells AS there ON there.code = bed_uses.cell
            JOIN units AS there_unit ON there_unit.code = there.unit
            JOIN cells AS here ON here.code = near
            JOIN units AS here_unit ON here_unit.code = here.unit
            WHERE separations.lifted_at IS NULL AND (separations.one = person OR separations.other = person)
                AND NOT isempty(bed_uses.nights * separations.period * days)
                AND (there.unit = here.unit
                    OR (there.type = 'arrival' AND here.type = 'arrival' AND there_unit.wing = here_unit.wing))
        )
    $$
    """,
    # Both of a pair lock its row: of two transactions that would bring them together, the second sees the first.
    # Somebody who is there keeps the cell where he sleeps, and the days of his stay: whoever came near meanwhile is
    # listed, and an officer moves one of the two.
    """
    CREATE FUNCTION keep_apart() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.cell = OLD.cell AND (
            NEW.nights <@ OLD.nights
            OR EXISTS (SELECT FROM assignments WHERE id = NEW.stay_id AND arrived_on IS NOT NULL)
        ) THEN
            RETURN NULL;
        END IF;
        IF EXISTS (SELECT FROM assignments WHERE id = NEW.stay_id AND cell_now = NEW.cell) THEN
            RETURN NULL;
        END IF;
        PERFORM FROM separations WHERE lifted_at IS NULL AND (one = NEW.candidacy_id OR other = NEW.candidacy_id)
            ORDER BY id FOR UPDATE;
        IF FOUND AND kept_apart(NEW.candidacy_id, NEW.cell, NEW.nights) THEN
            RAISE EXCEPTION USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'keep_apart', TABLE = 'bed_uses',
                MESSAGE = 'kept apart';
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER keep_apart AFTER INSERT OR UPDATE OF cell, nights, given_up_at ON bed_uses
        FOR EACH ROW WHEN (NEW.kind = 'stay' AND NEW.given_up_at IS NULL) EXECUTE FUNCTION keep_apart()
    """,
    # What there was: beds that were slept in keep these nights, beds that nobody came to were given up.
    """
    INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, given_up_at, function, reason, at)
    SELECT uuidv7(), cell, nights, 'stay', id, candidacy_id, nights,
        CASE WHEN state = 'released' AND NOT slept THEN released_at END, 'platform', 'proposed', proposed_at
    FROM assignments CROSS JOIN LATERAL (SELECT departed_on > lower(period) AS slept) AS was
        CROSS JOIN LATERAL (
            SELECT CASE WHEN slept THEN daterange(lower(period), departed_on) ELSE period END AS nights
        ) AS had
    """,
    "DROP TRIGGER keep_vacancies ON assignments",
    """
    ALTER TABLE assignments
        DROP CONSTRAINT ck_assignments_period,
        DROP CONSTRAINT ex_assignments_cell_period,
        DROP CONSTRAINT ex_assignments_candidacy_id_period,
        ADD cell_now text CONSTRAINT fk_assignments_cell_now_cells REFERENCES cells
    """,
    "DROP INDEX uq_assignments_occupied_cell",
    "UPDATE assignments SET cell_now = cell WHERE arrived_on IS NOT NULL AND departed_on IS NULL",
    """
    ALTER TABLE assignments
        DROP COLUMN cell,
        DROP COLUMN period,
        ADD CONSTRAINT ck_assignments_cell_now
            CHECK ((cell_now IS NOT NULL) = (arrived_on IS NOT NULL AND departed_on IS NULL)),
        -- One person in a cell, also when the one before stays longer than planned.
        ADD CONSTRAINT uq_assignments_cell_now UNIQUE (cell_now)
    """,
    """
    CREATE OR REPLACE FUNCTION keep_vacancies() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.given_up_at IS NULL THEN
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
        IF NEW.given_up_at IS NULL THEN
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
    """
    CREATE TRIGGER keep_vacancies AFTER INSERT ON bed_uses FOR EACH ROW EXECUTE FUNCTION keep_vacancies()
    """,
    """
    CREATE TRIGGER keep_vacancies_changed AFTER UPDATE OF cell, period, given_up_at ON bed_uses FOR EACH ROW
        WHEN ((OLD.cell, OLD.period, OLD.given_up_at) IS DISTINCT FROM (NEW.cell, NEW.period, NEW.given_up_at))
        EXECUTE FUNCTION keep_vacancies()
    """,
    # A named officer may put somebody ahead of the order of decisions.
    """
    ALTER TABLE requests
        ADD ahead_at timestamptz,
        ADD ahead_by text,
        ADD ahead_by_function text,
        ADD ahead_because text,
        ADD CONSTRAINT ck_requests_ahead_by_somebody
            CHECK (num_nulls(ahead_at, ahead_by, ahead_by_function, ahead_because) IN (0, 4))
    """,
    "DROP INDEX ix_requests_pool_decided_on_file_number_id",
    """
    CREATE INDEX ix_requests_line
        ON requests (pool, coalesce(ahead_at, 'infinity'), decided_on, file_number, id)
        WHERE state IN ('requested', 'waitlisted')
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
