"""Sends what the outbox holds, in order, from the one process that holds the service's lock; fires timers there too."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy.engine import make_url

from shared.messaging import sending
from shared.messaging.dispatch import Away
from shared.messaging.envelope import restored
from shared.messaging.outbox import CHANNEL
from shared.messaging.timers import Timers

LOCK = 0x0E1A4
"""Advisory lock of the one relay of a database."""
BATCH = 500
"""Rows read, sent and deleted together."""
POLL = 0.25
"""Seconds between two looks when nobody wakes the relay."""
_PATIENCE = 1.0

_log = structlog.get_logger()

SESSION = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    # A frozen relay loses its lock: a healthy one says something every second.
    "idle_session_timeout": "15s",
    "statement_timeout": "10s",
    "timezone": "UTC",
}


class Relay:
    """The outbox's way to Kafka.

    Args:
        url: of the service's database, as SQLAlchemy writes it.
        bootstrap: `host:port` of Kafka, comma-separated.
        name: client id and application name, such as `placement-relay`.
        timers: fired while this process holds the lock.
    """

    def __init__(self, url: str, bootstrap: str, name: str, timers: Timers) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._bootstrap = bootstrap
        self._name = name
        self._timers = timers
        self._woken = asyncio.Event()
        self.leading = False
        """Whether this process holds the lock now."""

    def wake(self) -> None:
        """Says that there is something to send."""
        self._woken.set()

    async def run(self) -> None:
        """Leads whenever the lock is free, for ever; ended by cancellation."""
        while True:
            try:
                async with self._lead() as conn:
                    timers = asyncio.create_task(self._fire())
                    try:
                        await self._relay(conn)
                    finally:
                        timers.cancel()
                        await asyncio.gather(timers, return_exceptions=True)
            except Exception as error:
                # A session that is ended under the driver's hands raises whatever the driver was about to do.
                _log.warning("relay lost its session", error_class=type(error).__name__)
            await asyncio.sleep(_PATIENCE)

    @asynccontextmanager
    async def _lead(self) -> AsyncIterator[asyncpg.Connection]:
        conn = await asyncpg.connect(self._dsn, timeout=5, server_settings={"application_name": self._name, **SESSION})
        try:
            # Nobody tells when the lock is free.
            while not await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110
                await asyncio.sleep(POLL)
            await conn.add_listener(CHANNEL, lambda *_: self.wake())
            self.leading = True
            yield conn
        finally:
            self.leading = False
            conn.terminate()

    async def _fire(self) -> None:
        while True:
            with contextlib.suppress(Away):
                await self._timers.fire()
            await asyncio.sleep(POLL)

    async def _relay(self, conn: asyncpg.Connection) -> None:
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=self._name,
                acks="all",
                enable_idempotence=True,
                max_batch_size=128 * 1024,
                max_request_size=2 * 1024 * 1024,
                request_timeout_ms=10_000,
            )
            try:
                await _while_alive(conn, producer.start())
                while True:
                    self._woken.clear()
                    if await self._batch(conn, producer) < BATCH:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._woken.wait(), POLL)
            except KafkaError as error:
                # An idempotent producer that failed may be fenced for good: build another.
                _log.warning("relay lost kafka", error_class=type(error).__name__)
            finally:
                # Whatever it still holds may or may not arrive; it must be silent before anybody else sends.
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(producer.stop(), 5)
            await _while_alive(conn, asyncio.sleep(_PATIENCE))

    async def _batch(self, conn: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        rows = await conn.fetch(_OLDEST, BATCH)
        if not rows:
            return 0
        results = await _while_alive(conn, _send(producer, rows))
        confirmed, failed = confirmed_prefixes(rows, results)
        if confirmed:
            await conn.execute("DELETE FROM messaging.outbox WHERE id = ANY($1::bigint[])", confirmed)
        if failed is not None:
            raise failed
        return len(rows)


def confirmed_prefixes(
    rows: Sequence[Any], results: Sequence[BaseException | None]
) -> tuple[list[int], KafkaError | None]:
    """Which rows may be deleted: of each key, those before its first unconfirmed one.

    Args:
        rows: outbox rows in the order in which they were sent, with `id`, `topic` and `key`.
        results: what became of each: None when Kafka has it.

    Returns:
        The ids, and one of the errors if there was any.
    """
    confirmed: list[int] = []
    broken: set[tuple[str, bytes]] = set()
    failed: KafkaError | None = None
    for row, result in zip(rows, results, strict=True):
        key = (row["topic"], row["key"])
        if result is not None:
            failed = result if isinstance(result, KafkaError) else KafkaError(type(result).__name__)
            if row["key"] is not None:
                broken.add(key)
        elif key not in broken:
            confirmed.append(row["id"])
    return confirmed, failed


async def _send(producer: AIOKafkaProducer, rows: Sequence[Any]) -> list[BaseException | None]:
    headers = [restored(row["header_names"], row["header_values"]) for row in rows]
    spans = sending.begin(rows, headers)
    pending: list[asyncio.Future[Any]] = []
    for row, its in zip(rows, headers, strict=True):
        pending.append(await producer.send(row["topic"], value=row["value"], key=row["key"], headers=its))
    found = await asyncio.gather(*pending, return_exceptions=True)
    results = [result if isinstance(result, BaseException) else None for result in found]
    sending.end(spans, results)
    return results


async def _while_alive(conn: asyncpg.Connection, work: Any) -> Any:
    """Waits for the work, and says something on the session meanwhile: once the lock is lost, the work is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=_PATIENCE)
            if done:
                return task.result()
            await conn.execute("SELECT 1")
    finally:
        task.cancel()


_OLDEST = (
    "SELECT id, event_id, topic, key, header_names, header_values, value FROM messaging.outbox ORDER BY id LIMIT $1"
)
