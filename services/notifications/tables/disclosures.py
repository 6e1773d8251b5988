"""What of whom went to whom, and who asked for it."""

import sqlalchemy as sa

from services.notifications.tables.base import INSTANT, metadata
from services.notifications.tables.deliveries import deliveries
from services.notifications.tables.partners import partners
from services.notifications.tables.subscriptions import subscriptions

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("delivery_id", sa.ForeignKey(deliveries.c.id), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("partner_id", sa.ForeignKey(partners.c.id), nullable=False),
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), nullable=False),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("convention_from", sa.Date, nullable=False),
    sa.Column("convention_to", sa.Date, nullable=False),
    sa.Column("certain", sa.Boolean, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.UniqueConstraint("delivery_id", "attempt"),
    sa.Index("ix_disclosures_candidacy_id", "candidacy_id", "id"),
)
"""Each attempt by which a partner learnt something of a person, or may have (`certain`: it said so). A trigger keeps
the rows as they are; deliveries and attempts may be cleared away before them."""

reads = sa.Table(
    "reads",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("read_at", INSTANT, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reader_function", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
)
"""Who read what partners were told of whom, and why. Never edited."""
