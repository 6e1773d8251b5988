"""The register of signed acts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.files import candidacies, opinions

decision_counters = sa.Table(
    "decision_counters",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("opinion_id", sa.Uuid, sa.ForeignKey(opinions.c.id)),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("prepared_by", sa.Text, nullable=False),
    sa.Column("preparers", ARRAY(sa.Text), nullable=False),
    sa.Column("signer_id", sa.Text, nullable=False),
    sa.Column("signer_name", sa.Text, nullable=False),
    sa.Column("signer_function", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("delegation", sa.Text, nullable=False),
    sa.Column("reason_codes", ARRAY(sa.Text), nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    # Why it was decided before all advice was there; empty when it was not.
    sa.Column("urgency", sa.Text),
    # Of each criterion that the opinion left to a human, what the signer found; empty where it left none.
    sa.Column("examined", JSONB(none_as_null=True)),
    sa.Column("effects", JSONB, nullable=False),
    # The criteria as checked again on the date of the decision.
    sa.Column("criteria", JSONB, nullable=False),
    sa.Column("act_digest", BYTEA, nullable=False),
    sa.Column("signed_at", instant, nullable=False),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.CheckConstraint("kind IN ('approved', 'refused', 'adjourned', 'deferred', 'revoked', 'lapsed')", name="kind"),
    sa.CheckConstraint("signer_id <> prepared_by AND signer_id <> ALL (preparers)", name="four_eyes"),
    sa.CheckConstraint(r"reasons ~ '\S'", name="reasons_given"),
    sa.CheckConstraint(r"authority ~ '\S'", name="authority_given"),
    sa.CheckConstraint(r"delegation ~ '\S'", name="delegation_given"),
    sa.CheckConstraint(r"urgency ~ '\S'", name="urgency_given"),
    sa.CheckConstraint("kind <> 'approved' OR opinion_id IS NOT NULL", name="approved_on_opinion"),
    sa.CheckConstraint("kind <> 'refused' OR cardinality(reason_codes) > 0", name="refused_with_code"),
    sa.CheckConstraint("octet_length(act_digest) = 32", name="act_digest"),
    sa.ForeignKeyConstraint(
        ["candidacy_id", "prepared_by"],
        [candidacies.c.id, candidacies.c.prepared_by],
    ),
    sa.Index("ix_decisions_candidacy_id", "candidacy_id"),
    sa.Index(
        "uq_decisions_approved_candidacy_id_round",
        "candidacy_id",
        "round",
        unique=True,
        postgresql_where=sa.text("kind = 'approved'"),
    ),
)
