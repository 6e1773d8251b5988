"""Alembic's entry into the kernel's history."""

from shared.messaging.tables import kernel
from shared.migrate import run_migrations

run_migrations(kernel)
