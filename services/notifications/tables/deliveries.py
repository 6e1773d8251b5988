"""What is to be sent, how each attempt ended, and what was ordered or said of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from services.notifications.tables.base import INSTANT, Xid8, metadata
from services.notifications.tables.partners import partner_references
from services.notifications.tables.replays import replays
from services.notifications.tables.subscriptions import subscriptions

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
    sa.Column("next_attempt_at", INSTANT),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("lease_until", INSTANT),
    sa.Column("reached", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("superseded_by", sa.ForeignKey("deliveries.id")),
    sa.Column("header_names", ARRAY(BYTEA), nullable=False),
    sa.Column("header_values", ARRAY(BYTEA), nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("written_in", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("numbered_at", INSTANT),
    sa.Column("body_sha256", BYTEA),
    sa.Column("set_aside_by", sa.Text),
    sa.Column("set_aside_at", INSTANT),
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
`repeated`: the partner had accepted it before it was sent again: it stays delivered, and no outcome is published.
`sequence`: its number among those of its subscription, given with the first attempt or pull; from then on in the body.
`numbered_at` and `body_sha256`: when that was, and of that body: they make the day's manifest and outlive the body.
`set_aside_*`: who looked at it once it had failed, and lets it be.
`header_*`: envelope and trace context of the event, as they are carried on. `replay_id`: has it sent again; a trigger
notes in `replayed` how that ended, and that what was delivered once stays delivered.
"""

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey(deliveries.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started_at", INSTANT, nullable=False),
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
    sa.Column("at", INSTANT, nullable=False),
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
    sa.Column("at", INSTANT, nullable=False),
    sa.ForeignKeyConstraint(
        ["partner_id", "candidacy_id"], [partner_references.c.partner_id, partner_references.c.candidacy_id]
    ),
    sa.CheckConstraint("kind IN ('received', 'appointment_given')", name="kind"),
    sa.UniqueConstraint("partner_id", "candidacy_id", "kind"),
)
"""What a partner says that it did with what it was told of a person, each once. Never edited."""
