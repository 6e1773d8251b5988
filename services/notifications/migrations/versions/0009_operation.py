"""Deliveries are sent again by hand, or set aside; endpoints are sent examples, and when one ended is kept; bodies expire."""

from alembic import op

revision = "0009"
down_revision = "0012"

STATEMENTS = (
    """
    ALTER TABLE deliveries
        ADD repeated boolean NOT NULL DEFAULT false,
        ADD set_aside_by text,
        ADD set_aside_at timestamptz,
        ADD CONSTRAINT ck_deliveries_set_aside CHECK (num_nulls(set_aside_by, set_aside_at) IN (0, 2))
    """,
    "CREATE INDEX ix_deliveries_failed ON deliveries (subscription_id) WHERE state = 'failed'",
    # When those ended that had ended before is not known.
    """
    ALTER TABLE subscriptions
        ADD tested_at timestamptz,
        ADD disabled_at timestamptz,
        ADD disabled_because text,
        ADD CONSTRAINT ck_subscriptions_disabled CHECK (
            num_nulls(disabled_at, disabled_because) IN (0, 2) AND (disabled_at IS NULL OR state = 'disabled')
        )
    """,
    "ALTER TABLE deliveries DROP CONSTRAINT ck_deliveries_nothing_left",
    """
    ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_nothing_left CHECK (
        CASE WHEN state = 'refused' THEN body = '' WHEN state IN ('pending', 'waiting') THEN body <> '' ELSE true END
    )
    """,
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
    """
    CREATE TABLE acknowledgements (
        id uuid NOT NULL DEFAULT uuidv7() CONSTRAINT pk_acknowledgements PRIMARY KEY,
        partner_id uuid NOT NULL,
        candidacy_id uuid NOT NULL,
        kind text NOT NULL CONSTRAINT ck_acknowledgements_kind CHECK (kind IN ('received', 'appointment_given')),
        by text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT fk_acknowledgements_partner_id_candidacy_id_partner_references
            FOREIGN KEY (partner_id, candidacy_id) REFERENCES partner_references (partner_id, candidacy_id),
        CONSTRAINT uq_acknowledgements_partner_id_candidacy_id_kind UNIQUE (partner_id, candidacy_id, kind)
    )
    """,
    *(
        f"CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION never_edited()"
        for table in ("resends", "acknowledgements")
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
