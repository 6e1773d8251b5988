"""Each test has databases of its own, copied from a template that was migrated once."""

import asyncpg

from shared.testing.fixtures import Databases


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def test_two_clones_share_a_schema_and_no_rows(databases: Databases) -> None:
    first, second = [await connect(await databases.clone("kernel")) for _ in range(2)]

    await first.execute("CREATE TABLE only_here AS SELECT 1")

    assert await second.fetchval("SELECT count(*) FROM messaging.outbox") == 0
    assert await second.fetchval("SELECT to_regclass('only_here')") is None
    await first.close()
    await second.close()


async def test_clones_are_dropped_with_their_open_sessions(databases: Databases, postgres_url: str) -> None:
    connection = await connect(await databases.clone("kernel"))
    name = await connection.fetchval("SELECT current_database()")

    await databases.drop()

    server = await asyncpg.connect(postgres_url)
    assert await server.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name) == 0
    await server.close()
    connection.terminate()
