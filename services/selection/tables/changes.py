"""Requests for another prison, once the person has arrived. Restricted words."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies
from services.selection.tables.revocations import revocations

change_of_assignments = sa.Table(
    "change_of_assignments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    # The notice behind it, where the administration asks.
    sa.Column("revocation_id", sa.Uuid, sa.ForeignKey(revocations.c.id)),
    sa.Column("requested_on", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("closed_at", instant),
    sa.Column("closed_by", sa.Text),
    sa.Column("closed_by_function", sa.Text),
    sa.Column("reasons", sa.Text),
    sa.CheckConstraint("cause IN ('consent_withdrawn', 'revocation', 'decision_undone')", name="cause"),
    sa.CheckConstraint("(cause = 'revocation') = (revocation_id IS NOT NULL)", name="revocation"),
    sa.CheckConstraint("state IN ('open', 'granted', 'refused')", name="state"),
    sa.CheckConstraint(
        "num_nulls(closed_at, closed_by, closed_by_function, reasons) = CASE WHEN state = 'open' THEN 4 ELSE 0 END",
        name="answered_by_somebody",
    ),
    sa.CheckConstraint(r"reasons ~ '\S'", name="reasons_given"),
    sa.Index(
        "uq_change_of_assignments_open_candidacy_id",
        "candidacy_id",
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index("ix_change_of_assignments_candidacy_id", "candidacy_id"),
)
