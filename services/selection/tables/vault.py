"""The vault: identities, and who read them. Nothing that leaves is ever joined with it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

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
    # Last name and first names without accents, case and punctuation: what names are compared and searched by.
    sa.Column(
        "plain_name",
        sa.Text,
        sa.Computed("vault.plain(last_name || ' ' || first_names)", persisted=True),
        nullable=False,
    ),
    # Persons of the same name and birth date who were found to be others when this one was entered.
    sa.Column("different_from", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    # Entered twice: the files went to that person.
    sa.Column("merged_into", sa.Uuid, sa.ForeignKey("vault.identities.person_id")),
    sa.CheckConstraint("sex IN ('M', 'F')", name="sex"),
    sa.CheckConstraint("merged_into <> person_id", name="merged_into_another"),
    sa.Index("ix_identities_plain_name_birth_date", "plain_name", "birth_date"),
    sa.Index(
        "ix_identities_plain_name_trigrams",
        "plain_name",
        postgresql_using="gin",
        postgresql_ops={"plain_name": "gin_trgm_ops"},
    ),
    sa.Index("ix_identities_ecrou_number", "ecrou_number"),
    sa.Index("ix_identities_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
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

committal_numbers = sa.Table(
    "committal_numbers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # No foreign key: the vault names nothing outside it.
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("person_id", sa.Uuid, sa.ForeignKey("vault.identities.person_id"), nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    # The number of the prison before, once the person has arrived and goes by this one.
    sa.Column("former", sa.Text),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_by_function", sa.Text, nullable=False),
    sa.Column("recorded_at", instant, nullable=False),
    sa.Column("replaced_at", instant),
    sa.Index("uq_committal_numbers_number", "number", unique=True, postgresql_where=sa.text("replaced_at IS NULL")),
    sa.Index(
        "uq_committal_numbers_candidacy_id",
        "candidacy_id",
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    ),
    schema="vault",
)
"""Numbers given at this site on arrival (numéros d'écrou). One that was mistyped is replaced, never deleted."""
