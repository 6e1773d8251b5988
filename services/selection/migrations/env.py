"""Alembic's entry into the history of selection."""

from services.selection.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
