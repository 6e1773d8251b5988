"""What is gathered on a file: advice, interviews, references to documents."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

advice = sa.Table(
    "advice",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # Empty for one that came in unasked.
    sa.Column("asked_at", instant),
    sa.Column("asked_by", sa.Text),
    sa.Column("due_on", sa.Date),
    # Empty until it is there.
    sa.Column("received_at", instant),
    sa.Column("received_by", sa.Text),
    sa.Column("author_name", sa.Text),
    sa.Column("author_function", sa.Text),
    sa.Column("given_on", sa.Date),
    sa.Column("sense", sa.Text),
    # Restricted to who works on the file.
    sa.Column("words", sa.Text),
    sa.Column("reference", sa.Text),
    # When a newer one of the same kind was asked for or came in: this one is kept, and counts no longer.
    sa.Column("replaced_at", instant),
    sa.CheckConstraint("sense IN ('favourable', 'reserved', 'unfavourable')", name="sense"),
    sa.CheckConstraint("num_nulls(asked_at, asked_by, due_on) IN (0, 3)", name="asked_in_full"),
    sa.CheckConstraint(
        "num_nulls(received_at, received_by, author_name, author_function, given_on, sense, words) IN (0, 7)",
        name="received_in_full",
    ),
    sa.CheckConstraint("asked_at IS NOT NULL OR received_at IS NOT NULL", name="asked_or_received"),
    sa.Index(
        "uq_advice_standing_candidacy_id_kind",
        "candidacy_id",
        "kind",
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    ),
    sa.Index("ix_advice_candidacy_id", "candidacy_id"),
)

interviews = sa.Table(
    "interviews",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("interviewer_name", sa.Text, nullable=False),
    sa.Column("interviewer_function", sa.Text, nullable=False),
    sa.Column("held_on", sa.Date, nullable=False),
    sa.Column("discussed", ARRAY(sa.Text), nullable=False),
    # Restricted to who works on the file.
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    sa.Index("ix_interviews_candidacy_id_held_on", "candidacy_id", "held_on"),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("dated", sa.Date, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_by_function", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    sa.Index("ix_documents_candidacy_id", "candidacy_id"),
)
