"""What a standing approval orders, and what the person allows of it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Approvals of before have no row: a no takes back what they told all the same, a later yes tells nobody."""
    op.execute(
        """
        CREATE TABLE approvals (
            candidacy_id uuid CONSTRAINT pk_approvals PRIMARY KEY,
            decision_number text NOT NULL,
            ordered text[] NOT NULL,
            allowed text[] NOT NULL
        )
        """
    )
