"""Notices are numbered per subscription; each subscription has its own pace, order and patience; attempts say more."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    ALTER TABLE subscriptions
        ADD last_sequence bigint NOT NULL DEFAULT 0,
        ADD ordered boolean NOT NULL DEFAULT true,
        ADD slow boolean NOT NULL DEFAULT false,
        ADD allowance smallint NOT NULL DEFAULT 16 CONSTRAINT ck_subscriptions_allowance CHECK (allowance > 0),
        ADD retry_waits integer[] CONSTRAINT ck_subscriptions_retry_waits CHECK (
            cardinality(retry_waits) BETWEEN 1 AND 20 AND 1 <= ALL (retry_waits) AND 86400 >= ALL (retry_waits)
        ),
        ADD give_up_after integer NOT NULL DEFAULT 259200 CONSTRAINT ck_subscriptions_give_up_after CHECK (
            give_up_after BETWEEN 3600 AND 604800
        ),
        ADD client_errors text NOT NULL DEFAULT 'again' CONSTRAINT ck_subscriptions_client_errors CHECK (
            client_errors IN ('again', 'give_up')
        )
    """,
    """
    ALTER TABLE deliveries
        ADD sequence bigint CONSTRAINT ck_deliveries_sequence CHECK (sequence > 0),
        ADD CONSTRAINT uq_deliveries_subscription_id_sequence UNIQUE (subscription_id, sequence)
    """,
    """
    ALTER TABLE attempts
        ADD dns_ms integer,
        ADD connect_ms integer,
        ADD first_byte_ms integer,
        ADD head text CONSTRAINT ck_attempts_head CHECK (length(head) BETWEEN 1 AND 200)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
