"""What may not be told any more is refused at the attempt; what of whom went to whom is kept apart from deliveries."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE deliveries DROP CONSTRAINT ck_deliveries_state",
    """
    ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_state CHECK (
        state IN ('pending', 'waiting', 'delivered', 'failed', 'cancelled', 'refused')
    )
    """,
    "ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_nothing_left CHECK (state <> 'refused' OR body = '')",
    """
    CREATE TABLE disclosures (
        delivery_id uuid NOT NULL CONSTRAINT fk_disclosures_delivery_id_deliveries REFERENCES deliveries,
        attempt integer NOT NULL,
        candidacy_id uuid NOT NULL,
        partner_id uuid NOT NULL CONSTRAINT fk_disclosures_partner_id_partners REFERENCES partners,
        subscription_id uuid NOT NULL
            CONSTRAINT fk_disclosures_subscription_id_subscriptions REFERENCES subscriptions,
        notice text NOT NULL,
        reference text NOT NULL,
        decision_number text,
        convention_from date NOT NULL,
        convention_to date NOT NULL,
        certain boolean NOT NULL,
        at timestamptz NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7() CONSTRAINT pk_disclosures PRIMARY KEY,
        CONSTRAINT uq_disclosures_delivery_id_attempt UNIQUE (delivery_id, attempt)
    )
    """,
    "CREATE INDEX ix_disclosures_candidacy_id ON disclosures (candidacy_id, id)",
    """
    CREATE FUNCTION never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, MESSAGE = 'never edited';
    END
    $$
    """,
    """
    CREATE TABLE reads (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reads PRIMARY KEY,
        read_at timestamptz NOT NULL,
        reader text NOT NULL,
        reader_function text NOT NULL,
        purpose text NOT NULL,
        candidacy_id uuid NOT NULL
    )
    """,
    *(
        f"CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION never_edited()"
        for table in ("disclosures", "reads")
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
