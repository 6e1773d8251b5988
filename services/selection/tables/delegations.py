"""Who may sign for whom."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.selection.tables.base import instant, metadata

delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("reference", sa.Text, nullable=False),
    # Subject of the delegate's token.
    sa.Column("delegate_id", sa.Text, nullable=False),
    sa.Column("delegate_name", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("kinds", ARRAY(sa.Text), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    # From this day on it gives no right.
    sa.Column("ended_on", sa.Date),
    sa.Column("ended_by", sa.Text),
    sa.CheckConstraint(r"reference ~ '\S'", name="reference_given"),
    sa.CheckConstraint(
        "cardinality(kinds) > 0 AND kinds <@"
        " ARRAY['approved', 'refused', 'adjourned', 'deferred', 'revoked', 'lapsed']",
        name="kinds",
    ),
    sa.CheckConstraint("valid_from <= valid_until", name="validity"),
    sa.CheckConstraint("(ended_on IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    sa.Index("ix_delegations_delegate_id_reference", "delegate_id", "reference"),
)
