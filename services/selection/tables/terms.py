"""What is due by a date, and what somebody has to look at."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

deadlines = sa.Table(
    "deadlines",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # What exactly is due: a request, a decision, an appeal; the candidacy where there is nothing smaller.
    sa.Column("subject", sa.Uuid, nullable=False),
    # Role of who has to act.
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("remind_on", sa.Date),
    sa.Column("opened_at", instant, nullable=False),
    sa.Column("reminded_at", instant),
    sa.Column("escalated_at", instant),
    sa.Column("met_at", instant),
    sa.CheckConstraint("remind_on <= due_on", name="reminded_before_due"),
    sa.Index(
        "uq_deadlines_open_kind_subject", "kind", "subject", unique=True, postgresql_where=sa.text("met_at IS NULL")
    ),
    sa.Index("ix_deadlines_open_due_on", "due_on", "id", postgresql_where=sa.text("met_at IS NULL")),
    sa.Index("ix_deadlines_candidacy_id", "candidacy_id"),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    # What differs: codes, figures and dates, no words about the person.
    sa.Column("detail", JSONB, nullable=False),
    sa.Column("opened_at", instant, nullable=False),
    sa.Column("closed_at", instant),
    sa.Column("closed_by", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_outcome"),
    sa.Index(
        "uq_reviews_open_candidacy_id_cause",
        "candidacy_id",
        "cause",
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    sa.Index("ix_reviews_open_opened_at", "opened_at", "id", postgresql_where=sa.text("closed_at IS NULL")),
)
