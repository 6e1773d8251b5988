"""Each subscription is told in one version of the catalogue; those that are there, in the first."""

from alembic import op

revision = "0013"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE subscriptions ADD notice_version integer NOT NULL DEFAULT 1"
        " CONSTRAINT ck_subscriptions_notice_version CHECK (notice_version >= 1)"
    )
