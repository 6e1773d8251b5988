"""What a worker runs: consumers, relay, timers, drainer; started when their servers are there, stopped in order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import migrate
from shared.messaging.consumer import Consumer
from shared.messaging.dispatch import Dispatcher
from shared.messaging.drainer import Drainer
from shared.messaging.event import Clock, utc_now
from shared.messaging.gauges import Gauges
from shared.messaging.intake import Intake
from shared.messaging.notify import Notifier
from shared.messaging.outbox import CHANNEL
from shared.messaging.relay import Relay
from shared.messaging.sweeper import Sweeper
from shared.messaging.timers import Timers
from shared.messaging.topics import missing_topics
from shared.process import loaded

_log = structlog.get_logger()

_RETRY = 0.5
_TASKS = 5.0


@dataclass(frozen=True)
class Connections:
    """Where a worker's servers are.

    Args:
        database_url: `postgresql+asyncpg://…` of the service's own database.
        kafka_bootstrap: `host:port`, comma-separated.
        source: `/<site>/<service>`.
    """

    database_url: str
    kafka_bootstrap: str
    source: str


class Worker:
    """All that one worker process of a service runs.

    Args:
        connections: where its servers are.
        consumer: the service's table.
        engine: of the service's database.
        clock: replaced in test environments only.
        wakes: channel → what to call when a committed transaction woke it.
        background: further loops to run until the worker stops.
    """

    def __init__(
        self,
        connections: Connections,
        consumer: Consumer,
        engine: AsyncEngine,
        *,
        clock: Clock = utc_now,
        wakes: dict[str, Callable[[], None]] | None = None,
        background: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        source, name = connections.source, consumer.name
        self._connections = connections
        self._service = source.rsplit("/", 1)[1]
        self._engine = engine
        self._wakes = wakes or {}
        self._background = background
        self._notifier = Notifier(engine)
        self.timers = Timers(consumer, engine, source, clock, self.on_commit)
        self.relay = Relay(connections.database_url, connections.kafka_bootstrap, f"{name}-relay", self.timers)
        self.dispatcher = Dispatcher(consumer, engine, source, clock, self.on_commit)
        self.drainer = Drainer(consumer, engine, source, clock, self.on_commit)
        self.intake = Intake(self.dispatcher, connections.kafka_bootstrap, f"{name}-worker")
        self._sweeper = Sweeper(engine, clock)
        self._gauges = Gauges(engine, self.dispatcher, self.intake)
        self._tasks: list[asyncio.Task[None]] = []

    def on_commit(self, channels: frozenset[str]) -> None:
        """Wakes the loops that wait for the channels: here, or in the process that leads."""
        for channel in channels:
            if channel == CHANNEL and not self.relay.leading:
                self._notifier.poke()
            elif channel == CHANNEL:
                self.relay.wake()
            elif channel in self._wakes:
                self._wakes[channel]()

    @property
    def alive(self) -> bool:
        """Whether every loop of this process still runs."""
        return all(not task.done() for task in self._tasks) and (self.intake.alive or not self.intake.generations)

    @property
    def ready(self) -> bool:
        """Whether migrations were at head and the member has joined a generation of its group."""
        return self.alive and self.intake.generations > 0

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set; waits, and does not give up, while a server is not there."""
        joining = asyncio.create_task(self._join())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({joining, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await joining
                await stop.wait()
        finally:
            await self._end([joining, stopping])

    async def _join(self) -> None:
        await _until(self._migrated, "database is not there, or not at head")
        loops = (self.relay.run, self.drainer.run, self._gauges.run, self._sweeper.run, *self._background)
        self._tasks = [asyncio.ensure_future(loop()) for loop in loops]
        await _until(self._topics_exist, "kafka is not there, or topics are missing")
        await _until(self._joined, "cannot join the consumer group")
        loaded()

    async def _migrated(self) -> bool:
        async with self._engine.connect() as connection:
            return await migrate.current(connection) == migrate.heads(self._service)

    async def _topics_exist(self) -> bool:
        return not await missing_topics(self._connections.kafka_bootstrap, self.dispatcher.consumer.topics)

    async def _joined(self) -> bool:
        await self.intake.start()
        return True

    async def _end(self, waiting: list[asyncio.Task[object]]) -> None:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self.intake.stop()
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), _TASKS)
        await self._notifier.close()


async def _until(check: Callable[[], Awaitable[bool]], waiting_for: str) -> None:
    told = False
    while True:
        try:
            if await check():
                return
            reason = "not yet"
        except Exception as error:
            reason = type(error).__name__
        if not told:
            _log.info("waiting", reason=reason, waiting_for=waiting_for)
            told = True
        await asyncio.sleep(_RETRY)
