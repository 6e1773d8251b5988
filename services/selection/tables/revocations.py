"""Intended revocations: the notice, the person's observations, and how each ended. Restricted words."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.decisions import decisions
from services.selection.tables.files import candidacies

revocations = sa.Table(
    "revocations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("opened_at", instant, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("opened_by_function", sa.Text, nullable=False),
    # The notice, in the officer's own words.
    sa.Column("grounds", sa.Text, nullable=False),
    sa.Column("handed_over_on", sa.Date, nullable=False),
    sa.Column("observe_until", sa.Date, nullable=False),
    # When the person had access to the file.
    sa.Column("file_access_on", sa.Date),
    sa.Column("closed_at", instant),
    sa.Column("closed_by", sa.Text),
    sa.Column("outcome", sa.Text),
    # Of a revocation that was dropped.
    sa.Column("reasons", sa.Text),
    sa.Column("decision_id", sa.Uuid, sa.ForeignKey(decisions.c.id)),
    sa.CheckConstraint(r"grounds ~ '\S'", name="grounds_given"),
    sa.CheckConstraint("observe_until >= handed_over_on", name="time_to_observe"),
    sa.CheckConstraint("file_access_on >= handed_over_on", name="access_after_notice"),
    sa.CheckConstraint(
        "outcome IN ('revoked', 'dropped', 'change_of_assignment', 'file_closed')",
        name="outcome",
    ),
    sa.CheckConstraint("num_nulls(closed_at, closed_by, outcome) IN (0, 3)", name="closed_with_outcome"),
    sa.CheckConstraint(
        "outcome <> 'dropped' OR (reasons IS NOT NULL AND reasons ~ '\\S')", name="dropped_with_reasons"
    ),
    sa.CheckConstraint(
        "(decision_id IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'revoked')", name="revoked_by_act"
    ),
    sa.Index(
        "uq_revocations_open_candidacy_id", "candidacy_id", unique=True, postgresql_where=sa.text("closed_at IS NULL")
    ),
    sa.Index("ix_revocations_candidacy_id", "candidacy_id"),
)

observations = sa.Table(
    "observations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("revocation_id", sa.Uuid, sa.ForeignKey(revocations.c.id), nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    # None: the person said that there are none.
    sa.Column("words", sa.Text),
    # Whether counsel assisted.
    sa.Column("counsel", sa.Boolean, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.CheckConstraint(r"words ~ '\S'", name="words_given"),
    sa.Index("ix_observations_revocation_id", "revocation_id"),
)
"""Kept as they come: what was said first is never overwritten."""
