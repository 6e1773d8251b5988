"""What was brought in as a table: each run with its report, and each reference once."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", instant, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("establishment", sa.Text),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    # Line by line: outcome and codes; nothing of what the lines say but their references.
    sa.Column("report", JSONB, nullable=False),
)

imported_lines = sa.Table(
    "imported_lines",
    metadata,
    # Of origin; empty for the site itself. References are those of whoever sends the table.
    sa.Column("establishment", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("import_id", sa.Uuid, sa.ForeignKey(imports.c.id), nullable=False),
)
