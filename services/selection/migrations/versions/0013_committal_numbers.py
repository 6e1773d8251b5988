"""The committal number that a person is given on arrival."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
    CREATE TABLE vault.committal_numbers (
        id uuid CONSTRAINT pk_committal_numbers PRIMARY KEY,
        candidacy_id uuid NOT NULL,
        person_id uuid NOT NULL
            CONSTRAINT fk_committal_numbers_person_id_identities REFERENCES vault.identities,
        number text NOT NULL,
        former text,
        recorded_by text NOT NULL,
        recorded_by_function text NOT NULL,
        recorded_at timestamptz NOT NULL,
        replaced_at timestamptz
    )
    """,
    """
    CREATE UNIQUE INDEX uq_committal_numbers_number ON vault.committal_numbers (number) WHERE replaced_at IS NULL
    """,
    """
    CREATE UNIQUE INDEX uq_committal_numbers_candidacy_id ON vault.committal_numbers (candidacy_id)
        WHERE replaced_at IS NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
