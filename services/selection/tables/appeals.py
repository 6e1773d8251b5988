"""Appeals against decisions, and how they were answered. Restricted words."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.decisions import decisions
from services.selection.tables.files import candidacies

appeals = sa.Table(
    "appeals",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("decision_id", sa.Uuid, sa.ForeignKey(decisions.c.id), nullable=False),
    # Subject of who took that decision, who never answers the appeal.
    sa.Column("first_decider", sa.Text, nullable=False),
    sa.Column("lodged_on", sa.Date, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("grounds", sa.Text, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_by_function", sa.Text, nullable=False),
    sa.Column("acknowledged_at", instant, nullable=False),
    # Silence until then means a rejection.
    sa.Column("answer_due_on", sa.Date, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("reasons", sa.Text),
    sa.Column("decided_at", instant),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_by_name", sa.Text),
    sa.Column("decided_by_function", sa.Text),
    sa.CheckConstraint("channel IN ('letter', 'statement', 'counsel')", name="channel"),
    sa.CheckConstraint("outcome IN ('upheld', 'reversed', 'inadmissible')", name="outcome"),
    sa.CheckConstraint(
        "num_nulls(outcome, reasons, decided_at, decided_by, decided_by_name, decided_by_function) IN (0, 6)",
        name="decided_by_somebody",
    ),
    sa.CheckConstraint("decided_by <> first_decider", name="not_by_first_decider"),
    sa.CheckConstraint(r"reasons ~ '\S'", name="reasons_given"),
    sa.Index("uq_appeals_open_decision_id", "decision_id", unique=True, postgresql_where=sa.text("outcome IS NULL")),
    sa.Index("ix_appeals_candidacy_id", "candidacy_id"),
)
