"""The real servers can be stopped, killed and started again on the same port with what they had."""

from collections.abc import Callable

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka import KafkaServer
from deploy.local.postgres import PostgresServer


async def test_postgres_keeps_committed_rows_over_a_kill(own_postgres: Callable[[], PostgresServer]) -> None:
    server = own_postgres()
    port = server.port
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    settings = {name: await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}

    server.kill()
    assert server.pid is None
    server.start()

    connection.terminate()
    connection = await asyncpg.connect(server.url)
    assert await connection.fetchval("SELECT number FROM kept") == 1
    await connection.close()
    assert server.port == port
    assert settings == {"fsync": "on", "synchronous_commit": "on"}


async def test_kafka_keeps_topics_over_a_kill_and_makes_none_by_itself(own_kafka: Callable[[], KafkaServer]) -> None:
    server = own_kafka()
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 6, 1)])
    await admin.close()

    server.kill()
    assert server.pid is None
    server.start()

    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    kept, missing = await admin.describe_topics(["kept", "never-created"])
    assert len(kept["partitions"]) == 6
    assert missing["error_code"] != 0
    assert "never-created" not in await admin.list_topics()
    await admin.close()
