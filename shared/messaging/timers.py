"""Durable timers: scheduled, replaced and cancelled in the caller's transaction, fired once, in due order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from opentelemetry.trace import SpanKind, Status, StatusCode
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from shared.messaging import driver, tracing
from shared.messaging.consumer import At, Consumer
from shared.messaging.dispatch import Away
from shared.messaging.envelope import decode, encode, restored, stored
from shared.messaging.event import Clock, Meta, Tx
from shared.messaging.failures import backoff
from shared.messaging.tables import timer
from shared.messaging.transaction import OnCommit, Transaction, nobody
from shared.messaging.verdicts import Failure, Verdict, judge


async def schedule(tx: Tx, kind: str, key: UUID, due: datetime, body: BaseModel) -> None:
    """Sets a timer in the caller's transaction; one of the same kind and key is replaced.

    Args:
        tx: the caller's transaction.
        kind: names the row of the consumer's table that handles it.
        key: what it is about; `meta.subject` of the handler.
        due: the earliest instant at which it fires, UTC.
        body: what the handler gets.
    """
    await _set(tx, kind, key, due, body, _REPLACE)


async def schedule_unless_set(tx: Tx, kind: str, key: UUID, due: datetime, body: BaseModel) -> None:
    """As `schedule`, but a timer of the same kind and key stays as it is, also one that is firing and sets itself."""
    await _set(tx, kind, key, due, body, "ON CONFLICT (kind, key) DO NOTHING")


async def _set(tx: Tx, kind: str, key: UUID, due: datetime, body: BaseModel, conflict: str) -> None:
    meta = Meta(
        id=str(uuid7()),
        source=tx.source,
        subject=key,
        version=0,
        time=tx.now,
        site=tx.source.split("/")[1],
        correlation=tx.correlation,
        causation=tx.cause.id if tx.cause else None,
        decision=tx.cause.decision if tx.cause else None,
        actor=tx.actor,
    )
    headers = encode(meta, f"timer.{kind}.due.v1", tx.now)
    tracing.stamp(headers)
    names, values = stored(headers).values()
    statement = f"{_INSERT} {conflict}"
    await driver.fetch(tx.conn, statement, kind, key, due, body.model_dump_json(), names, values)


_INSERT = (
    "INSERT INTO messaging.timer (kind, key, due, body, header_names, header_values, attempts, next_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, 0, $3)"
)
_REPLACE = (
    "ON CONFLICT (kind, key) DO UPDATE SET (due, body, header_names,"
    " header_values, attempts, next_at, reason_code) = (excluded.due, excluded.body, excluded.header_names,"
    " excluded.header_values, 0, excluded.next_at, NULL)"
)


async def cancel(tx: Tx, kind: str, key: UUID) -> bool:
    """Removes a timer in the caller's transaction; whether there was one."""
    gone = await tx.conn.execute(
        sa.delete(timer).where(timer.c.kind == kind, timer.c.key == key).returning(timer.c.key)
    )
    return gone.first() is not None


@dataclass
class Timers:
    """Fires the due timers of one service.

    Args:
        consumer: the table of handlers.
        engine: of the service's database.
        source: `/<site>/<service>` of what the handlers publish.
        clock: decides what is due.
        on_commit: told after each commit which channels to wake.
    """

    consumer: Consumer
    engine: AsyncEngine
    source: str
    clock: Clock
    on_commit: OnCommit = nobody

    async def fire(self) -> int:
        """Fires what is due, the longest due first, each in its own transaction.

        Returns:
            How many fired or failed.

        Raises:
            Away: the database is not there.
        """
        fired = 0
        while await self._step():
            fired += 1
        return fired

    async def _step(self) -> bool:
        now = self.clock()
        try:
            async with self.engine.begin() as conn:
                row = (await conn.execute(_DUE, {"now": now, "kinds": list(self.consumer.timers)})).first()
                if row is None:
                    return False
                meta = decode(restored(row.header_names, row.header_values))
                tx = Transaction(
                    conn=conn, now=now, actor=meta.actor, source=self.source, cause=meta, correlation=meta.correlation
                )
                failure = await self._run(tx, row, meta)
                if failure is not None:
                    await conn.execute(
                        sa.update(timer)
                        .where(timer.c.kind == row.kind, timer.c.key == row.key)
                        .values(
                            attempts=row.attempts + 1,
                            next_at=now + backoff(row.attempts),
                            reason_code=failure.reason,
                        )
                    )
            self.on_commit(frozenset(tx.woken))
        except Exception as error:
            raise Away(judge(error).reason) from error
        return True

    async def _run(self, tx: Transaction, row: sa.Row[tuple[object, ...]], meta: Meta) -> Failure | None:
        handler: At = self.consumer.timers[row.kind]
        # Long after its cause: a trace of its own, linked to the one that set it.
        origin = tracing.context_of(restored(row.header_names, row.header_values))
        span = tracing.start(f"timer {row.kind}", SpanKind.INTERNAL, links=tracing.link_to(origin))
        with tracing.current(span):
            try:
                async with driver.Savepoint(tx.conn):
                    # Deleted first, so that the handler may set the same timer again.
                    await tx.conn.execute(sa.delete(timer).where(timer.c.kind == row.kind, timer.c.key == row.key))
                    await handler.handler(tx, handler.body.model_validate(row.body), meta)
            except Exception as error:
                failure = judge(error)
                if failure.verdict is Verdict.AWAY:
                    raise
                span.set_status(Status(StatusCode.ERROR, failure.reason))
                return failure
        return None


_DUE = sa.text(
    "SELECT kind, key, due, body, header_names, header_values, attempts FROM messaging.timer"
    " WHERE next_at <= :now AND kind = ANY(:kinds) ORDER BY due, key LIMIT 1 FOR UPDATE SKIP LOCKED"
)
