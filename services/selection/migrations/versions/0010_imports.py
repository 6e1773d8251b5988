"""Files that are brought in as a table."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    CREATE TABLE imports (
        id uuid CONSTRAINT pk_imports PRIMARY KEY,
        at timestamptz NOT NULL,
        officer text NOT NULL,
        establishment text,
        dry_run boolean NOT NULL,
        report jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE imported_lines (
        establishment text NOT NULL,
        reference text NOT NULL,
        candidacy_id uuid NOT NULL
            CONSTRAINT fk_imported_lines_candidacy_id_candidacies REFERENCES candidacies (id),
        import_id uuid NOT NULL CONSTRAINT fk_imported_lines_import_id_imports REFERENCES imports (id),
        CONSTRAINT pk_imported_lines PRIMARY KEY (establishment, reference)
    )
    """,
)


def upgrade() -> None:
    """Adds both."""
    for statement in STATEMENTS:
        op.execute(statement)
