"""The vault: identities, and who read them. Nothing that leaves is ever joined with it."""

import sqlalchemy as sa

from services.selection.tables.base import instant, metadata

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("last_name", sa.Text, nullable=False),
    sa.Column("first_names", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date, nullable=False),
    sa.Column("ecrou_number", sa.Text, nullable=False),
    sa.Column("sex", sa.Text, nullable=False),
    sa.CheckConstraint("sex IN ('M', 'F')", name="sex"),
    schema="vault",
)

identity_reads = sa.Table(
    "identity_reads",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("read_at", instant, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reader_function", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    # No foreign key: the log outlives what was read.
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    # What was read of the person, where it was one decision's letter or restricted reasons.
    sa.Column("decision_id", sa.Uuid),
    sa.Index("ix_identity_reads_person_id", "person_id"),
    schema="vault",
)
