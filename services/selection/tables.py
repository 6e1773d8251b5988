"""Selection's tables. Identity lies in schema `vault`, and nothing that leaves is ever joined with it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from shared.database import metadata as new_metadata

metadata = new_metadata()

_instant = sa.DateTime(timezone=True)

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
    sa.Column("read_at", _instant, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reader_function", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    # No foreign key: the log outlives what was read.
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Index("ix_identity_reads_person_id", "person_id"),
    schema="vault",
)

candidacies = sa.Table(
    "candidacies",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, sa.ForeignKey(identities.c.person_id), nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("file_number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("prepared_by", sa.Text, nullable=False),
    sa.Column("establishment", sa.Text),
    sa.Column("penal_status", sa.Text),
    sa.Column("sentences", JSONB, nullable=False),
    sa.Column("sentence_end", sa.Date),
    sa.Column("extract_on", sa.Date),
    sa.Column("consent_signed_on", sa.Date),
    sa.Column("consent_withdrawn_on", sa.Date),
    sa.Column("planned_entry", sa.Date, nullable=False),
    sa.Column("adapted_cell", sa.Boolean, nullable=False),
    sa.Column("training_wishes", ARRAY(sa.Text), nullable=False),
    sa.Column("partner_categories", ARRAY(sa.Text), nullable=False),
    sa.Column("submitted_at", _instant, nullable=False),
    # What the criteria said at submission: an estimate that blocks nothing.
    sa.Column("estimate", JSONB, nullable=False),
    sa.Column("opinion_id", sa.Uuid),
    sa.Column("decision_number", sa.Text),
    sa.CheckConstraint(
        "state IN ('submitted', 'assessed', 'approved', 'refused', 'withdrawn')",
        name="state",
    ),
    sa.CheckConstraint("sentence_end > planned_entry", name="ends_after_entry"),
    sa.CheckConstraint("consent_withdrawn_on >= consent_signed_on", name="withdrawn_after_signed"),
    sa.CheckConstraint("(state IN ('approved', 'refused')) <= (decision_number IS NOT NULL)", name="decided_by_act"),
    # Gives decisions something to prove their copy of the preparer against.
    sa.UniqueConstraint("id", "prepared_by"),
)

opinions = sa.Table(
    "opinions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("rule_version", sa.Text, nullable=False),
    sa.Column("reference_on", sa.Date, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("eligible_on", sa.Date),
    sa.Column("at_entry", sa.Text, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    sa.Column("assessed_by", sa.Text, nullable=False),
    sa.Column("assessed_at", _instant, nullable=False),
    sa.CheckConstraint(
        "result IN ('favourable', 'unfavourable', 'deferred', 'to_complete', 'to_examine')",
        name="result",
    ),
    sa.Index("ix_opinions_candidacy_id", "candidacy_id"),
)

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
    sa.Column("prepared_by", sa.Text, nullable=False),
    sa.Column("signer_id", sa.Text, nullable=False),
    sa.Column("signer_name", sa.Text, nullable=False),
    sa.Column("signer_function", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("delegation", sa.Text, nullable=False),
    sa.Column("reason_codes", ARRAY(sa.Text), nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("effects", JSONB, nullable=False),
    # The criteria as checked again on the date of the decision.
    sa.Column("criteria", JSONB, nullable=False),
    sa.Column("act_digest", BYTEA, nullable=False),
    sa.Column("signed_at", _instant, nullable=False),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.CheckConstraint("kind IN ('approved', 'refused')", name="kind"),
    sa.CheckConstraint("signer_id <> prepared_by", name="four_eyes"),
    sa.CheckConstraint(r"reasons ~ '\S'", name="reasons_given"),
    sa.CheckConstraint(r"authority ~ '\S'", name="authority_given"),
    sa.CheckConstraint(r"delegation ~ '\S'", name="delegation_given"),
    sa.CheckConstraint("kind <> 'approved' OR opinion_id IS NOT NULL", name="approved_on_opinion"),
    sa.CheckConstraint("kind <> 'refused' OR cardinality(reason_codes) > 0", name="refused_with_code"),
    sa.CheckConstraint("octet_length(act_digest) = 32", name="act_digest"),
    sa.ForeignKeyConstraint(
        ["candidacy_id", "prepared_by"],
        [candidacies.c.id, candidacies.c.prepared_by],
    ),
    sa.Index(
        "uq_decisions_approved_candidacy_id",
        "candidacy_id",
        unique=True,
        postgresql_where=sa.text("kind = 'approved'"),
    ),
)

expected_replies = sa.Table(
    "expected_replies",
    metadata,
    sa.Column("request_id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    # Version of the candidacy's event that asks: orders the replies to different requests.
    sa.Column("asked_version", sa.BigInteger, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("asked_at", _instant, nullable=False),
    sa.Column("answered_at", _instant),
    sa.CheckConstraint("step IN ('accommodation', 'training', 'partners')", name="step"),
    sa.Index("ix_expected_replies_candidacy_id", "candidacy_id"),
)

journey_steps = sa.Table(
    "journey_steps",
    metadata,
    # No foreign key: facts of other services are taken as they come.
    sa.Column("candidacy_id", sa.Uuid, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("fact", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("detail", JSONB, nullable=False),
    sa.Column("occurred_at", _instant, nullable=False),
)
