"""What handlers call: publish an event in their transaction, and ask which keys are held."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from opentelemetry.trace import SpanKind
from uuid_utils.compat import uuid7

from shared.messaging import driver, tracing
from shared.messaging.envelope import BIGGEST, encode
from shared.messaging.event import Event, Meta, Topic, Tx
from shared.messaging.tables import parked_key

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
    value = event.model_dump_json().encode()
    if len(value) > BIGGEST:
        raise EventTooBig(event.type)
    event_id = uuid7()
    decision = getattr(event, "decision_number", None) or (tx.cause.decision if tx.cause else None)
    headers = encode(_meta(tx, event_id, subject, version, site, decision), event.type, tx.now)
    topic = event.topic.name
    span = tracing.start(
        f"create {topic}",
        SpanKind.PRODUCER,
        messaging__system="kafka",
        messaging__operation__name="create",
        messaging__destination__name=topic,
        messaging__message__id=str(event_id),
        inserre__event__type=event.type,
    )
    with tracing.current(span):
        tracing.stamp(headers)
        await driver.fetch(
            tx.conn,
            _INSERT,
            event_id,
            topic,
            str(event.key(subject)).encode(),
            [name.encode() for name, _ in headers],
            [value for _, value in headers],
            value,
            tx.now,
        )
    tx.wake(CHANNEL)
    return event_id


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


def _meta(tx: Tx, event_id: UUID, subject: UUID, version: int, site: str, decision: str | None) -> Meta:
    return Meta(
        id=str(event_id),
        source=tx.source,
        subject=subject,
        version=version,
        time=tx.now,
        site=site,
        correlation=tx.correlation,
        causation=tx.cause.id if tx.cause else None,
        decision=decision,
        actor=tx.actor,
    )
