"""Events that could not be applied: rows that keep every byte, and the keys that wait behind them."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from shared.messaging import driver
from shared.messaging.envelope import RawHeaders, stored
from shared.messaging.outbox import CHANNEL
from shared.messaging.tables import failed_event, outbox, parked_key
from shared.messaging.transaction import Transaction
from shared.messaging.verdicts import Failure, Verdict

BEHIND = Failure(Verdict.PARK, "behind-held-key", None)

_SHORTEST = 1.0
_LONGEST = 600.0


class Record(Protocol):
    """What the kernel reads of a Kafka record."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch."""
        ...

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: exponential from 1 s to 10 min, full jitter."""
    return timedelta(seconds=random.uniform(0, min(_LONGEST, _SHORTEST * 2 ** min(attempts, 20))))  # noqa: S311


async def held_keys(
    conn: AsyncConnection, consumer: str, wanted: Iterable[tuple[str, bytes]]
) -> set[tuple[str, bytes]]:
    """Which (topic, key) are held; their rows stay locked against the drainer until the transaction ends."""
    pairs = sorted(set(wanted))
    if not pairs:
        return set()
    rows = await driver.fetch(conn, _HELD, consumer, [topic for topic, _ in pairs], [key for _, key in pairs])
    return {(topic, key) for topic, key in rows}


_HELD = (
    "SELECT topic, key FROM messaging.parked_key WHERE consumer = $1"
    " AND (topic, key) IN (SELECT * FROM unnest($2::text[], $3::bytea[]))"
    " ORDER BY topic, key FOR SHARE"
)


async def set_aside(tx: Transaction, consumer: str, record: Record, failure: Failure, *, dead: bool) -> None:
    """Keeps an event that was not applied, and holds its key.

    Args:
        tx: the transaction that also records it in the inbox.
        consumer: name of the group.
        record: the event, as it came.
        failure: why.
        dead: whether only a person can go on; otherwise it is tried again.
    """
    row = _row(consumer, record, failure, tx.now) | {"state": "dead" if dead else "parked"}
    await tx.conn.execute(failed_event.insert(), row)
    if record.key is not None:
        hold = {
            "consumer": consumer,
            "topic": record.topic,
            "key": record.key,
            "since": tx.now,
            "attempts": 0,
            "next_at": None if dead else tx.now + backoff(0),
            "reason_code": failure.reason,
        }
        await tx.conn.execute(insert(parked_key).on_conflict_do_nothing(), hold)
    if dead:
        await bury(tx, consumer, record)


async def bury(tx: Transaction, consumer: str, record: Record) -> None:
    """Sends a byte-exact copy of a dead event to the dead-letter topic, through the outbox."""
    await tx.conn.execute(
        outbox.insert(),
        {
            "event_id": uuid7(),
            "topic": f"{consumer}.dlq",
            "key": record.key,
            "value": record.value,
            "created_at": tx.now,
            **stored(record.headers),
        },
    )
    tx.wake(CHANNEL)


def _row(consumer: str, record: Record, failure: Failure, now: datetime) -> dict[str, Any]:
    return {
        "consumer": consumer,
        "topic": record.topic,
        "key": record.key,
        "partition": record.partition,
        "kafka_offset": record.offset,
        "record_time": datetime.fromtimestamp(record.timestamp / 1000, UTC),
        "value": record.value,
        "event_id": _shown(record.headers, "ce_id"),
        "type": _shown(record.headers, "ce_type"),
        "reason_code": failure.reason,
        "error_class": failure.error_class,
        "attempts": 0,
        "first_failed_at": now,
        "last_failed_at": now,
        **stored(record.headers),
    }


def _shown(headers: RawHeaders, name: str) -> str | None:
    """An attribute for operators' lists: None when it could not be stored as text."""
    value = next((value for found, value in headers if found == name), None)
    if value is None or len(value) > 256:  # noqa: PLR2004
        return None
    text = value.decode(errors="replace")
    return text if text.isprintable() else None
