"""When the person was given a decision; without a row here no deadline runs against anybody."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.decisions import decisions

hand_overs = sa.Table(
    "hand_overs",
    metadata,
    # Once per decision.
    sa.Column("decision_id", sa.Uuid, sa.ForeignKey(decisions.c.id), primary_key=True),
    sa.Column("handed_on", sa.Date, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("handed_by", sa.Text, nullable=False),
    sa.Column("handed_by_function", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    # By the rule of its day: a later change of the months moves no deadline that somebody was told.
    sa.Column("appeal_until", sa.Date, nullable=False),
    sa.CheckConstraint("outcome IN ('signed', 'refused_to_sign', 'interpreter')", name="outcome"),
    sa.CheckConstraint("(outcome = 'interpreter') = (language IS NOT NULL)", name="language_of_interpreter"),
    sa.CheckConstraint("appeal_until > handed_on", name="appeal_after_hand_over"),
)
