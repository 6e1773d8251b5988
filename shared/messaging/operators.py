"""What a named operator may do with failed events: list, inspect, retry, discard. Every act is audited."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.tables import failed_event, failed_event_audit, outbox, parked_key, timer


class NotThere(Exception):
    """No failed event has this id, or it was decided already."""


class Keyless(Exception):
    """An event without a key can never be applied: discard it."""


class Unnamed(Exception):
    """A discard without the name of a person or without a reason."""


class Failed(NamedTuple):
    """A failed event as operators see it: where it lies and why, nothing of its body."""

    id: int
    state: str
    topic: str
    partition: int
    offset: int
    type: str | None
    event_id: str | None
    reason_code: str
    error_class: str | None
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime


class Status(NamedTuple):
    """How a service's messaging stands now."""

    outbox_rows: int
    outbox_oldest_seconds: float
    parked_keys: int
    dead_events: int
    timers_overdue: int


_SHOWN = (
    failed_event.c.id,
    failed_event.c.state,
    failed_event.c.topic,
    failed_event.c.partition,
    failed_event.c.kafka_offset,
    failed_event.c.type,
    failed_event.c.event_id,
    failed_event.c.reason_code,
    failed_event.c.error_class,
    failed_event.c.attempts,
    failed_event.c.first_failed_at,
    failed_event.c.last_failed_at,
)


async def failed(conn: AsyncConnection, state: str | None = None, limit: int = 100) -> list[Failed]:
    """The oldest failed events, of one state (parked, dead, discarded) or of all."""
    query = sa.select(*_SHOWN).order_by(failed_event.c.id).limit(limit)
    if state is not None:
        query = query.where(failed_event.c.state == state)
    return [Failed(*tuple(row)) for row in await conn.execute(query)]


async def inspect(conn: AsyncConnection, failed_id: int) -> Failed:
    """One failed event. Raises NotThere."""
    row = (await conn.execute(sa.select(*_SHOWN).where(failed_event.c.id == failed_id))).first()
    if row is None:
        raise NotThere
    return Failed(*tuple(row))


async def retry(conn: AsyncConnection, failed_id: int, actor: str, reason: str | None = None) -> None:
    """Has an event tried again at once, before the later events of its key.

    Args:
        conn: an open transaction.
        failed_id: of the event.
        actor: the person who decides.
        reason: kept in the audit.

    Raises:
        NotThere: there is none, or it was discarded.
        Keyless: it has no key.
    """
    await _decide(conn, failed_id, actor, "retry", reason, {"state": "parked"})


async def discard(conn: AsyncConnection, failed_id: int, actor: str, reason: str) -> None:
    """Gives an event up for good, so that the later events of its key go on.

    Args:
        conn: an open transaction.
        failed_id: of the event.
        actor: the person who decides.
        reason: kept with the event and in the audit.

    Raises:
        NotThere: there is none, or it was discarded.
        Unnamed: the name or the reason is blank.
    """
    if not actor.strip() or not reason.strip():
        raise Unnamed
    values: dict[str, object] = {
        "state": "discarded",
        "decided_by": actor,
        "decided_at": sa.func.now(),
        "decision_reason": reason,
    }
    await _decide(conn, failed_id, actor, "discard", reason, values)


async def _decide(
    conn: AsyncConnection, failed_id: int, actor: str, action: str, reason: str | None, values: dict[str, object]
) -> None:
    where = (failed_event.c.id == failed_id) & (failed_event.c.state != "discarded")
    row = (
        await conn.execute(sa.select(failed_event.c.consumer, failed_event.c.topic, failed_event.c.key).where(where))
    ).first()
    if row is None:
        raise NotThere
    if row.key is None and action == "retry":
        raise Keyless
    # The key's row first, as the drainer does.
    held = (parked_key.c.consumer == row.consumer) & (parked_key.c.topic == row.topic) & (parked_key.c.key == row.key)
    await conn.execute(sa.select(parked_key.c.key).where(held).with_for_update())
    changed = await conn.execute(sa.update(failed_event).where(where).values(**values).returning(failed_event.c.id))
    if changed.first() is None:
        raise NotThere
    await conn.execute(sa.update(parked_key).where(held).values(next_at=sa.func.now(), attempts=0))
    await conn.execute(
        failed_event_audit.insert().values(failed_event_id=failed_id, action=action, actor=actor, reason=reason)
    )


async def status(conn: AsyncConnection) -> Status:
    """How the service's messaging stands now."""
    age = sa.func.coalesce(sa.func.extract("epoch", sa.func.now() - sa.func.min(outbox.c.created_at)), 0)
    row = (
        await conn.execute(
            sa.select(
                sa.select(sa.func.count()).select_from(outbox).scalar_subquery(),
                sa.select(age).scalar_subquery(),
                sa.select(sa.func.count()).select_from(parked_key).scalar_subquery(),
                sa.select(sa.func.count())
                .select_from(failed_event)
                .where(failed_event.c.state == "dead")
                .scalar_subquery(),
                sa.select(sa.func.count())
                .select_from(timer)
                .where(timer.c.next_at < sa.func.now() - sa.text("interval '10 seconds'"))
                .scalar_subquery(),
            )
        )
    ).one()
    return Status(row[0], float(row[1]), row[2], row[3], row[4])
