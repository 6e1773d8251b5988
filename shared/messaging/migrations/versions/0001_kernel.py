"""The kernel's tables."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE messaging.outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
        event_id uuid NOT NULL,
        topic text NOT NULL,
        key bytea,
        header_names bytea[] NOT NULL,
        header_values bytea[] NOT NULL,
        value bytea,
        created_at timestamptz NOT NULL DEFAULT now()
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)
    """,
    """
    CREATE TABLE messaging.inbox (
        consumer text NOT NULL,
        source text NOT NULL,
        event_id text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        kafka_offset bigint NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_inbox PRIMARY KEY (consumer, source, event_id)
    )
    """,
    "CREATE INDEX ix_inbox_received_at ON messaging.inbox USING brin (received_at)",
    """
    CREATE TABLE messaging.seen_version (
        consumer text NOT NULL,
        source text NOT NULL,
        aggregate_type text NOT NULL,
        aggregate_id uuid NOT NULL,
        version bigint NOT NULL,
        CONSTRAINT pk_seen_version PRIMARY KEY (consumer, source, aggregate_type, aggregate_id)
    )
    """,
    """
    CREATE TABLE messaging.parked_key (
        consumer text NOT NULL,
        topic text NOT NULL,
        key bytea NOT NULL,
        since timestamptz NOT NULL,
        attempts integer NOT NULL,
        next_at timestamptz,
        reason_code text NOT NULL,
        CONSTRAINT pk_parked_key PRIMARY KEY (consumer, topic, key)
    )
    """,
    "CREATE INDEX ix_parked_key_next_at ON messaging.parked_key (next_at)",
    """
    CREATE TABLE messaging.failed_event (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_failed_event PRIMARY KEY,
        consumer text NOT NULL,
        topic text NOT NULL,
        key bytea,
        partition integer NOT NULL,
        kafka_offset bigint NOT NULL,
        record_time timestamptz NOT NULL,
        header_names bytea[] NOT NULL,
        header_values bytea[] NOT NULL,
        value bytea,
        event_id text,
        type text,
        state text NOT NULL CONSTRAINT ck_failed_event_state CHECK (state IN ('parked', 'dead', 'discarded')),
        reason_code text NOT NULL,
        error_class text,
        attempts integer NOT NULL,
        first_failed_at timestamptz NOT NULL,
        last_failed_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        decision_reason text,
        CONSTRAINT ck_failed_event_discarded_by_somebody CHECK (
            state <> 'discarded'
            OR (decided_by IS NOT NULL AND decided_at IS NOT NULL AND decision_reason IS NOT NULL)
        ),
        CONSTRAINT uq_failed_event_record
            UNIQUE (consumer, topic, partition, kafka_offset, record_time)
    )
    """,
    "CREATE INDEX ix_failed_event_consumer_topic_key_kafka_offset"
    " ON messaging.failed_event (consumer, topic, key, kafka_offset)",
    """
    CREATE TABLE messaging.failed_event_audit (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_failed_event_audit PRIMARY KEY,
        failed_event_id bigint NOT NULL,
        action text NOT NULL,
        actor text NOT NULL,
        reason text,
        at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE messaging.timer (
        kind text NOT NULL,
        key uuid NOT NULL,
        due timestamptz NOT NULL,
        body jsonb NOT NULL,
        header_names bytea[] NOT NULL,
        header_values bytea[] NOT NULL,
        attempts integer NOT NULL,
        next_at timestamptz NOT NULL,
        reason_code text,
        CONSTRAINT pk_timer PRIMARY KEY (kind, key)
    )
    """,
    "CREATE INDEX ix_timer_next_at_due ON messaging.timer (next_at, due)",
    """
    CREATE TABLE messaging.idempotency (
        principal text NOT NULL,
        route text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        status smallint,
        resource_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency PRIMARY KEY (principal, route, key)
    )
    """,
    "CREATE INDEX ix_idempotency_created_at ON messaging.idempotency (created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
