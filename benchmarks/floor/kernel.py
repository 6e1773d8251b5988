"""The floor of K: the kernel's statements, in the kernel's transactions, with nothing around them."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from uuid_utils.compat import uuid7

from benchmarks.specimen import SITE
from shared.database import GUARDS


async def consume(url: str, bootstrap: str, topic: str, group: str, chunk: int, fetch: int, counts: list[int]) -> None:
    """Consumes for ever; appends to `counts` how many records each committed transaction applied."""
    conn = await asyncpg.connect(url, server_settings=GUARDS)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        while True:
            fetched = await consumer.getmany(timeout_ms=10, max_records=fetch)
            records = list(itertools.chain.from_iterable(fetched.values()))
            for start in range(0, len(records), chunk):
                part = records[start : start + chunk]
                async with conn.transaction():
                    await _chunk(conn, group, part)
                counts.append(len(part))
            if records:
                await consumer.commit({TopicPartition(r.topic, r.partition): r.offset + 1 for r in records})
    finally:
        await consumer.stop()
        await conn.close()


async def _chunk(conn: asyncpg.Connection, group: str, records: Sequence[ConsumerRecord]) -> None:
    headers = [dict(record.headers) for record in records]
    now = datetime.now(UTC)
    fresh = await conn.fetch(
        _INBOX,
        group,
        [one["ce_source"].decode() for one in headers],
        [one["ce_id"].decode() for one in headers],
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        now,
    )
    new = {(row["source"], row["event_id"]) for row in fresh}
    await conn.fetch(_HELD, group, [record.topic for record in records], [record.key for record in records])
    for record, one in zip(records, headers, strict=True):
        if (one["ce_source"].decode(), one["ce_id"].decode()) in new:
            await conn.execute("SAVEPOINT one")
            await _record(conn, group, record, one, now)
            await conn.execute("RELEASE SAVEPOINT one")


async def _record(
    conn: asyncpg.Connection, group: str, record: ConsumerRecord, headers: dict[str, bytes], now: datetime
) -> None:
    subject, version = UUID(headers["ce_subject"].decode()), int(headers["ce_aggregateversion"])
    kind = headers["ce_type"].decode().split(".", 2)[1]
    if await conn.fetchrow(_SEEN, group, headers["ce_source"].decode(), kind, subject, version) is None:
        return
    body = json.loads(record.value)
    await conn.execute(_NOTED, subject, version, body["wishes"][0], date.fromisoformat(body["asked_on"]), now)
    event_id = uuid7()
    heard = {
        "candidacy_id": str(subject),
        "request_id": headers["ce_id"].decode(),
        "decision_number": body["decision_number"],
        "wish": body["wishes"][0],
    }
    await conn.fetchval(
        _OUTBOX,
        event_id,
        "bench.heard.v1",
        record.key,
        *envelope(event_id, "bench.request.heard.v1", headers, now),
        json.dumps(heard).encode(),
        now,
    )


def envelope(
    event_id: UUID, event_type: str, cause: dict[str, bytes], now: datetime
) -> tuple[list[bytes], list[bytes]]:
    """Names and values of the headers of an event: as many and as long as the platform's."""
    instant = now.isoformat().encode()
    headers = {
        b"ce_specversion": b"1.0",
        b"ce_id": str(event_id).encode(),
        b"ce_source": f"/{SITE}/bench".encode(),
        b"ce_type": event_type.encode(),
        b"ce_subject": cause["ce_subject"],
        b"ce_time": instant,
        b"ce_dataschema": f"urn:inserre:schema:{event_type}".encode(),
        b"ce_siteid": cause["ce_siteid"],
        b"ce_aggregateversion": cause["ce_aggregateversion"],
        b"ce_correlationid": cause["ce_correlationid"],
        b"ce_causationid": cause["ce_id"],
        b"ce_recordedat": instant,
        b"ce_actorfunction": cause["ce_actorfunction"],
        b"ce_legalbasis": cause["ce_legalbasis"],
        b"ce_regime": cause["ce_regime"],
        b"ce_decisionnumber": cause["ce_decisionnumber"],
        b"content-type": b"application/json",
        b"traceparent": cause["traceparent"],
    }
    return list(headers), list(headers.values())


_INBOX = (
    "INSERT INTO messaging.inbox (consumer, source, event_id, topic, partition, kafka_offset, received_at)"
    " SELECT $1, s, i, t, p, o, $7 FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])"
    " AS r (s, i, t, p, o) ON CONFLICT DO NOTHING RETURNING source, event_id"
)
_HELD = (
    "SELECT topic, key FROM messaging.parked_key WHERE consumer = $1"
    " AND (topic, key) IN (SELECT * FROM unnest($2::text[], $3::bytea[])) ORDER BY topic, key FOR SHARE"
)
_SEEN = (
    "INSERT INTO messaging.seen_version AS seen (consumer, source, aggregate_type, aggregate_id, version)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (consumer, source, aggregate_type, aggregate_id)"
    " DO UPDATE SET version = excluded.version WHERE seen.version < excluded.version RETURNING version"
)
_NOTED = "INSERT INTO noted (candidacy_id, version, wish, asked_on, noted_at) VALUES ($1, $2, $3, $4, $5)"
_OUTBOX = (
    "INSERT INTO messaging.outbox (event_id, topic, key, header_names, header_values, value, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"
)
