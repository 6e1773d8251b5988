"""Conventions and references of partners, and the log of what each was shown or refused."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    CREATE TABLE partner_conventions (
        partner_id uuid CONSTRAINT pk_partner_conventions PRIMARY KEY,
        partner text NOT NULL,
        category text NOT NULL,
        convention_from date NOT NULL,
        convention_to date NOT NULL,
        fields text[] NOT NULL,
        window_months integer,
        version bigint NOT NULL
    )
    """,
    """
    CREATE TABLE partner_references (
        reference text CONSTRAINT pk_partner_references PRIMARY KEY,
        partner_id uuid NOT NULL,
        candidacy_id uuid NOT NULL
    )
    """,
    """
    CREATE TABLE vault.disclosures (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_disclosures PRIMARY KEY,
        at timestamptz NOT NULL,
        partner_id uuid NOT NULL,
        reader text NOT NULL,
        reference text,
        person_id uuid,
        fields text[] NOT NULL,
        purpose text NOT NULL,
        basis text,
        outcome text NOT NULL,
        CONSTRAINT ck_disclosures_shown_with_fields CHECK ((outcome = 'shown') = (cardinality(fields) > 0)),
        CONSTRAINT ck_disclosures_shown_of_whom
            CHECK (outcome <> 'shown' OR (person_id IS NOT NULL AND basis IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_disclosures_person_id_id ON vault.disclosures (person_id, id)",
)


def upgrade() -> None:
    """Adds the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
