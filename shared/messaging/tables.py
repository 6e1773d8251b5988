"""The kernel's own tables: schema `messaging` of each service's database."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from shared.database import metadata

kernel = metadata("messaging")

_instant = sa.DateTime(timezone=True)

outbox = sa.Table(
    "outbox",
    kernel,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", BYTEA),
    sa.Column("header_names", ARRAY(BYTEA), nullable=False),
    sa.Column("header_values", ARRAY(BYTEA), nullable=False),
    sa.Column("value", BYTEA),
    sa.Column("created_at", _instant, nullable=False, server_default=sa.func.now()),
)

inbox = sa.Table(
    "inbox",
    kernel,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("kafka_offset", sa.BigInteger, nullable=False),
    sa.Column("received_at", _instant, nullable=False, server_default=sa.func.now()),
    sa.Index("ix_inbox_received_at", "received_at", postgresql_using="brin"),
)

seen_version = sa.Table(
    "seen_version",
    kernel,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("aggregate_type", sa.Text, primary_key=True),
    sa.Column("aggregate_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)

parked_key = sa.Table(
    "parked_key",
    kernel,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("key", BYTEA, primary_key=True),
    sa.Column("since", _instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", _instant),
    sa.Column("reason_code", sa.Text, nullable=False),
    sa.Index("ix_parked_key_next_at", "next_at"),
)

failed_event = sa.Table(
    "failed_event",
    kernel,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", BYTEA),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("kafka_offset", sa.BigInteger, nullable=False),
    sa.Column("record_time", _instant, nullable=False),
    sa.Column("header_names", ARRAY(BYTEA), nullable=False),
    sa.Column("header_values", ARRAY(BYTEA), nullable=False),
    sa.Column("value", BYTEA),
    sa.Column("event_id", sa.Text),
    sa.Column("type", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason_code", sa.Text, nullable=False),
    sa.Column("error_class", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_failed_at", _instant, nullable=False),
    sa.Column("last_failed_at", _instant, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", _instant),
    sa.Column("decision_reason", sa.Text),
    sa.CheckConstraint("state IN ('parked', 'dead', 'discarded')", name="state"),
    sa.CheckConstraint(
        "state <> 'discarded' OR (decided_by IS NOT NULL AND decided_at IS NOT NULL AND decision_reason IS NOT NULL)",
        name="discarded_by_somebody",
    ),
    sa.UniqueConstraint("consumer", "topic", "partition", "kafka_offset", "record_time", name="uq_failed_event_record"),
    sa.Index("ix_failed_event_consumer_topic_key_kafka_offset", "consumer", "topic", "key", "kafka_offset"),
)

failed_event_audit = sa.Table(
    "failed_event_audit",
    kernel,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    # No foreign key: the audit outlives the row.
    sa.Column("failed_event_id", sa.BigInteger, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("at", _instant, nullable=False, server_default=sa.func.now()),
)

timer = sa.Table(
    "timer",
    kernel,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Uuid, primary_key=True),
    sa.Column("due", _instant, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("header_names", ARRAY(BYTEA), nullable=False),
    sa.Column("header_values", ARRAY(BYTEA), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", _instant, nullable=False),
    sa.Column("reason_code", sa.Text),
    sa.Index("ix_timer_next_at_due", "next_at", "due"),
)

idempotency = sa.Table(
    "idempotency",
    kernel,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", BYTEA, nullable=False),
    sa.Column("status", sa.SmallInteger),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("created_at", _instant, nullable=False, server_default=sa.func.now()),
    sa.Index("ix_idempotency_created_at", "created_at"),
)
