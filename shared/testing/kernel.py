"""Drives a service's consumers in tests: the real dispatch, the real database, no Kafka in between."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from shared.messaging.consumer import Consumer
from shared.messaging.dispatch import Dispatcher
from shared.messaging.drainer import Drainer, Kept
from shared.messaging.envelope import encode, restored
from shared.messaging.event import Actor, Clock, Event, Meta, utc_now
from shared.messaging.tables import failed_event, outbox
from shared.messaging.timers import Timers
from shared.messaging.transaction import Transaction, transaction

OFFICER = Actor("director", "D211-19 Code pénitentiaire", "LED")
"""Who acts in tests that do not care who acts."""

_offsets = itertools.count()


class Published(NamedTuple):
    """One outbox row as tests look at it."""

    event_type: str
    body: dict[str, Any]
    headers: dict[str, str]
    key: UUID | None
    topic: str


def record(
    event: Event,
    *,
    subject: UUID,
    version: int = 1,
    site: str = "DON",
    source: str | None = None,
    event_id: str | None = None,
    correlation: str | None = None,
    clock: Clock = utc_now,
) -> Kept:
    """A Kafka record of the event, as a relay would have sent it."""
    producer = event.type.split(".")[0]
    meta = Meta(
        id=event_id or str(uuid7()),
        source=source or f"/{site}/{producer}",
        subject=subject,
        version=version,
        time=clock(),
        site=site,
        correlation=correlation or str(uuid7()),
        causation=None,
        decision=getattr(event, "decision_number", None),
        actor=OFFICER,
    )
    return Kept(
        topic=event.topic.name,
        partition=0,
        offset=next(_offsets),
        timestamp=int(clock().timestamp() * 1000),
        key=str(event.key(subject)).encode(),
        value=event.model_dump_json().encode(),
        headers=encode(meta, event.type, clock()),
    )


class Bench:
    """One service's consumers on one database.

    Args:
        engine: of a migrated database.
        consumer: the service's table.
        site: code of the site.
        clock: the time that handlers see.
    """

    def __init__(self, engine: AsyncEngine, consumer: Consumer, *, site: str = "DON", clock: Clock = utc_now) -> None:
        self.engine, self.site, self.clock = engine, site, clock
        self.source = f"/{site}/{consumer.name}"
        self.dispatcher = Dispatcher(consumer, engine, self.source, clock)
        self.drainer = Drainer(consumer, engine, self.source, clock)
        self.timers = Timers(consumer, engine, self.source, clock)

    async def deliver(
        self,
        event: Event,
        *,
        subject: UUID,
        version: int = 1,
        source: str | None = None,
        event_id: str | None = None,
        correlation: str | None = None,
    ) -> list[Published]:
        """Dispatches one record of the event.

        Returns:
            What it caused to be published.

        Raises:
            AssertionError: the event was parked or is dead; with its reason.
        """
        before = await self._failed()
        await self.dispatcher.dispatch(
            [
                record(
                    event,
                    subject=subject,
                    version=version,
                    site=self.site,
                    source=source,
                    event_id=event_id,
                    correlation=correlation,
                    clock=self.clock,
                )
            ]
        )
        after = await self._failed()
        assert after == before, f"{event.type} failed: {after - before}"
        return await self.published()

    async def fire_timers(self) -> list[Published]:
        """Fires what is due; gives what it caused to be published."""
        await self.timers.fire()
        return await self.published()

    @asynccontextmanager
    async def transaction(self, actor: Actor = OFFICER) -> AsyncIterator[Transaction]:
        """A transaction as the request boundary opens it."""
        async with transaction(self.engine, now=self.clock(), actor=actor, source=self.source) as tx:
            yield tx

    async def published(self) -> list[Published]:
        """Takes what stands in the outbox, in order."""
        async with self.engine.begin() as conn:
            rows = (await conn.execute(sa.select(outbox).order_by(outbox.c.id))).all()
            await conn.execute(sa.delete(outbox))
        return [_published(row) for row in rows]

    async def _failed(self) -> set[tuple[str | None, str, str | None]]:
        async with self.engine.connect() as conn:
            columns = failed_event.c
            rows = await conn.execute(
                sa.select(columns.type, columns.reason_code, columns.error_class, columns.kafka_offset)
            )
            return {tuple(row) for row in rows}


def _published(row: sa.Row[Any]) -> Published:
    headers = {name: (value or b"").decode() for name, value in restored(row.header_names, row.header_values)}
    return Published(
        event_type=headers.get("ce_type", ""),
        body=json.loads(row.value) if row.value else {},
        headers=headers,
        key=UUID(row.key.decode()) if row.key else None,
        topic=row.topic,
    )
