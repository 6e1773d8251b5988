"""What partners may ask, whom they know by which reference, and what each of them was shown or refused."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.selection.tables.base import instant, metadata

partner_conventions = sa.Table(
    "partner_conventions",
    metadata,
    sa.Column("partner_id", sa.Uuid, primary_key=True),
    # Display name, an organisation.
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("convention_from", sa.Date, nullable=False),
    sa.Column("convention_to", sa.Date, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("window_months", sa.Integer),
    sa.Column("version", sa.BigInteger, nullable=False),
)

partner_references = sa.Table(
    "partner_references",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    # No foreign keys: facts of other services are taken as they come.
    sa.Column("partner_id", sa.Uuid, nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
)

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", instant, nullable=False),
    sa.Column("partner_id", sa.Uuid, nullable=False),
    # Subject of the partner's token.
    sa.Column("reader", sa.Text, nullable=False),
    # Null where the reference is none of ours: what was sent is not kept. No foreign keys: the log outlives all of it.
    sa.Column("reference", sa.Text),
    sa.Column("person_id", sa.Uuid),
    # Names of what was shown, never its content.
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    # Null where the partner has no convention that we know of.
    sa.Column("basis", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.CheckConstraint("(outcome = 'shown') = (cardinality(fields) > 0)", name="shown_with_fields"),
    sa.CheckConstraint("outcome <> 'shown' OR (person_id IS NOT NULL AND basis IS NOT NULL)", name="shown_of_whom"),
    sa.Index("ix_disclosures_person_id_id", "person_id", "id"),
    schema="vault",
)
