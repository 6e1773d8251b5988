"""What a subscription is told can be changed: more of it only by two officers. Who changed what is kept."""

from alembic import op

revision = "0014"
down_revision = "0010"

STATEMENTS = (
    """
    ALTER TABLE subscriptions
        ADD wider_event_types text[],
        ADD scope_asked_by text,
        ADD scope_asked_at timestamptz,
        ADD scope_approved_by text,
        ADD scope_approved_at timestamptz,
        ADD CONSTRAINT ck_subscriptions_wider CHECK (
            wider_event_types <@ ARRAY['candidacy.approved', 'candidacy.withdrawn']
                AND NOT wider_event_types <@ event_types AND scope_asked_by IS NOT NULL AND scope_approved_by IS NULL
            OR wider_event_types IS NULL
        ),
        ADD CONSTRAINT ck_subscriptions_scope_approved_by_another CHECK (
            num_nulls(scope_asked_by, scope_asked_at) IN (0, 2)
            AND num_nulls(scope_approved_by, scope_approved_at) IN (0, 2)
            AND (scope_approved_by IS NULL OR scope_asked_by IS NOT NULL AND scope_approved_by <> scope_asked_by)
        )
    """,
    """
    CREATE TABLE subscription_changes (
        id uuid NOT NULL DEFAULT uuidv7() CONSTRAINT pk_subscription_changes PRIMARY KEY,
        subscription_id uuid NOT NULL
            CONSTRAINT fk_subscription_changes_subscription_id_subscriptions REFERENCES subscriptions,
        at timestamptz NOT NULL,
        by text NOT NULL,
        change text NOT NULL,
        what text[] NOT NULL
    )
    """,
    "CREATE INDEX ix_subscription_changes_subscription_id ON subscription_changes (subscription_id, id)",
    "CREATE TRIGGER never_edited BEFORE UPDATE OR DELETE ON subscription_changes"
    " FOR EACH STATEMENT EXECUTE FUNCTION never_edited()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
