"""The tables of notifications: partners, where they listen, what is to be sent to them, and what became of it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from shared.database import metadata as _metadata

metadata = _metadata()


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's number of a transaction, which never comes again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in DDL."""
        return "xid8"


_instant = sa.DateTime(timezone=True)

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
    sa.Column("created_at", _instant, nullable=False),
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
)
"""Outside bodies with a convention: its first day, and the first day after it, Europe/Paris; and what it permits."""

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("partner_id", sa.ForeignKey(partners.c.id), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("event_types", ARRAY(sa.Text), nullable=False),
    sa.Column("secret", BYTEA, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("paused_until", _instant),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("created_at", _instant, nullable=False),
    sa.Column("proven_at", _instant),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", _instant),
    sa.Column("ever_active", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("served_since", _instant, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_because", sa.Text),
    sa.Column("rate_per_minute", sa.Integer),
    sa.Column("next_slot_at", _instant),
    sa.Column("notice_version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("ordered", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("slow", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allowance", sa.SmallInteger, nullable=False, server_default="16"),
    sa.Column("retry_waits", ARRAY(sa.Integer)),
    sa.Column("give_up_after", sa.Integer, nullable=False, server_default="259200"),
    sa.Column("client_errors", sa.Text, nullable=False, server_default="again"),
    sa.Column("tested_at", _instant),
    sa.Column("disabled_at", _instant),
    sa.Column("disabled_because", sa.Text),
    sa.Column("old_secret", BYTEA),
    sa.Column("old_secret_until", _instant),
    sa.Column("wider_event_types", ARRAY(sa.Text)),
    sa.Column("scope_asked_by", sa.Text),
    sa.Column("scope_asked_at", _instant),
    sa.Column("scope_approved_by", sa.Text),
    sa.Column("scope_approved_at", _instant),
    sa.Column("proof_due_at", _instant),
    sa.Column("proof_failed_since", _instant),
    sa.Column("proof_outcome", sa.Text),
    sa.Column(
        "channel",
        sa.Text,
        sa.Computed("CASE WHEN starts_with(url, 'mailto:') THEN 'email' ELSE 'webhook' END", persisted=True),
        nullable=False,
    ),
    sa.Column("link_digest", BYTEA),
    sa.Column("link_until", _instant),
    sa.CheckConstraint("link_until IS NULL OR link_digest IS NOT NULL", name="link"),
    sa.UniqueConstraint("link_digest"),
    sa.CheckConstraint("state IN ('proposed', 'active', 'disabled')", name="state"),
    sa.CheckConstraint("state <> 'active' OR (num_nulls(proven_at, approved_at) = 0 AND ever_active)", name="served"),
    sa.CheckConstraint(
        "num_nulls(approved_by, approved_at) IN (0, 2) AND approved_by IS DISTINCT FROM proposed_by",
        name="approved_by_another",
    ),
    sa.CheckConstraint(
        "num_nulls(paused_by, paused_because) IN (0, 2) AND (paused_by IS NULL OR paused_until IS NOT NULL)",
        name="paused",
    ),
    sa.CheckConstraint("rate_per_minute BETWEEN 1 AND 100000", name="rate"),
    sa.CheckConstraint("notice_version >= 1", name="notice_version"),
    sa.CheckConstraint("failures >= 0", name="failures"),
    sa.CheckConstraint("allowance > 0", name="allowance"),
    sa.CheckConstraint(
        "cardinality(retry_waits) BETWEEN 1 AND 20 AND 1 <= ALL (retry_waits) AND 86400 >= ALL (retry_waits)",
        name="retry_waits",
    ),
    sa.CheckConstraint("give_up_after BETWEEN 3600 AND 604800", name="give_up_after"),
    sa.CheckConstraint("client_errors IN ('again', 'give_up')", name="client_errors"),
    sa.CheckConstraint(
        "num_nulls(disabled_at, disabled_because) IN (0, 2) AND (disabled_at IS NULL OR state = 'disabled')",
        name="disabled",
    ),
    sa.CheckConstraint("num_nulls(old_secret, old_secret_until) IN (0, 2)", name="old_secret"),
    sa.CheckConstraint(
        "cardinality(event_types) > 0 AND event_types <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']",
        name="event_types",
    ),
    sa.CheckConstraint(
        "wider_event_types <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']"
        " AND NOT wider_event_types <@ event_types AND scope_asked_by IS NOT NULL AND scope_approved_by IS NULL"
        " OR wider_event_types IS NULL",
        name="wider",
    ),
    sa.CheckConstraint(
        "num_nulls(scope_asked_by, scope_asked_at) IN (0, 2)"
        " AND num_nulls(scope_approved_by, scope_approved_at) IN (0, 2)"
        " AND (scope_approved_by IS NULL OR scope_asked_by IS NOT NULL AND scope_approved_by <> scope_asked_by)",
        name="scope_approved_by_another",
    ),
    sa.Index("ix_subscriptions_partner_id", "partner_id"),
)
"""Where a partner listens. Secrets are encrypted with a key that the database does not know.

`proposed_by` asked for the present address. `served_since`: patience with it counts from then on, anew after a hold.
`next_slot_at`: when its rate has room again. `failures`: how often it failed since it last worked. `allowance`: how
many it may have in flight, less after failures. `slow`: its last answers took long. `last_sequence`: number of the
last notice that it was told or was to be. `ordered`: notices of one person one after the other. `retry_waits` (None:
the common ones) and `give_up_after`: seconds. `tested_at`: when an example was last sent to it. `old_secret` signs
beside the new one until a day after the rotation.
`wider_event_types` waits for another officer than `scope_asked_by`. `proof_due_at`: when its endpoint is asked again, a
month after `proven_at` unless it is said here. `link_digest`: SHA-256 of the link that its mailbox was sent last;
`link_until` ends it, and is empty once it was followed. A mailbox has a secret too, which signs nothing.
"""

subscription_changes = sa.Table(
    "subscription_changes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), nullable=False),
    sa.Column("at", _instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("what", ARRAY(sa.Text), nullable=False),
    sa.Index("ix_subscription_changes_subscription_id", "subscription_id", "id"),
)
"""Who asked for, approved and changed what of a subscription. A trigger keeps the lines as they are."""

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), primary_key=True),
    sa.Column("oauth2", BYTEA),
    sa.Column("token_url", sa.Text),
    sa.Column("client_id", sa.Text),
    sa.Column("certificate", BYTEA),
    sa.Column("certificate_fingerprint", sa.Text),
    sa.Column("certificate_expires_at", _instant),
    sa.Column("set_by", sa.Text, nullable=False),
    sa.Column("set_at", _instant, nullable=False),
    sa.CheckConstraint("num_nulls(oauth2, token_url, client_id) IN (0, 3)", name="oauth2"),
    sa.CheckConstraint(
        "num_nulls(certificate, certificate_fingerprint, certificate_expires_at) IN (0, 3)", name="certificate"
    ),
)
"""What an endpoint is shown besides the signature. `oauth2` and `certificate` are sealed like secrets."""

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

replays = sa.Table(
    "replays",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), nullable=False),
    sa.Column("since", _instant, nullable=False),
    sa.Column("until", _instant, nullable=False),
    sa.Column("notices", ARRAY(sa.Text), nullable=False),
    sa.Column("states", ARRAY(sa.Text), nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", _instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("to_take", sa.Integer, nullable=False),
    sa.Column("cursor_at", _instant),
    sa.Column("cursor_id", sa.Uuid),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skipped", JSONB, nullable=False, server_default="{}"),
    sa.Column("started_at", _instant),
    sa.Column("ended_at", _instant),
    sa.Column("cancelled_by", sa.Text),
    sa.Column("cancelled_because", sa.Text),
    sa.CheckConstraint("since < until AND until <= created_at AND until <= since + interval '90 days'", name="range"),
    sa.CheckConstraint(
        "cardinality(notices) > 0 AND notices <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']", name="notices"
    ),
    sa.CheckConstraint("cardinality(states) > 0 AND states <@ ARRAY['failed', 'delivered']", name="states"),
    sa.CheckConstraint("per_minute BETWEEN 1 AND 240", name="pace"),
    sa.CheckConstraint("reason IN ('outage', 'data_lost', 'asked_by_partner', 'other')", name="reason"),
    sa.CheckConstraint("state IN ('queued', 'running', 'cancelled', 'done')", name="state"),
    sa.CheckConstraint("num_nulls(cursor_at, cursor_id) IN (0, 2)", name="cursor"),
    sa.CheckConstraint("state <> 'running' OR started_at IS NOT NULL", name="begun"),
    sa.CheckConstraint("(state IN ('cancelled', 'done')) = (ended_at IS NOT NULL)", name="ended"),
    sa.CheckConstraint(
        "(state = 'cancelled') = (cancelled_because IS NOT NULL) AND (cancelled_by IS NULL OR state = 'cancelled')",
        name="cancelled",
    ),
    sa.Index(
        "uq_replays_one_at_a_time",
        "subscription_id",
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)
"""Orders to send again what was planned for a subscription from `since` until before `until`.

`found`, `to_take`: counted when it was ordered. `cursor_*`: the last delivery of the range that was looked at.
`skipped`: how many were not taken, by reason. `cancelled_by`: None when the endpoint's end did it.
"""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey(subscriptions.c.id), nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", _instant),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("lease_until", _instant),
    sa.Column("reached", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("superseded_by", sa.ForeignKey("deliveries.id")),
    sa.Column("header_names", ARRAY(BYTEA), nullable=False),
    sa.Column("header_values", ARRAY(BYTEA), nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", _instant, nullable=False),
    sa.Column("written_in", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("numbered_at", _instant),
    sa.Column("body_sha256", BYTEA),
    sa.Column("set_aside_by", sa.Text),
    sa.Column("set_aside_at", _instant),
    sa.Column("replay_id", sa.ForeignKey(replays.c.id)),
    sa.CheckConstraint("notice IN ('candidacy.approved', 'candidacy.withdrawn')", name="notice"),
    sa.CheckConstraint("state IN ('pending', 'waiting', 'delivered', 'failed', 'cancelled', 'refused')", name="state"),
    # What was refused has no body, what is to be sent has one; of what ended, it is there for a while.
    sa.CheckConstraint(
        "CASE WHEN state = 'refused' THEN body = '' WHEN state IN ('pending', 'waiting') THEN body <> '' ELSE true END",
        name="nothing_left",
    ),
    # A delivery is ended, scheduled, or waits for the one that it takes back: nothing is ever forgotten in between.
    sa.CheckConstraint("(state = 'pending') = (next_attempt_at IS NOT NULL)", name="scheduled"),
    sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease"),
    sa.CheckConstraint("lease_token IS NULL OR state = 'pending'", name="leased_while_pending"),
    sa.CheckConstraint("state <> 'waiting' OR notice = 'candidacy.withdrawn'", name="only_retractions_wait"),
    sa.CheckConstraint("sequence > 0", name="sequence"),
    sa.CheckConstraint("num_nulls(sequence, numbered_at, body_sha256) IN (0, 3)", name="numbered"),
    sa.CheckConstraint("num_nulls(set_aside_by, set_aside_at) IN (0, 2)", name="set_aside"),
    sa.UniqueConstraint("event_id", "subscription_id"),
    sa.UniqueConstraint("subscription_id", "sequence"),
    sa.CheckConstraint("replay_id IS NULL OR state = 'pending'", name="replayed_while_pending"),
    # Live before replayed, each by time: PostgreSQL skips from the one to the other (18 or later).
    sa.Index(
        "ix_deliveries_subscription_id_lane_next_attempt_at",
        "subscription_id",
        sa.text("(replay_id IS NOT NULL)"),
        "next_attempt_at",
        postgresql_where=sa.text("state = 'pending'"),
    ),
    sa.Index("ix_deliveries_failed", "subscription_id", postgresql_where=sa.text("state = 'failed'")),
    sa.Index("ix_deliveries_replay_id", "replay_id", postgresql_where=sa.text("replay_id IS NOT NULL")),
    sa.Index("ix_deliveries_subscription_id_created_at_id", "subscription_id", "created_at", "id"),
    sa.Index("ix_deliveries_candidacy_id", "candidacy_id"),
    sa.Index("ix_deliveries_subscription_id_written_in_id", "subscription_id", "written_in", "id"),
)
"""What is to be sent to one subscription because of one event. A due row is the schedule; there is no other queue.

`reached`: the partner may have read it. `version`: outcomes published so far. `superseded_by`: the retraction that
takes this one back. `written_in`: the transaction that made it a thing to tell, by which the feed is ordered.
`repeated`: the partner had accepted it before it was sent again, so its outcome is published no more.
`sequence`: its number among those of its subscription, given with the first attempt or pull; from then on in the body.
`numbered_at` and `body_sha256`: when that was, and of that body: they make the day's manifest and outlive the body.
`set_aside_*`: who looked at it once it had failed, and lets it be.
`header_*`: envelope and trace context of the event, as they are carried on. `replay_id`: has it sent again; a trigger
notes in `replayed` how that ended, and that what was delivered once stays delivered.
"""

replayed = sa.Table(
    "replayed",
    metadata,
    sa.Column("replay_id", sa.ForeignKey(replays.c.id), primary_key=True),
    sa.Column("delivery_id", sa.ForeignKey(deliveries.c.id), primary_key=True),
    sa.Column("taken_at", _instant, nullable=False),
    sa.Column("former", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("ended", sa.Text),
    sa.CheckConstraint("former IN ('failed', 'delivered')", name="former"),
    sa.CheckConstraint("ended IN ('delivered', 'failed', 'refused', 'cancelled', 'given_back')", name="ended"),
)
"""What a replay took, once each. `former`, `attempts`: as it stood then. `ended`: None until the replay of it has."""

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey(deliveries.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started_at", _instant, nullable=False),
    sa.Column("duration_ms", sa.Integer),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("http_status", sa.SmallInteger),
    sa.Column("dns_ms", sa.Integer),
    sa.Column("connect_ms", sa.Integer),
    sa.Column("first_byte_ms", sa.Integer),
    sa.Column("head", sa.Text),
    sa.CheckConstraint("number > 0", name="number"),
    sa.CheckConstraint("length(head) BETWEEN 1 AND 200", name="head"),
)
"""What was tried. `lost` stands for an attempt whose worker never came back. `head`: the beginning of an answer that
was no success, without anything that looks like data of a person.
"""

resends = sa.Table(
    "resends",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("delivery_id", sa.ForeignKey(deliveries.c.id), nullable=False),
    sa.Column("at", _instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint(
        "reason IN ('given_up', 'asked_by_partner', 'lost_by_partner', 'endpoint_repaired', 'incident', 'other')",
        name="reason",
    ),
    sa.Index("ix_resends_delivery_id", "delivery_id"),
)
"""Who had a delivery sent again, when and why. Never edited."""

acknowledgements = sa.Table(
    "acknowledgements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("partner_id", sa.Uuid, nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _instant, nullable=False),
    sa.ForeignKeyConstraint(
        ["partner_id", "candidacy_id"], [partner_references.c.partner_id, partner_references.c.candidacy_id]
    ),
    sa.CheckConstraint("kind IN ('received', 'appointment_given')", name="kind"),
    sa.UniqueConstraint("partner_id", "candidacy_id", "kind"),
)
"""What a partner says that it did with what it was told of a person, each once. Never edited."""

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
    sa.Column("at", _instant, nullable=False),
    sa.UniqueConstraint("delivery_id", "attempt"),
    sa.Index("ix_disclosures_candidacy_id", "candidacy_id", "id"),
)
"""Each attempt by which a partner learnt something of a person, or may have (`certain`: it said so). A trigger keeps
the rows as they are; deliveries and attempts may be cleared away before them."""

reads = sa.Table(
    "reads",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("read_at", _instant, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reader_function", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
)
"""Who read what partners were told of whom, and why. Never edited."""
