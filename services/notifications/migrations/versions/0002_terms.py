"""What a convention permits. Of partners taken in before nobody was told the terms: they may see nothing."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    ALTER TABLE partners
        ADD fields text[] NOT NULL DEFAULT '{}',
        ADD window_months integer,
        ADD CONSTRAINT ck_partners_lawful_fields CHECK (
            fields <@ CASE
                WHEN category IN ('employment_service', 'youth_service')
                    THEN ARRAY['last_name', 'first_names', 'ecrou_number', 'projected_exit']
                WHEN category = 'training_body' THEN ARRAY['last_name', 'first_names']
                ELSE ARRAY[]::text[] END
        ),
        ADD CONSTRAINT ck_partners_window CHECK (window_months BETWEEN 1 AND 12)
    """,
    "ALTER TABLE partners ALTER fields DROP DEFAULT",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
