"""What was changed of a file and by whom: names of fields, and each answer of a consent. Never an old identity."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies, file_history

amendments = sa.Table(
    "amendments",
    metadata,
    # Who, when and in which function: the line of the history with the same key.
    sa.Column("candidacy_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.ForeignKeyConstraint(["candidacy_id", "version"], [file_history.c.candidacy_id, file_history.c.version]),
    sa.CheckConstraint("cardinality(fields) > 0", name="something_changed"),
)

consent_history = sa.Table(
    "consent_history",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), primary_key=True),
    # Of the file, that the answer led to.
    sa.Column("version", sa.BigInteger, primary_key=True),
    # `programme`, or a category of partners.
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("yes", sa.Boolean, nullable=False),
    sa.Column("text_version", sa.Text),
    sa.Column("dated_on", sa.Date),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_by_function", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
)
