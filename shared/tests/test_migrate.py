"""Histories of the databases: what stands at head is known without Alembic, and tables are what migrations made."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from shared import migrate
from shared.database import create_engine
from shared.messaging.tables import kernel
from shared.testing.fixtures import Databases

SERVICES = sorted(path.parent.name for path in (Path(migrate.ROOT) / "services").glob("*/tables.py"))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_migrated_database_stands_at_the_heads_that_alembic_knows(service: str, databases: Databases) -> None:
    known = tuple(ScriptDirectory.from_config(config).get_current_head() for config in migrate._histories(service))
    assert migrate.heads(service) == known
    engine = create_engine(await databases.clone(service), application="tests")
    async with engine.connect() as connection:
        assert await migrate.current(connection) == known
    await engine.dispose()


async def test_the_kernels_tables_are_what_its_migrations_made(databases: Databases) -> None:
    engine = create_engine(await databases.clone("kernel"), application="tests")
    async with engine.connect() as connection:
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == "messaging",
        }
        drift = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts=options), kernel)
        )
    await engine.dispose()
    assert [step for step in drift if "alembic_version" not in str(step)] == []
