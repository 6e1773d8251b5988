"""The worker command: builds a `Worker`, answers health on its port, and stops in order at SIGTERM."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import uvicorn
from faststream.asgi import AsgiFastStream
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import logs, telemetry
from shared.database import create_engine
from shared.health import DatabaseAtHead, Gate, health_routes
from shared.messaging.consumer import Consumer
from shared.messaging.dispatch import KERNEL
from shared.messaging.event import Tx, utc_now
from shared.messaging.transaction import OnCommit, transaction
from shared.messaging.worker import Connections, Worker
from shared.server import Server


class WorkerSettings(Protocol):
    """What the worker reads of a service's settings."""

    @property
    def site(self) -> str: ...
    @property
    def database_url(self) -> SecretStr: ...
    @property
    def kafka_bootstrap(self) -> str: ...
    @property
    def otlp_endpoint(self) -> str | None: ...
    @property
    def worker_host(self) -> str: ...
    @property
    def worker_port(self) -> int: ...


class Background(NamedTuple):
    """A further loop of one service's worker."""

    run: Callable[[], Awaitable[None]]
    wakes: dict[str, Callable[[], None]]
    """Channel → what to call when a committed transaction woke it."""


Backgrounds = Callable[[AsyncEngine, OnCommit], Background]
"""Builds a service's own loop from the process's engine and its wake-up."""


def beginning(service: str, site: str, begin: Callable[[Tx], Awaitable[None]]) -> Backgrounds:
    """A loop that has the timers set, once a minute, which go on by themselves and which no event begins.

    Args:
        service: folder name below `services/`.
        site: code of the site.
        begin: sets them unless they are set.
    """

    def loop(engine: AsyncEngine, on_commit: OnCommit) -> Background:
        async def keep_going() -> None:
            while True:
                with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                    async with transaction(
                        engine, now=utc_now(), actor=KERNEL, source=f"/{site}/{service}", on_commit=on_commit
                    ) as tx:
                        await begin(tx)
                await asyncio.sleep(60)

        return Background(keep_going, {})

    return loop


def serve_worker(service: str, settings: WorkerSettings, consumer: Consumer, own: Backgrounds | None = None) -> None:
    """Runs the worker of a service until SIGTERM or SIGINT.

    Args:
        service: folder name below `services/`.
        settings: the service's own.
        consumer: its table.
        own: builds the one loop that only this service has.
    """
    import uvloop

    logs.configure(service, "worker", settings.site)
    shutdown = telemetry.configure(service, "worker", settings.site, settings.otlp_endpoint)
    try:
        uvloop.run(_serve(service, settings, consumer, own))
    finally:
        shutdown()


async def _serve(service: str, settings: WorkerSettings, consumer: Consumer, own: Backgrounds | None) -> None:
    url = settings.database_url.get_secret_value()
    source = f"/{settings.site}/{service}"
    engine = create_engine(url, application=f"{service}-worker")
    wakes: dict[str, Callable[[], None]] = {}
    loops: Sequence[Callable[[], Awaitable[None]]] = ()
    holder: list[Worker] = []
    if own is not None:
        background = own(engine, lambda channels: holder[0].on_commit(channels))
        wakes, loops = background.wakes, (background.run,)
    connections = Connections(url, settings.kafka_bootstrap, source)
    worker = Worker(connections, consumer, engine, wakes=wakes, background=loops)
    holder.append(worker)
    stop, gate = asyncio.Event(), Gate()
    working = asyncio.create_task(worker.run(stop))
    server = _health(service, settings, engine, worker, gate, working)
    serving = asyncio.create_task(server.serve())
    # The server returns at SIGTERM; a worker that ends by itself failed.
    await asyncio.wait({serving, working}, return_when=asyncio.FIRST_COMPLETED)
    gate.close()
    server.should_exit = True
    stop.set()
    try:
        await asyncio.gather(working, serving)
    finally:
        await engine.dispose()


def _health(
    service: str,
    settings: WorkerSettings,
    engine: AsyncEngine,
    worker: Worker,
    gate: Gate,
    working: asyncio.Task[None],
) -> Server:
    async def joined() -> bool:
        return worker.ready

    routes = health_routes(
        {"taking-work": gate.check, "database": DatabaseAtHead(engine, service), "consumer-group": joined},
        lambda: [] if worker.alive and not working.done() else ["worker"],
    )
    return Server(
        uvicorn.Config(
            AsgiFastStream(asgi_routes=list(routes), asyncapi_path=None, logger=None),
            host=settings.worker_host,
            port=settings.worker_port,
            lifespan="off",
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
        ),
        gate.close,
    )
