"""Partners: outside bodies with a convention, and the names under which each knows of candidacies."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.notifications.tables.base import INSTANT, metadata

partners = sa.Table(
    "partners",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("convention_from", sa.Date, nullable=False),
    sa.Column("convention_to", sa.Date, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("window_months", sa.Integer),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("contact", sa.Text),
    sa.Column("contact_by", sa.Text),
    sa.Column("contact_at", INSTANT),
    sa.CheckConstraint(
        "category IN ('employment_service', 'youth_service', 'training_body', 'region', 'social_employer')",
        name="category",
    ),
    sa.CheckConstraint("convention_from < convention_to", name="convention"),
    sa.CheckConstraint(
        "fields <@ CASE WHEN category IN ('employment_service', 'youth_service')"
        " THEN ARRAY['last_name', 'first_names', 'ecrou_number', 'projected_exit']"
        " WHEN category = 'training_body' THEN ARRAY['last_name', 'first_names'] ELSE ARRAY[]::text[] END",
        name="lawful_fields",
    ),
    sa.CheckConstraint("window_months BETWEEN 1 AND 12", name="window"),
    sa.CheckConstraint(
        "num_nulls(contact_by, contact_at) IN (0, 2) AND (contact IS NULL OR contact_by IS NOT NULL)", name="contact"
    ),
)
"""Outside bodies with a convention: its first day, and the first day after it, Europe/Paris; and what it permits.

`contact`: mailbox of a function, told how the partner's own addresses stand; who set or removed it last, and when.
"""

partner_references = sa.Table(
    "partner_references",
    metadata,
    sa.Column("partner_id", sa.ForeignKey(partners.c.id), primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, primary_key=True),
    sa.Column("reference", sa.Text, nullable=False),
    sa.UniqueConstraint("reference"),
)
"""The opaque name under which one partner, and no other, knows of a candidacy."""

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, primary_key=True),
    sa.Column("decision_number", sa.Text, nullable=False),
    sa.Column("ordered", ARRAY(sa.Text), nullable=False),
    sa.Column("allowed", ARRAY(sa.Text), nullable=False),
)
"""The approvals that stand. `ordered`: partner categories that the signed act lists. `allowed`: by the person, now."""
