"""How often an endpoint has failed on end: it is probed with one delivery until it works again."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE subscriptions ADD failures integer NOT NULL DEFAULT 0"
        " CONSTRAINT ck_subscriptions_failures CHECK (failures >= 0)"
    )
