"""Files that were found to be double, and caseloads that were reassigned."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

merges = sa.Table(
    "merges",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), primary_key=True),
    sa.Column("kept_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    # As they stood before: nothing else tells afterwards who was who.
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Column("kept_person_id", sa.Uuid, nullable=False),
    # Why these are one person although their names or birth dates differ.
    sa.Column("statement", sa.Text),
    sa.Column("merged_by", sa.Text, nullable=False),
    sa.Column("merged_by_function", sa.Text, nullable=False),
    sa.Column("merged_at", instant, nullable=False),
    sa.CheckConstraint("kept_id <> candidacy_id", name="into_another"),
)

reassignments = sa.Table(
    "reassignments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # Subjects of tokens.
    sa.Column("from_officer", sa.Text, nullable=False),
    sa.Column("to_officer", sa.Text, nullable=False),
    sa.Column("files", sa.Integer, nullable=False),
    sa.Column("ordered_by", sa.Text, nullable=False),
    sa.Column("ordered_by_function", sa.Text, nullable=False),
    sa.Column("ordered_at", instant, nullable=False),
    sa.CheckConstraint("from_officer <> to_officer", name="to_another"),
)
