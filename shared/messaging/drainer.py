"""Applies parked events again, in the order of their key, past the inbox, until the key is free."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.apply import Incoming, apply, read
from shared.messaging.consumer import Consumer
from shared.messaging.dispatch import KERNEL, Away
from shared.messaging.envelope import restored
from shared.messaging.event import Clock
from shared.messaging.failures import backoff, bury
from shared.messaging.tables import failed_event, parked_key
from shared.messaging.transaction import OnCommit, Transaction, nobody, transaction
from shared.messaging.verdicts import Failure, Verdict, judge

_BUSY = timedelta(milliseconds=200)


class Kept(NamedTuple):
    """A record as it was kept: the same bytes."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass
class Drainer:
    """Empties held keys of one consumer group; any number of workers may run one.

    Args:
        consumer: the table of handlers.
        engine: of the service's database.
        source: `/<site>/<service>` of what the handlers publish.
        clock: decides which keys are due.
        on_commit: told after each commit which channels to wake.
    """

    consumer: Consumer
    engine: AsyncEngine
    source: str
    clock: Clock
    on_commit: OnCommit = nobody

    async def drain(self) -> int:
        """Runs events of due keys, one per transaction, until no key is due.

        Returns:
            How many transactions did something.

        Raises:
            Away: the database is not there.
        """
        done = 0
        while await self._step():
            done += 1
        return done

    async def run(self, every: float = 0.25) -> None:
        """Drains for ever.

        Args:
            every: seconds between two looks.
        """
        while True:
            try:
                await self.drain()
            except Away:
                await asyncio.sleep(1)
            await asyncio.sleep(every)

    async def _step(self) -> bool:
        try:
            async with transaction(
                self.engine, now=self.clock(), actor=KERNEL, source=self.source, on_commit=self.on_commit
            ) as tx:
                due = (await tx.conn.execute(_DUE, {"consumer": self.consumer.name, "now": tx.now})).first()
                if due is None:
                    return False
                topic, key, attempts = due
                head = (
                    await tx.conn.execute(_HEAD, {"consumer": self.consumer.name, "topic": topic, "key": key})
                ).first()
                if head is None:
                    await tx.conn.execute(_FREE, {"consumer": self.consumer.name, "topic": topic, "key": key})
                    return True
                await self._try(tx, head, attempts)
                return True
        except Exception as error:
            raise Away(judge(error).reason) from error

    async def _try(self, tx: Transaction, head: sa.Row[tuple[object, ...]], attempts: int) -> None:
        if head.state == "dead":
            await self._hold(tx, head, next_at=None, attempts=0, reason=head.reason_code)
            return
        failure = await self._apply(tx, head)
        if failure is None:
            await tx.conn.execute(sa.delete(failed_event).where(failed_event.c.id == head.id))
            await self._hold(tx, head, next_at=tx.now, attempts=0, reason="draining")
            return
        if failure.verdict in {Verdict.CONFLICT, Verdict.SLOW}:
            await self._hold(tx, head, next_at=tx.now + _BUSY, attempts=attempts, reason=failure.reason)
            return
        dead = failure.verdict is Verdict.DEAD
        await tx.conn.execute(
            sa.update(failed_event)
            .where(failed_event.c.id == head.id)
            .values(
                state="dead" if dead else "parked",
                attempts=failed_event.c.attempts + 1,
                last_failed_at=tx.now,
                reason_code=failure.reason,
                error_class=failure.error_class,
            )
        )
        next_at = None if dead else tx.now + backoff(attempts + 1)
        await self._hold(tx, head, next_at=next_at, attempts=attempts + 1, reason=failure.reason)
        if dead:
            await bury(tx, self.consumer.name, _kept(head))

    async def _apply(self, tx: Transaction, head: sa.Row[tuple[object, ...]]) -> Failure | None:
        one: Incoming | None = read(_kept(head), self.consumer)
        if one is None:
            return Failure(Verdict.PARK, "no-handler", None)
        if one.doomed is not None:
            return one.doomed
        try:
            outcome = await apply(tx, self.consumer.name, one)
        except Exception as error:
            failure = judge(error)
            if failure.verdict is Verdict.AWAY:
                raise
            return failure
        return outcome if isinstance(outcome, Failure) else None

    async def _hold(
        self,
        tx: Transaction,
        head: sa.Row[tuple[object, ...]],
        *,
        next_at: datetime | None,
        attempts: int,
        reason: str,
    ) -> None:
        await tx.conn.execute(
            sa.update(parked_key)
            .where(
                parked_key.c.consumer == self.consumer.name,
                parked_key.c.topic == head.topic,
                parked_key.c.key == head.key,
            )
            .values(next_at=next_at, attempts=attempts, reason_code=reason)
        )


def _kept(head: sa.Row[tuple[object, ...]]) -> Kept:
    return Kept(
        topic=head.topic,
        partition=head.partition,
        offset=head.kafka_offset,
        timestamp=int(head.record_time.timestamp() * 1000),
        key=head.key,
        value=head.value,
        headers=restored(head.header_names, head.header_values),
    )


_DUE = sa.text(
    "SELECT topic, key, attempts FROM messaging.parked_key WHERE consumer = :consumer AND next_at <= :now"
    " ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED"
)
# A statement of its own, after the lock: an appender that held the key a moment ago has committed its row by now.
_HEAD = sa.text(
    "SELECT id, topic, partition, kafka_offset, record_time, key, value, header_names, header_values, state,"
    " reason_code FROM messaging.failed_event WHERE consumer = :consumer AND topic = :topic AND key = :key"
    " AND state IN ('parked', 'dead') ORDER BY kafka_offset LIMIT 1"
)
_FREE = sa.text("DELETE FROM messaging.parked_key WHERE consumer = :consumer AND topic = :topic AND key = :key")
