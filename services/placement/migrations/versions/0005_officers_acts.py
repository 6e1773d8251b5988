"""What officers do to beds and stays: outages, holds, changes of the estate, loans, incidents, evacuations."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "ALTER TABLE cells ADD version bigint NOT NULL DEFAULT 0",
    """
    CREATE TABLE outages (
        id uuid CONSTRAINT pk_outages PRIMARY KEY CONSTRAINT fk_outages_id_bed_uses REFERENCES bed_uses,
        cell text NOT NULL CONSTRAINT fk_outages_cell_cells REFERENCES cells,
        reason text NOT NULL,
        owner text NOT NULL,
        reference text,
        starts_on date NOT NULL,
        expected_back_on date,
        opened_by text NOT NULL,
        opened_by_function text NOT NULL,
        opened_at timestamptz NOT NULL,
        back_on date,
        ended_by text,
        ended_by_function text,
        ended_at timestamptz,
        CONSTRAINT ck_outages_reason
            CHECK (reason IN ('flood', 'fire', 'damage', 'works', 'staff_shortage', 'other')),
        CONSTRAINT ck_outages_expected CHECK (expected_back_on > starts_on),
        CONSTRAINT ck_outages_ended_by_somebody
            CHECK (num_nulls(back_on, ended_by, ended_by_function, ended_at) IN (0, 4))
    )
    """,
    "CREATE INDEX ix_outages_cell ON outages (cell) WHERE ended_at IS NULL",
    """
    CREATE TABLE holds (
        id uuid CONSTRAINT pk_holds PRIMARY KEY CONSTRAINT fk_holds_id_bed_uses REFERENCES bed_uses,
        cell text NOT NULL CONSTRAINT fk_holds_cell_cells REFERENCES cells,
        purpose text NOT NULL,
        expires_on date NOT NULL,
        made_by text NOT NULL,
        made_by_function text NOT NULL,
        made_at timestamptz NOT NULL,
        ended_because text,
        ended_by text,
        ended_by_function text,
        ended_at timestamptz,
        CONSTRAINT ck_holds_purpose CHECK (purpose IN ('expected_transfer', 'works', 'visit', 'other')),
        CONSTRAINT ck_holds_ended CHECK (
            (ended_at IS NULL) = (ended_because IS NULL) AND (ended_because IN ('ended', 'expired'))
            AND (ended_because = 'ended') = (num_nulls(ended_by, ended_by_function) = 0)
        )
    )
    """,
    "CREATE INDEX ix_holds_expires_on ON holds (expires_on) WHERE ended_at IS NULL",
    """
    CREATE TABLE estate_changes (
        id uuid CONSTRAINT pk_estate_changes PRIMARY KEY,
        cell text NOT NULL CONSTRAINT fk_estate_changes_cell_cells REFERENCES cells,
        change text NOT NULL,
        to_type text,
        effective_on date NOT NULL,
        reason text NOT NULL,
        made_by text NOT NULL,
        made_by_function text NOT NULL,
        made_at timestamptz NOT NULL,
        use_id uuid CONSTRAINT fk_estate_changes_use_id_bed_uses REFERENCES bed_uses,
        applied_at timestamptz,
        CONSTRAINT ck_estate_changes_change CHECK (change IN ('type', 'retired', 'restored')),
        CONSTRAINT ck_estate_changes_to_type CHECK ((change = 'type') = (to_type IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_estate_changes_cell ON estate_changes (cell)",
    """
    ALTER TABLE assignments
        ADD expected_order text,
        ADD not_arrived_at timestamptz,
        ADD chosen jsonb,
        ADD lent_because text,
        ADD lent_by text,
        ADD lent_by_function text,
        ADD lent_at timestamptz,
        ADD recalled_by text,
        ADD recalled_at timestamptz,
        ADD CONSTRAINT ck_assignments_lent_by_somebody
            CHECK (num_nulls(lent_because, lent_by, lent_by_function, lent_at) IN (0, 4)),
        ADD CONSTRAINT ck_assignments_recalled
            CHECK (num_nulls(recalled_by, recalled_at) IN (0, 2) AND (recalled_at IS NULL OR lent_at IS NOT NULL))
    """,
    """
    CREATE TABLE stay_records (
        id uuid CONSTRAINT pk_stay_records PRIMARY KEY,
        stay_id uuid NOT NULL CONSTRAINT fk_stay_records_stay_id_assignments REFERENCES assignments,
        kind text NOT NULL,
        code text NOT NULL,
        day date NOT NULL,
        until date,
        observations text,
        closes uuid CONSTRAINT fk_stay_records_closes_stay_records REFERENCES stay_records
            CONSTRAINT uq_stay_records_closes UNIQUE,
        use_id uuid CONSTRAINT fk_stay_records_use_id_bed_uses REFERENCES bed_uses,
        officer text NOT NULL,
        function text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT ck_stay_records_kind CHECK (
            kind IN ('phase', 'warning', 'absence', 'secure_waiting', 'exit_proposal', 'observations', 'closing')
        ),
        CONSTRAINT ck_stay_records_closes CHECK ((kind = 'closing') = (closes IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_stay_records_stay_id ON stay_records (stay_id, at)",
    """
    CREATE TABLE evacuations (
        id uuid CONSTRAINT pk_evacuations PRIMARY KEY,
        site text NOT NULL CONSTRAINT fk_evacuations_site_sites REFERENCES sites,
        code text NOT NULL,
        reason text NOT NULL,
        starts_on date NOT NULL,
        expected_back_on date,
        plan jsonb NOT NULL,
        officer text NOT NULL,
        function text NOT NULL,
        at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE reads (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reads PRIMARY KEY,
        read_at timestamptz NOT NULL,
        reader text NOT NULL,
        reader_function text NOT NULL,
        purpose text NOT NULL,
        what text NOT NULL,
        subject uuid NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
