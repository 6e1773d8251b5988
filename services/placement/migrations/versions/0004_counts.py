"""What is free on each day is found by date; roll counts, and what an officer confirmed from the arrivals sheet."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # The exclusion constraint has the cell first: of no help to who asks for all cells of some days.
    "CREATE INDEX ix_bed_uses_period ON bed_uses USING gist (period) WHERE given_up_at IS NULL",
    """
    CREATE TABLE sheet_confirmations (
        id uuid CONSTRAINT pk_sheet_confirmations PRIMARY KEY,
        officer text NOT NULL,
        function text NOT NULL,
        at timestamptz NOT NULL,
        outcomes jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE roll_counts (
        id uuid CONSTRAINT pk_roll_counts PRIMARY KEY,
        site text NOT NULL CONSTRAINT fk_roll_counts_site_sites REFERENCES sites,
        corrects uuid CONSTRAINT fk_roll_counts_corrects_roll_counts REFERENCES roll_counts,
        officer text NOT NULL,
        function text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT uq_roll_counts_corrects UNIQUE (corrects)
    )
    """,
    """
    CREATE TABLE roll_count_lines (
        count_id uuid CONSTRAINT fk_roll_count_lines_count_id_roll_counts REFERENCES roll_counts,
        place text,
        expected integer NOT NULL,
        counted integer NOT NULL,
        explained integer NOT NULL,
        unexplained integer NOT NULL GENERATED ALWAYS AS (expected - counted - explained) STORED,
        explanations jsonb NOT NULL,
        CONSTRAINT pk_roll_count_lines PRIMARY KEY (count_id, place),
        CONSTRAINT ck_roll_count_lines_people CHECK (expected >= 0 AND counted >= 0 AND explained >= 0)
    )
    """,
    """
    CREATE FUNCTION never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
            MESSAGE = 'corrected by another count, never edited';
    END
    $$
    """,
    """
    CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON roll_counts
        FOR EACH STATEMENT EXECUTE FUNCTION never_edited()
    """,
    """
    CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON roll_count_lines
        FOR EACH STATEMENT EXECUTE FUNCTION never_edited()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
