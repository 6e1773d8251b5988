"""A partner has a contact, which is told how the partner's own addresses stand: each matter once, then weekly."""

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = (
    """
    ALTER TABLE partners
        ADD contact text,
        ADD contact_by text,
        ADD contact_at timestamptz,
        ADD CONSTRAINT ck_partners_contact CHECK (
            num_nulls(contact_by, contact_at) IN (0, 2) AND (contact IS NULL OR contact_by IS NOT NULL)
        )
    """,
    """
    CREATE TABLE partner_told (
        subscription_id uuid NOT NULL
            CONSTRAINT fk_partner_told_subscription_id_subscriptions REFERENCES subscriptions,
        matter text NOT NULL CONSTRAINT ck_partner_told_matter CHECK (
            matter IN ('subscription_disabled', 'endpoint_failing', 'deliveries_failed', 'proof_missing')
        ),
        told_at timestamptz NOT NULL,
        CONSTRAINT pk_partner_told PRIMARY KEY (subscription_id, matter)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
