"""Ranges that are sent again, and what became of each delivery in them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.notifications.tables.base import INSTANT, metadata
from services.notifications.tables.subscriptions import subscriptions

replays = sa.Table(
    "replays",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), nullable=False),
    sa.Column("since", INSTANT, nullable=False),
    sa.Column("until", INSTANT, nullable=False),
    sa.Column("notices", ARRAY(sa.Text), nullable=False),
    sa.Column("states", ARRAY(sa.Text), nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("to_take", sa.Integer, nullable=False),
    sa.Column("cursor_at", INSTANT),
    sa.Column("cursor_id", sa.Uuid),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skipped", JSONB, nullable=False, server_default="{}"),
    sa.Column("started_at", INSTANT),
    sa.Column("ended_at", INSTANT),
    sa.Column("cancelled_by", sa.Text),
    sa.Column("cancelled_because", sa.Text),
    sa.CheckConstraint("since < until AND until <= created_at AND until <= since + interval '90 days'", name="range"),
    sa.CheckConstraint(
        "cardinality(notices) > 0 AND notices <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']", name="notices"
    ),
    sa.CheckConstraint("cardinality(states) > 0 AND states <@ ARRAY['failed', 'delivered']", name="states"),
    sa.CheckConstraint("per_minute BETWEEN 1 AND 240", name="pace"),
    sa.CheckConstraint("reason IN ('outage', 'data_lost', 'asked_by_partner', 'other')", name="reason"),
    sa.CheckConstraint("state IN ('queued', 'running', 'cancelled', 'done')", name="state"),
    sa.CheckConstraint("num_nulls(cursor_at, cursor_id) IN (0, 2)", name="cursor"),
    sa.CheckConstraint("state <> 'running' OR started_at IS NOT NULL", name="begun"),
    sa.CheckConstraint("(state IN ('cancelled', 'done')) = (ended_at IS NOT NULL)", name="ended"),
    sa.CheckConstraint(
        "(state = 'cancelled') = (cancelled_because IS NOT NULL) AND (cancelled_by IS NULL OR state = 'cancelled')",
        name="cancelled",
    ),
    sa.Index(
        "uq_replays_one_at_a_time",
        "subscription_id",
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)
"""Orders to send again what was planned for a subscription from `since` until before `until`.

`found`, `to_take`: counted when it was ordered. `cursor_*`: the last delivery of the range that was looked at.
`skipped`: how many were not taken, by reason. `cancelled_by`: None when the endpoint's end did it.
"""

replayed = sa.Table(
    "replayed",
    metadata,
    sa.Column("replay_id", sa.ForeignKey(replays.c.id), primary_key=True),
    sa.Column("delivery_id", sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("taken_at", INSTANT, nullable=False),
    sa.Column("former", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("ended", sa.Text),
    sa.CheckConstraint("former IN ('failed', 'delivered')", name="former"),
    sa.CheckConstraint("ended IN ('delivered', 'failed', 'refused', 'cancelled', 'given_back')", name="ended"),
)
"""What a replay took, once each. `former`, `attempts`: as it stood then. `ended`: None until the replay of it has."""
