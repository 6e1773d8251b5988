"""Deliveries are sent again by hand, and who did it and why is kept; endpoints are sent examples."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "ALTER TABLE deliveries ADD repeated boolean NOT NULL DEFAULT false",
    "ALTER TABLE subscriptions ADD tested_at timestamptz",
    """
    CREATE TABLE resends (
        id uuid NOT NULL DEFAULT uuidv7() CONSTRAINT pk_resends PRIMARY KEY,
        delivery_id uuid NOT NULL CONSTRAINT fk_resends_delivery_id_deliveries REFERENCES deliveries,
        at timestamptz NOT NULL,
        by text NOT NULL,
        function text NOT NULL,
        reason text NOT NULL CONSTRAINT ck_resends_reason CHECK (
            reason IN ('given_up', 'asked_by_partner', 'lost_by_partner', 'endpoint_repaired', 'incident', 'other')
        )
    )
    """,
    "CREATE INDEX ix_resends_delivery_id ON resends (delivery_id)",
    "CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON resends FOR EACH STATEMENT EXECUTE FUNCTION never_edited()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
