"""An endpoint is asked again and again whether it wants to be told."""

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
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
