"""An endpoint is asked again and again whether it wants to be told, and may want to see more than a signature."""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = (
    """
    ALTER TABLE subscriptions
        ADD proof_due_at timestamptz,
        ADD proof_failed_since timestamptz,
        ADD proof_outcome text
    """,
    "UPDATE subscriptions SET proof_due_at = proven_at + interval '30 days' WHERE state = 'active'",
    """
    CREATE TABLE credentials (
        subscription_id uuid CONSTRAINT pk_credentials PRIMARY KEY
            CONSTRAINT fk_credentials_subscription_id_subscriptions REFERENCES subscriptions,
        oauth2 bytea,
        token_url text,
        client_id text,
        certificate bytea,
        certificate_fingerprint text,
        certificate_expires_at timestamptz,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT ck_credentials_oauth2 CHECK (num_nulls(oauth2, token_url, client_id) IN (0, 3)),
        CONSTRAINT ck_credentials_certificate CHECK (
            num_nulls(certificate, certificate_fingerprint, certificate_expires_at) IN (0, 3)
        )
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
