"""The journey: replies that are due, and the last fact of each step."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

expected_replies = sa.Table(
    "expected_replies",
    metadata,
    sa.Column("request_id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    # Version of the candidacy's event that asks: orders the replies to different requests.
    sa.Column("asked_version", sa.BigInteger, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("asked_at", instant, nullable=False),
    sa.Column("answered_at", instant),
    sa.CheckConstraint("step IN ('accommodation', 'training', 'partners')", name="step"),
    sa.Index("ix_expected_replies_candidacy_id", "candidacy_id"),
    sa.Index(
        "ix_expected_replies_missing_candidacy_id",
        "candidacy_id",
        "asked_at",
        postgresql_where=sa.text("answered_at IS NULL"),
    ),
)

journey_steps = sa.Table(
    "journey_steps",
    metadata,
    # No foreign key: facts of other services are taken as they come.
    sa.Column("candidacy_id", sa.Uuid, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("fact", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("detail", JSONB, nullable=False),
    sa.Column("occurred_at", instant, nullable=False),
    # Whether somebody waits for a cell is asked of every file that is looked at.
    sa.Index("ix_journey_steps_waiting", "candidacy_id", postgresql_where=sa.text("fact = 'bed_waitlisted'")),
)
