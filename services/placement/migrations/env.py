"""Alembic's entry into the history of placement's tables."""

from services.placement.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
