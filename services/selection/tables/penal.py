"""Every version of the penal facts, and the acts by which a moved exit was taken over into what is ordered."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies

penal_situations = sa.Table(
    "penal_situations",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), primary_key=True),
    # Of the file, that the extract led to.
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("penal_status", sa.Text),
    sa.Column("sentences", JSONB, nullable=False),
    sa.Column("sentence_end", sa.Date),
    sa.Column("extract_on", sa.Date),
    sa.Column("specially_flagged", sa.Boolean, nullable=False),
    sa.Column("terrorism", sa.Boolean, nullable=False),
    sa.Column("separation", sa.Boolean, nullable=False),
    sa.Column("other_proceedings", sa.Boolean, nullable=False),
    sa.Column("adjustment_requested", sa.Boolean, nullable=False),
    # Not known of what a file said when it was opened.
    sa.Column("source", sa.Text),
    # What the criteria said of it then; NULL for a draft.
    sa.Column("result", sa.Text),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_by_function", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    sa.CheckConstraint("source IN ('national_system', 'registry', 'court')", name="source"),
)

exit_adoptions = sa.Table(
    "exit_adoptions",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), primary_key=True),
    # Of the file, after the events that carry it out.
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("decision_number", sa.Text, nullable=False),
    sa.Column("ordered_until", sa.Date, nullable=False),
    sa.Column("projected_exit", sa.Date, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("signer_id", sa.Text, nullable=False),
    sa.Column("signer_name", sa.Text, nullable=False),
    sa.Column("signer_function", sa.Text, nullable=False),
    sa.Column("signed_at", instant, nullable=False),
    sa.CheckConstraint(r"reasons ~ '\S'", name="reasons_given"),
    sa.CheckConstraint("projected_exit <> ordered_until", name="exit_moved"),
)
