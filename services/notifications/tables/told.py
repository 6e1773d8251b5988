"""What partners were told of how their own addresses stand."""

import sqlalchemy as sa

from services.notifications.tables.base import INSTANT, metadata
from services.notifications.tables.subscriptions import subscriptions

partner_told = sa.Table(
    "partner_told",
    metadata,
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), primary_key=True),
    sa.Column("matter", sa.Text, primary_key=True),
    sa.Column("told_at", INSTANT, nullable=False),
    sa.CheckConstraint(
        "matter IN ('subscription_disabled', 'endpoint_failing', 'deliveries_failed', 'proof_missing')", name="matter"
    ),
)
"""Of which matters that last a partner's contact was told, and when last. A line goes once its matter is over."""
