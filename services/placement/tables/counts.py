"""Roll counts, and what an officer confirmed from the arrivals sheet in one act."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.placement.tables.base import INSTANT, metadata

roll_counts = sa.Table(
    "roll_counts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("corrects", sa.ForeignKey("roll_counts.id"), unique=True),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)
"""Who counted, and when. A trigger refuses every change: a count is corrected by another one."""

roll_count_lines = sa.Table(
    "roll_count_lines",
    metadata,
    sa.Column("count_id", sa.ForeignKey("roll_counts.id"), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("expected", sa.Integer, nullable=False),
    sa.Column("counted", sa.Integer, nullable=False),
    sa.Column("explained", sa.Integer, nullable=False),
    sa.Column("unexplained", sa.Integer, sa.Computed("expected - counted - explained", persisted=True), nullable=False),
    sa.Column("explanations", JSONB, nullable=False),
    sa.CheckConstraint("expected >= 0 AND counted >= 0 AND explained >= 0", name="people"),
)
"""What was found in each place; `explanations` says how many by code. The same trigger keeps them as they are."""

sheet_confirmations = sa.Table(
    "sheet_confirmations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("outcomes", JSONB, nullable=False),
)
"""What became of each stay that an officer confirmed with others, so that the same request is answered alike."""
