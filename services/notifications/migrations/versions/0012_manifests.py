"""Each notice that was numbered has its day and its hash: the manifest of a day stays what it is, whatever becomes of bodies."""

from alembic import op

revision = "0012"
down_revision = "0013"

STATEMENTS = (
    "ALTER TABLE deliveries ADD numbered_at timestamptz, ADD body_sha256 bytea",
    "UPDATE deliveries SET numbered_at = created_at, body_sha256 = sha256(body) WHERE sequence IS NOT NULL",
    "ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_numbered"
    " CHECK (num_nulls(sequence, numbered_at, body_sha256) IN (0, 3))",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
