"""Alembic's entry into the history of notifications."""

from services.notifications.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
