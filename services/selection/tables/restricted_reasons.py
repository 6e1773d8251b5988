"""Reasons that the person may not be told: apart from the register, so that whatever shows an act cannot show them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA

from services.selection.tables.base import metadata
from services.selection.tables.decisions import decisions

restricted_reasons = sa.Table(
    "restricted_reasons",
    metadata,
    sa.Column("decision_id", sa.Uuid, sa.ForeignKey(decisions.c.id), primary_key=True),
    sa.Column("words", sa.Text, nullable=False),
    # Of decision and words. It lies here, since the register's own digest is shown to who may not read the words.
    sa.Column("digest", BYTEA, nullable=False),
    sa.CheckConstraint(r"words ~ '\S'", name="words_given"),
    sa.CheckConstraint("octet_length(digest) = 32", name="digest"),
)
