"""Alembic's entry into the history of the citizen space's tables."""

from services.citizen_space.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
