"""What handlers call: publish an event in their transaction, and ask which keys are held."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from uuid_utils.compat import uuid7

from shared.messaging import driver, tracing
from shared.messaging.envelope import BIGGEST, encode
from shared.messaging.event import Event, Meta, Topic, Tx
from shared.messaging.tables import parked_key

_SINGLY = 8

CHANNEL = "outbox"
"""Woken when there is something to send."""


class EventTooBig(ValueError):
    """The body of an event is over 64 KiB: a defect of its producer."""


async def publish(tx: Tx, event: Event, *, subject: UUID, version: int, site: str) -> UUID:
    """Writes the event to the outbox, in the caller's transaction, exactly as it will be sent.

    Args:
        tx: the caller's transaction.
        event: the body.
        subject: the aggregate it is about.
        version: the aggregate's version; each event of an aggregate has its own.
        site: code of the site it belongs to.

    Returns:
        The id of the event.

    Raises:
        EventTooBig: the body has more than 64 KiB.
    """
    cause = tx.cause
    meta = Meta(
        id=str(uuid7()),
        source=tx.source,
        subject=subject,
        version=version,
        time=tx.now,
        site=site,
        correlation=tx.correlation,
        causation=cause.id if cause else None,
        decision=_decision(event, cause),
        actor=tx.actor,
    )
    await driver.fetch(tx.conn, _INSERT, *_row(event, meta))
    tx.wake(CHANNEL)
    return UUID(meta.id)


class Outgoing(NamedTuple):
    """One of many events that a transaction publishes, each with a cause of its own."""

    event: Event
    subject: UUID
    """The aggregate it is about."""
    version: int
    """The aggregate's."""
    cause: Meta
    """The event that it goes back to: it gives site, correlation and actor."""
    context: Context
    """The trace that it belongs to."""


async def publish_all(tx: Tx, outgoing: Iterable[Outgoing]) -> None:
    """Writes many events to the outbox at once, as `publish` does one.

    In a backlog, of more than eight at once, no span tells of the creation of each: each carries the trace it is of.

    Args:
        tx: the caller's transaction.
        outgoing: the events.

    Raises:
        EventTooBig: one body has more than 64 KiB; none is written.
    """
    many = list(outgoing)
    row = _row if len(many) <= _SINGLY else _spanless
    rows = [row(one.event, _meta(tx, one), one.context) for one in many]
    if rows:
        await driver.run_many(tx.conn, _INSERT, rows)
        tx.wake(CHANNEL)


def _meta(tx: Tx, one: Outgoing) -> Meta:
    return Meta(
        id=str(uuid7()),
        source=tx.source,
        subject=one.subject,
        version=one.version,
        time=tx.now,
        site=one.cause.site,
        correlation=one.cause.correlation,
        causation=one.cause.id,
        decision=_decision(one.event, one.cause),
        actor=one.cause.actor,
    )


def _decision(event: Event, cause: Meta | None) -> str | None:
    return getattr(event, "decision_number", None) or (cause.decision if cause else None)


def _row(event: Event, meta: Meta, context: Context | None = None) -> tuple[object, ...]:
    """The outbox row of an event, with a span for its creation, of the current trace or that of the context."""
    topic = event.topic.name
    span = tracing.start(
        f"create {topic}",
        SpanKind.PRODUCER,
        context=context,
        messaging__system="kafka",
        messaging__operation__name="create",
        messaging__destination__name=topic,
        messaging__message__id=meta.id,
        inserre__event__type=event.type,
    )
    with tracing.current(span):
        return _spanless(event, meta)


def _spanless(event: Event, meta: Meta, context: Context | None = None) -> tuple[object, ...]:
    value = event.model_dump_json().encode()
    if len(value) > BIGGEST:
        raise EventTooBig(event.type)
    headers = encode(meta, event.type, meta.time)
    tracing.stamp(headers, context)
    return (
        UUID(meta.id),
        event.topic.name,
        str(event.key(meta.subject)).encode(),
        [name.encode() for name, _ in headers],
        [value for _, value in headers],
        value,
        meta.time,
    )


async def held(tx: Tx, topic: Topic, keys: Iterable[UUID]) -> set[UUID]:
    """Which of the keys have parked or dead events of the topic, so that their next event is not known yet."""
    wanted = {str(key).encode(): key for key in keys}
    if not wanted:
        return set()
    rows = await tx.conn.execute(
        sa.select(parked_key.c.key)
        .where(parked_key.c.topic == topic.name, parked_key.c.key == sa.any_(sa.bindparam("keys", type_=_BYTES)))
        .distinct(),
        {"keys": list(wanted)},
    )
    return {wanted[key] for (key,) in rows}


_INSERT = (
    "INSERT INTO messaging.outbox (event_id, topic, key, header_names, header_values, value, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_BYTES = sa.ARRAY(sa.LargeBinary)
