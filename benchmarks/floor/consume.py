"""A consumer of the floor: inbox, effects and outbox in one transaction, then the offsets."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from benchmarks.floor.outbox import INSERT, Fact, row
from shared.messaging.event import Topic

Headers = dict[str, bytes]


class Given(NamedTuple):
    """What an effect gets."""

    conn: asyncpg.Connection
    record: ConsumerRecord
    headers: Headers
    now: datetime


Effect = Callable[[Given], Awaitable[Fact | None]]
"""Does its statements; gives the reply, if there is one."""


class Group(NamedTuple):
    """One consumer group."""

    name: str
    topics: Sequence[Topic]
    effect: Effect
    chunk: int
    """Records per transaction, as the platform's service has it."""


async def consume(url: str, bootstrap: str, group: Group, committed: Callable[[], Any]) -> None:
    """Consumes for ever.

    Args:
        url: of the role's database.
        bootstrap: of Kafka.
        group: what is done.
        committed: called after each commit: wakes relay and sender.
    """
    conn = await asyncpg.connect(url)
    consumer = AIOKafkaConsumer(
        *(topic.name for topic in group.topics),
        bootstrap_servers=bootstrap,
        group_id=f"floor-{group.name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        while True:
            fetched = await consumer.getmany(timeout_ms=200, max_records=100)
            records = list(itertools.chain.from_iterable(fetched.values()))
            for start in range(0, len(records), group.chunk):
                async with conn.transaction():
                    await _together(conn, group, records[start : start + group.chunk])
                committed()
            if records:
                await consumer.commit({TopicPartition(r.topic, r.partition): r.offset + 1 for r in records})
    except asyncio.CancelledError:
        await consumer.stop()
        await conn.close()
        raise


async def _together(conn: asyncpg.Connection, group: Group, records: Sequence[ConsumerRecord]) -> None:
    headers = [dict(record.headers) for record in records]
    now = datetime.now(UTC)
    fresh = await conn.fetch(
        _INBOX,
        group.name,
        [one["ce_source"].decode() for one in headers],
        [one["ce_id"].decode() for one in headers],
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        now,
    )
    new = {found["event_id"] for found in fresh}
    replies = []
    for record, one in zip(records, headers, strict=True):
        if one["ce_id"].decode() in new:
            fact = await group.effect(Given(conn, record, one, now))
            if fact is not None:
                replies.append(row(fact, one, now))
    if replies:
        await conn.executemany(INSERT, replies)


_INBOX = (
    "INSERT INTO messaging.inbox (consumer, source, event_id, topic, partition, kafka_offset, received_at)"
    " SELECT $1, s, i, t, p, o, $7 FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])"
    " AS r (s, i, t, p, o) ON CONFLICT DO NOTHING RETURNING source, event_id"
)
