"""An endpoint proves that it wants to be told, a second officer approves it, and how fast it is told is its own matter."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "ALTER TABLE subscriptions RENAME created_by TO proposed_by",
    """
    ALTER TABLE subscriptions
        ADD proven_at timestamptz,
        ADD approved_by text,
        ADD approved_at timestamptz,
        ADD ever_active boolean NOT NULL DEFAULT false,
        ADD served_since timestamptz,
        ADD paused_by text,
        ADD paused_because text,
        ADD rate_per_minute integer,
        ADD next_slot_at timestamptz,
        ADD old_secret bytea,
        ADD old_secret_until timestamptz,
        DROP CONSTRAINT ck_subscriptions_state
    """,
    # What was subscribed before was looked at by hand.
    """
    UPDATE subscriptions SET proven_at = created_at, approved_by = 'migration', approved_at = created_at,
        ever_active = true, served_since = created_at
    """,
    """
    ALTER TABLE subscriptions
        ALTER served_since SET NOT NULL,
        ADD CONSTRAINT ck_subscriptions_state CHECK (state IN ('proposed', 'active', 'disabled')),
        ADD CONSTRAINT ck_subscriptions_served CHECK (
            state <> 'active' OR (num_nulls(proven_at, approved_at) = 0 AND ever_active)
        ),
        ADD CONSTRAINT ck_subscriptions_approved_by_another CHECK (
            num_nulls(approved_by, approved_at) IN (0, 2) AND approved_by IS DISTINCT FROM proposed_by
        ),
        ADD CONSTRAINT ck_subscriptions_paused CHECK (
            num_nulls(paused_by, paused_because) IN (0, 2) AND (paused_by IS NULL OR paused_until IS NOT NULL)
        ),
        ADD CONSTRAINT ck_subscriptions_rate CHECK (rate_per_minute BETWEEN 1 AND 100000),
        ADD CONSTRAINT ck_subscriptions_old_secret CHECK (num_nulls(old_secret, old_secret_until) IN (0, 2))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
