"""A subscription may be a mailbox, which proves itself by a link that it was sent."""

from alembic import op

revision = "0011"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE subscriptions
            ADD channel text NOT NULL GENERATED ALWAYS AS (
                CASE WHEN starts_with(url, 'mailto:') THEN 'email' ELSE 'webhook' END
            ) STORED,
            ADD link_digest bytea,
            ADD link_until timestamptz,
            ADD CONSTRAINT uq_subscriptions_link_digest UNIQUE (link_digest),
            ADD CONSTRAINT ck_subscriptions_link CHECK (link_until IS NULL OR link_digest IS NOT NULL)
        """
    )
