"""One record: read with suspicion, then its handler run in a savepoint, if the record is newer than what was seen."""

from enum import Enum
from typing import NamedTuple

from opentelemetry.trace import SpanKind, Status, StatusCode

from shared.messaging import driver, envelope, tracing
from shared.messaging.consumer import Consumer, On
from shared.messaging.envelope import Identity, Unreadable
from shared.messaging.event import Event, Meta
from shared.messaging.failures import Record
from shared.messaging.transaction import Transaction
from shared.messaging.verdicts import Failure, Verdict, judge

_OVERLAPS = 4


class Outcome(Enum):
    """How an event that raised nothing ended."""

    APPLIED = "applied"
    STALE = "stale"
    """A lower or equal version of its aggregate than one already seen."""


class Content(NamedTuple):
    """What a readable record says, and who handles it."""

    row: On
    meta: Meta
    event: Event


class Incoming(NamedTuple):
    """A record of a type that we handle: its content, or why it is doomed."""

    record: Record
    identity: Identity
    content: Content | None
    doomed: Failure | None


def read(record: Record, consumer: Consumer) -> Incoming | None:
    """Judges a record before any SQL: None when its type is not in the table, so that nothing else of it is read."""
    try:
        event_type = envelope.type_of(record.headers)
        row = consumer.events.get(event_type)
        if row is None and not consumer.is_unknown_major(event_type):
            return None
        if row is None:
            raise Unreadable("major-unknown")
        if record.key is None:
            raise Unreadable("key-missing")
        meta = envelope.decode(record.headers)
        event = envelope.body(row.event, record.value)
    except Unreadable as error:
        failure = Failure(Verdict.DEAD, error.reason, None)
        return Incoming(record, identity(record), None, failure)
    return Incoming(record, Identity(meta.source, meta.id), Content(row, meta, event), None)


def identity(record: Record) -> Identity:
    """What the inbox knows the record by: source and id, or its place in the topic when these cannot serve."""
    return envelope.identity_of(record.headers) or Identity(
        f"kafka:{record.topic}", f"{record.partition}/{record.offset}/{record.timestamp}"
    )


async def apply(tx: Transaction, consumer: str, one: Incoming) -> Outcome | Failure:
    """Runs the handler in a savepoint of the transaction.

    Returns:
        how it ended, or the failure to keep the event with.

    Raises:
        Exception: what concerns the whole transaction: a conflict, a timeout, a lost connection.
    """
    assert one.content is not None
    row, meta, event = one.content
    origin = tracing.context_of(one.record.headers)
    span = tracing.start(
        f"process {one.record.topic}",
        SpanKind.CONSUMER,
        context=origin,
        links=tracing.link_to(origin),
        messaging__system="kafka",
        messaging__operation__name="process",
        messaging__destination__name=one.record.topic,
        messaging__destination__partition__id=str(one.record.partition),
        messaging__consumer__group__name=consumer,
        messaging__message__id=meta.id,
        inserre__event__type=event.type,
    )
    inner = Transaction(
        conn=tx.conn,
        now=tx.now,
        actor=meta.actor,
        source=tx.source,
        cause=meta,
        correlation=meta.correlation,
        woken=tx.woken,
    )
    with tracing.current(span):
        for attempt in range(1, _OVERLAPS + 1):
            try:
                async with driver.Savepoint(tx.conn):
                    if not await _is_newer(tx, consumer, event.type, meta):
                        return Outcome.STALE
                    await row.handler(inner, event, meta)
                return Outcome.APPLIED
            except Exception as error:
                failure = judge(error)
                if failure.verdict is Verdict.OVERLAP and attempt < _OVERLAPS:
                    continue
                if failure.verdict not in {Verdict.PARK, Verdict.DEAD, Verdict.OVERLAP}:
                    raise
                span.set_status(Status(StatusCode.ERROR, failure.reason))
                return failure
        raise AssertionError


async def _is_newer(tx: Transaction, consumer: str, event_type: str, meta: Meta) -> bool:
    aggregate_type = event_type.split(".", 2)[1]
    return bool(await driver.fetch(tx.conn, _SEEN, consumer, meta.source, aggregate_type, meta.subject, meta.version))


_SEEN = (
    "INSERT INTO messaging.seen_version AS seen (consumer, source, aggregate_type, aggregate_id, version)"
    " VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (consumer, source, aggregate_type, aggregate_id)"
    " DO UPDATE SET version = excluded.version WHERE seen.version < excluded.version RETURNING version"
)
