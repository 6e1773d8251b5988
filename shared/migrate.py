"""Brings a service's database to head: the kernel's history first, then the service's own, one process at a time."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported by what migrates alone: every api and worker asks for `heads`, and would pay for it at each start.

ROOT = Path(__file__).parent.parent
KERNEL = ROOT / "shared" / "messaging" / "migrations"
LOCK = 0x1A5E22E
"""Advisory lock that two `migrate` commands of one database contend for."""


def _config(scripts: Path, schema: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("version_table_schema", schema)
    return config


def _scripts(service: str) -> tuple[Path, Path]:
    return KERNEL, ROOT / "services" / service / "migrations"


def _histories(service: str) -> "tuple[Config, Config]":
    kernel, own = _scripts(service)
    return _config(kernel, "messaging"), _config(own, "public")


def run_migrations(target: sa.MetaData) -> None:
    """What each history's `env.py` calls: runs the migrations on the connection that `upgrade` opened."""
    from alembic import context

    config = context.config
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=target,
        version_table_schema=config.get_main_option("version_table_schema"),
    )
    context.run_migrations()


def _upgrade(connection: sa.Connection, configs: "tuple[Config, ...]") -> None:
    from alembic import command

    connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS messaging"))
    for config in configs:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


async def upgrade(engine: AsyncEngine, service: str) -> None:
    """Applies what is missing, all of it in one transaction or none.

    Args:
        engine: of the role that owns the service's database.
        service: folder name below `services/`.
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, _histories(service))


async def upgrade_kernel(engine: AsyncEngine) -> None:
    """Applies the kernel's history alone, for tests of the kernel."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, (_config(KERNEL, "messaging"),))


def heads(service: str) -> tuple[str, ...]:
    """The revisions that a database of this code must stand at: the kernel's, then the service's."""
    return tuple(_head(scripts / "versions") for scripts in _scripts(service))


_REVISION = re.compile(r'^(down_)?revision\b[^=]*= *"([^"]+)"', re.MULTILINE)


def _head(versions: Path) -> str:
    """The revision of a linear history that no other one follows."""
    found: list[tuple[str, str]] = [
        match for file in versions.glob("*.py") for match in _REVISION.findall(file.read_text("utf-8"))
    ]
    (head,) = {name for down, name in found if not down} - {name for down, name in found if down}
    return head


async def current(connection: AsyncConnection) -> tuple[str, ...]:
    """The revisions that the database stands at, in the order of `heads`; raises if it was never migrated."""
    rows = await connection.execute(
        sa.text(
            "SELECT 1, version_num FROM messaging.alembic_version UNION ALL "
            "SELECT 2, version_num FROM public.alembic_version ORDER BY 1"
        )
    )
    return tuple(row[1] for row in rows)
