"""The register of receipts: one for each request of a person, numbered per site and year without gaps."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

receipt_counters = sa.Table(
    "receipt_counters",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    # As handed over: later wordings do not change what this person was told.
    sa.Column("requested", sa.Text, nullable=False),
    sa.Column("silence_means", sa.Text, nullable=False),
    sa.Column("silent_from", sa.Date),
    sa.Column("issued_at", instant, nullable=False),
    sa.CheckConstraint("kind IN ('submission', 'withdrawal', 'appeal', 'change_of_assignment')", name="kind"),
    sa.Index("ix_receipts_candidacy_id", "candidacy_id"),
)
