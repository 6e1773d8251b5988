"""Outbox rows in, Kafka records out: insert, select, send, delete."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer
from uuid_utils.compat import uuid7

from benchmarks.floor.kernel import envelope
from shared.messaging.event import Topic
from shared.messaging.relay import BATCH, POLL

INSERT = (
    "INSERT INTO messaging.outbox (event_id, topic, key, header_names, header_values, value, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)


class Fact(NamedTuple):
    """An event to be sent."""

    topic: Topic
    type: str
    key: bytes
    value: bytes


def row(fact: Fact, cause: dict[str, bytes], now: datetime) -> tuple[Any, ...]:
    """Arguments of `INSERT`.

    Args:
        fact: the event.
        cause: headers of the record that it answers.
        now: of the transaction.
    """
    event_id: UUID = uuid7()
    return event_id, fact.topic.name, fact.key, *envelope(event_id, fact.type, cause, now), fact.value, now


async def relay(url: str, bootstrap: str, woken: asyncio.Event) -> None:
    """Sends what the outbox holds, for ever; woken from this process, or by NOTIFY from another."""
    conn = await asyncpg.connect(url)
    await conn.add_listener("outbox", lambda *_: woken.set())
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=128 * 1024
    )
    await producer.start()
    try:
        while True:
            woken.clear()
            rows = await conn.fetch(_SELECT, BATCH)
            pending = []
            for one in rows:
                headers = [(n.decode(), v) for n, v in zip(one["header_names"], one["header_values"], strict=True)]
                pending.append(await producer.send(one["topic"], one["value"], one["key"], headers=headers))
            await asyncio.gather(*pending)
            if rows:
                await conn.execute("DELETE FROM messaging.outbox WHERE id = ANY($1::bigint[])", [r["id"] for r in rows])
            if len(rows) < BATCH:
                try:
                    await asyncio.wait_for(woken.wait(), POLL)
                except TimeoutError:
                    continue
    finally:
        await producer.stop()
        await conn.close()


_SELECT = "SELECT id, topic, key, header_names, header_values, value FROM messaging.outbox ORDER BY id LIMIT $1"
