"""Opinions are stored as they are: to compress them takes longer than to apply the criteria to the file."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
    ALTER TABLE opinions
        ALTER lines SET STORAGE EXTERNAL,
        ALTER entry_lines SET STORAGE EXTERNAL,
        ALTER inputs SET STORAGE EXTERNAL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
