"""A range of deliveries is sent again as a job that is kept, paced, and behind whatever is live."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    CREATE TABLE replays (
        id uuid CONSTRAINT pk_replays PRIMARY KEY,
        subscription_id uuid NOT NULL CONSTRAINT fk_replays_subscription_id_subscriptions REFERENCES subscriptions,
        since timestamptz NOT NULL,
        until timestamptz NOT NULL,
        notices text[] NOT NULL CONSTRAINT ck_replays_notices CHECK (
            cardinality(notices) > 0 AND notices <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']
        ),
        states text[] NOT NULL CONSTRAINT ck_replays_states CHECK (
            cardinality(states) > 0 AND states <@ ARRAY['failed', 'delivered']
        ),
        per_minute integer NOT NULL CONSTRAINT ck_replays_pace CHECK (per_minute BETWEEN 1 AND 240),
        reason text NOT NULL CONSTRAINT ck_replays_reason CHECK (
            reason IN ('outage', 'data_lost', 'asked_by_partner', 'other')
        ),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        state text NOT NULL CONSTRAINT ck_replays_state CHECK (state IN ('queued', 'running', 'cancelled', 'done')),
        found integer NOT NULL,
        to_take integer NOT NULL,
        cursor_at timestamptz,
        cursor_id uuid,
        taken integer NOT NULL DEFAULT 0,
        skipped jsonb NOT NULL DEFAULT '{}',
        started_at timestamptz,
        ended_at timestamptz,
        cancelled_by text,
        cancelled_because text,
        CONSTRAINT ck_replays_range CHECK (
            since < until AND until <= created_at AND until <= since + interval '90 days'
        ),
        CONSTRAINT ck_replays_cursor CHECK (num_nulls(cursor_at, cursor_id) IN (0, 2)),
        CONSTRAINT ck_replays_begun CHECK (state <> 'running' OR started_at IS NOT NULL),
        CONSTRAINT ck_replays_ended CHECK ((state IN ('cancelled', 'done')) = (ended_at IS NOT NULL)),
        CONSTRAINT ck_replays_cancelled CHECK (
            (state = 'cancelled') = (cancelled_because IS NOT NULL) AND (cancelled_by IS NULL OR state = 'cancelled')
        )
    )
    """,
    # Two at once would not know of each other's pace.
    "CREATE UNIQUE INDEX uq_replays_one_at_a_time ON replays (subscription_id) WHERE state IN ('queued', 'running')",
    """
    CREATE TABLE replayed (
        replay_id uuid NOT NULL CONSTRAINT fk_replayed_replay_id_replays REFERENCES replays,
        delivery_id uuid NOT NULL CONSTRAINT fk_replayed_delivery_id_deliveries REFERENCES deliveries,
        taken_at timestamptz NOT NULL,
        former text NOT NULL CONSTRAINT ck_replayed_former CHECK (former IN ('failed', 'delivered')),
        attempts integer NOT NULL,
        ended text CONSTRAINT ck_replayed_ended CHECK (
            ended IN ('delivered', 'failed', 'refused', 'cancelled', 'given_back')
        ),
        CONSTRAINT pk_replayed PRIMARY KEY (replay_id, delivery_id)
    )
    """,
    "ALTER TABLE deliveries ADD replay_id uuid CONSTRAINT fk_deliveries_replay_id_replays REFERENCES replays,"
    " ADD CONSTRAINT ck_deliveries_replayed_while_pending CHECK (replay_id IS NULL OR state = 'pending')",
    # Live before replayed, each by time: PostgreSQL 18 skips from the one to the other.
    "DROP INDEX ix_deliveries_subscription_id_next_attempt_at",
    "CREATE INDEX ix_deliveries_subscription_id_lane_next_attempt_at"
    " ON deliveries (subscription_id, (replay_id IS NOT NULL), next_attempt_at) WHERE state = 'pending'",
    "CREATE INDEX ix_deliveries_replay_id ON deliveries (replay_id) WHERE replay_id IS NOT NULL",
    "CREATE INDEX ix_deliveries_subscription_id_created_at_id ON deliveries (subscription_id, created_at, id)",
    # Whatever ends a delivery ends its part in a replay; and that it was accepted once stays so, whatever comes of it.
    """
    CREATE FUNCTION end_sent_again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE replayed SET ended = NEW.state WHERE replay_id = NEW.replay_id AND delivery_id = NEW.id;
        NEW.replay_id := NULL;
        IF NEW.repeated AND NEW.state IN ('failed', 'cancelled') THEN
            NEW.state := 'delivered';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER end_sent_again BEFORE UPDATE OF state ON deliveries FOR EACH ROW"
    " WHEN ((NEW.replay_id IS NOT NULL OR NEW.repeated) AND NEW.state <> 'pending')"
    " EXECUTE FUNCTION end_sent_again()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
