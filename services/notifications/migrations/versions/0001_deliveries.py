"""Partners, subscriptions, deliveries and attempts."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE partners (
        id uuid CONSTRAINT pk_partners PRIMARY KEY,
        name text NOT NULL,
        category text NOT NULL CONSTRAINT ck_partners_category CHECK (
            category IN ('employment_service', 'youth_service', 'training_body', 'region', 'social_employer')
        ),
        convention_from date NOT NULL,
        convention_to date NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT ck_partners_convention CHECK (convention_from < convention_to)
    )
    """,
    """
    CREATE TABLE subscriptions (
        id uuid CONSTRAINT pk_subscriptions PRIMARY KEY,
        partner_id uuid NOT NULL CONSTRAINT fk_subscriptions_partner_id_partners REFERENCES partners,
        url text NOT NULL,
        event_types text[] NOT NULL CONSTRAINT ck_subscriptions_event_types CHECK (
            cardinality(event_types) > 0 AND event_types <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']
        ),
        secret bytea NOT NULL,
        state text NOT NULL CONSTRAINT ck_subscriptions_state CHECK (state IN ('active', 'disabled')),
        paused_until timestamptz,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_subscriptions_partner_id ON subscriptions (partner_id)",
    """
    CREATE TABLE partner_references (
        partner_id uuid NOT NULL CONSTRAINT fk_partner_references_partner_id_partners REFERENCES partners,
        candidacy_id uuid NOT NULL,
        reference text NOT NULL CONSTRAINT uq_partner_references_reference UNIQUE,
        CONSTRAINT pk_partner_references PRIMARY KEY (partner_id, candidacy_id)
    )
    """,
    """
    CREATE TABLE deliveries (
        id uuid CONSTRAINT pk_deliveries PRIMARY KEY,
        subscription_id uuid NOT NULL
            CONSTRAINT fk_deliveries_subscription_id_subscriptions REFERENCES subscriptions,
        candidacy_id uuid NOT NULL,
        event_id text NOT NULL,
        decision_number text,
        notice text NOT NULL CONSTRAINT ck_deliveries_notice CHECK (
            notice IN ('candidacy.approved', 'candidacy.withdrawn')
        ),
        body bytea NOT NULL,
        state text NOT NULL CONSTRAINT ck_deliveries_state CHECK (
            state IN ('pending', 'waiting', 'delivered', 'failed', 'cancelled')
        ),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz,
        lease_token uuid,
        lease_until timestamptz,
        reached boolean NOT NULL DEFAULT false,
        version bigint NOT NULL DEFAULT 0,
        superseded_by uuid CONSTRAINT fk_deliveries_superseded_by_deliveries REFERENCES deliveries,
        header_names bytea[] NOT NULL,
        header_values bytea[] NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT ck_deliveries_scheduled CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT ck_deliveries_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
        CONSTRAINT ck_deliveries_leased_while_pending CHECK (lease_token IS NULL OR state = 'pending'),
        CONSTRAINT ck_deliveries_only_retractions_wait CHECK (state <> 'waiting' OR notice = 'candidacy.withdrawn'),
        CONSTRAINT uq_deliveries_event_id_subscription_id UNIQUE (event_id, subscription_id)
    )
    """,
    "CREATE INDEX ix_deliveries_subscription_id_next_attempt_at"
    " ON deliveries (subscription_id, next_attempt_at) WHERE state = 'pending'",
    "CREATE INDEX ix_deliveries_candidacy_id ON deliveries (candidacy_id)",
    """
    CREATE TABLE attempts (
        delivery_id uuid NOT NULL CONSTRAINT fk_attempts_delivery_id_deliveries REFERENCES deliveries,
        number integer NOT NULL CONSTRAINT ck_attempts_number CHECK (number > 0),
        started_at timestamptz NOT NULL,
        duration_ms integer,
        outcome text NOT NULL,
        http_status smallint,
        CONSTRAINT pk_attempts PRIMARY KEY (delivery_id, number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
