"""What the signer found of the criteria that an opinion leaves to a human."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the column; acts that were signed before keep their digest."""
    op.execute("ALTER TABLE decisions ADD examined jsonb")
