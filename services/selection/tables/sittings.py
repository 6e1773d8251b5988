"""The sittings of the site's commission, and their agendas."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies
from services.selection.tables.gathering import advice

sittings = sa.Table(
    "sittings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("sits_on", sa.Date, nullable=False),
    sa.Column("planned_by", sa.Text, nullable=False),
    sa.Column("planned_at", instant, nullable=False),
    # Empty until it was held.
    sa.Column("held_at", instant),
    sa.Column("held_by", sa.Text),
    # Name and function of each professional.
    sa.Column("chair", JSONB(none_as_null=True)),
    sa.Column("members", JSONB(none_as_null=True)),
    # The minutes, restricted to who works on files.
    sa.Column("words", sa.Text),
    sa.CheckConstraint("num_nulls(held_at, held_by, chair, members, words) IN (0, 5)", name="held_in_full"),
    sa.Index("ix_sittings_sits_on", "sits_on", "id"),
)

agenda_items = sa.Table(
    "agenda_items",
    metadata,
    sa.Column("sitting_id", sa.Uuid, sa.ForeignKey(sittings.c.id), primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    # Empty until the sitting was held, and for ever where the file was put off.
    sa.Column("advice_id", sa.Uuid, sa.ForeignKey(advice.c.id)),
    sa.UniqueConstraint("sitting_id", "candidacy_id"),
)
