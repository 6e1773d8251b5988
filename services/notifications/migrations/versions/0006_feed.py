"""Deliveries can be pulled in an order in which nothing appears behind a place that was read."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Of a transaction that is still open nothing is shown, so the order of transactions hides no late commit.
    op.execute("ALTER TABLE deliveries ADD written_in xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.execute(
        "CREATE INDEX ix_deliveries_subscription_id_written_in_id ON deliveries (subscription_id, written_in, id)"
    )
