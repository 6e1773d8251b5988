"""The tables that the code knows are the ones that the migrations make."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.tables import metadata


# What reads the database does not know the type of `written_in`, and compares the rest.
@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
async def test_the_migrations_build_what_the_tables_say(engine: AsyncEngine) -> None:
    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        return [one for one in compare_metadata(context, metadata) if "alembic_version" not in str(one)]

    async with engine.connect() as conn:
        assert await conn.run_sync(differences) == []
