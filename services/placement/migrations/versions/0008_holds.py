"""A hold that goes on, or that ran out by itself, names nobody who ended it."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE holds DROP CONSTRAINT ck_holds_ended, ADD CONSTRAINT ck_holds_ended CHECK (
            (ended_at IS NULL) = (ended_because IS NULL) AND (ended_because IN ('ended', 'expired'))
            AND num_nulls(ended_by, ended_by_function) = CASE WHEN ended_because = 'ended' THEN 0 ELSE 2 END
        )
        """
    )
