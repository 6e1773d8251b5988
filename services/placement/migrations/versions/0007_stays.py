"""A postponed convoy changes no decision; who recorded a transfer order or gave a place up; lines are never edited."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "ALTER TABLE requests ADD ordered_entry date",
    "ALTER TABLE stay_records DROP CONSTRAINT ck_stay_records_kind",
    """
    ALTER TABLE stay_records ADD CONSTRAINT ck_stay_records_kind CHECK (
        kind IN ('phase', 'warning', 'absence', 'secure_waiting', 'exit_proposal', 'observations', 'closing',
            'transfer_order', 'release')
    )
    """,
    """
    CREATE UNIQUE INDEX uq_stay_records_once ON stay_records (stay_id, kind, code)
        WHERE kind IN ('phase', 'release')
    """,
    """
    CREATE OR REPLACE FUNCTION never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
            MESSAGE = 'corrected by another row, never edited';
    END
    $$
    """,
    """
    CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON stay_records
        FOR EACH STATEMENT EXECUTE FUNCTION never_edited()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
