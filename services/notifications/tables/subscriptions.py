"""Where partners listen, who changed what of it, and what else an endpoint is shown."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from services.notifications.tables.base import INSTANT, metadata
from services.notifications.tables.partners import partners

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("partner_id", sa.ForeignKey(partners.c.id), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("event_types", ARRAY(sa.Text), nullable=False),
    sa.Column("secret", BYTEA, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("paused_until", INSTANT),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("proven_at", INSTANT),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", INSTANT),
    sa.Column("ever_active", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("served_since", INSTANT, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_because", sa.Text),
    sa.Column("rate_per_minute", sa.Integer),
    sa.Column("next_slot_at", INSTANT),
    sa.Column("notice_version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("ordered", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("slow", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allowance", sa.SmallInteger, nullable=False, server_default="16"),
    sa.Column("retry_waits", ARRAY(sa.Integer)),
    sa.Column("give_up_after", sa.Integer, nullable=False, server_default="259200"),
    sa.Column("client_errors", sa.Text, nullable=False, server_default="again"),
    sa.Column("tested_at", INSTANT),
    sa.Column("disabled_at", INSTANT),
    sa.Column("disabled_because", sa.Text),
    sa.Column("old_secret", BYTEA),
    sa.Column("old_secret_until", INSTANT),
    sa.Column("wider_event_types", ARRAY(sa.Text)),
    sa.Column("scope_asked_by", sa.Text),
    sa.Column("scope_asked_at", INSTANT),
    sa.Column("scope_approved_by", sa.Text),
    sa.Column("scope_approved_at", INSTANT),
    sa.Column("proof_due_at", INSTANT),
    sa.Column("proof_failed_since", INSTANT),
    sa.Column("proof_outcome", sa.Text),
    sa.Column(
        "channel",
        sa.Text,
        sa.Computed("CASE WHEN starts_with(url, 'mailto:') THEN 'email' ELSE 'webhook' END", persisted=True),
        nullable=False,
    ),
    sa.Column("link_digest", BYTEA),
    sa.Column("link_until", INSTANT),
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
    sa.Column("at", INSTANT, nullable=False),
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
    sa.Column("certificate_expires_at", INSTANT),
    sa.Column("set_by", sa.Text, nullable=False),
    sa.Column("set_at", INSTANT, nullable=False),
    sa.CheckConstraint("num_nulls(oauth2, token_url, client_id) IN (0, 3)", name="oauth2"),
    sa.CheckConstraint(
        "num_nulls(certificate, certificate_fingerprint, certificate_expires_at) IN (0, 3)", name="certificate"
    ),
)
"""What an endpoint is shown besides the signature. `oauth2` and `certificate` are sealed like secrets."""
