"""Fixtures of every test that needs a real PostgreSQL or Kafka; servers start when the first test asks for one."""

import importlib
import importlib.util
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog

from deploy.local.artefacts import fetch
from deploy.local.kafka import KafkaServer
from deploy.local.machine import locked, quiet
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Run
from shared.database import create_engine
from shared.logs import exceptions_without_text
from shared.migrate import upgrade, upgrade_kernel
from shared.testing.servers import Servers, remove_containers

RUN = pytest.StashKey[Run]()
KERNEL = "kernel"
"""Name of the template that holds the messaging kernel's schema alone."""


def pytest_configure(config: pytest.Config) -> None:
    """The controller begins the run; a worker of pytest-xdist takes part in it."""
    workerinput: dict[str, str] | None = getattr(config, "workerinput", None)
    config.stash[RUN] = Run.begin("tests") if workerinput is None else Run(Path(workerinput["run"]))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Item) -> None:
    """Tells each worker of pytest-xdist where the controller's run is."""
    node.workerinput["run"] = str(node.config.stash[RUN].path)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller ends the servers that the run started."""
    if not hasattr(config, "workerinput") and RUN in config.stash:
        remove_containers(config.stash[RUN])
        config.stash[RUN].end()


@pytest.fixture(scope="session", autouse=True)
def short_logs() -> None:
    """structlog's own default draws every local variable of every frame: half a minute per logged exception."""
    structlog.configure(processors=[exceptions_without_text, structlog.processors.KeyValueRenderer()])


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """The servers of this test run, not started by asking for this fixture alone."""
    return Servers(pytestconfig.stash[RUN])


@pytest.fixture(scope="session")
def postgres_url(servers: Servers) -> str:
    """A superuser's address of the shared PostgreSQL, `postgresql://…/postgres`."""
    return servers.postgres_url()


@pytest.fixture(scope="session")
def kafka_bootstrap(servers: Servers) -> str:
    """The shared broker's address, `host:port`. Tests make topics and groups with names of their own."""
    return servers.kafka_bootstrap()


@pytest.fixture
def own_postgres(servers: Servers) -> Iterator[Callable[[], PostgresServer]]:
    """Gives a function that starts a PostgreSQL for this test alone, which may stop, kill or restart it."""
    started: list[PostgresServer] = []

    def start() -> PostgresServer:
        server = PostgresServer(fetch(quiet), servers.run, name=f"postgres-{uuid.uuid4().hex[:8]}")
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()
        shutil.rmtree(server.data, ignore_errors=True)


@pytest.fixture
def own_kafka(servers: Servers) -> Iterator[Callable[[], KafkaServer]]:
    """Gives a function that starts a broker for this test alone, which may stop, kill or restart it."""
    started: list[KafkaServer] = []

    def start() -> KafkaServer:
        server = KafkaServer(fetch(quiet), servers.run, name=f"kafka-{uuid.uuid4().hex[:8]}")
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()
        shutil.rmtree(server.data, ignore_errors=True)


async def prepare(service: str, url: str) -> None:
    """Does to an empty database what the service's `migrate` does: schema of the kernel, its own, and its seed data.

    Args:
        service: folder name below `services/`, or `kernel` for the messaging schema alone.
        url: `postgresql+asyncpg://…` of the database.
    """
    engine = create_engine(url, application="tests-prepare")
    try:
        if service == KERNEL:
            await upgrade_kernel(engine)
            return
        await upgrade(engine, service)
        if importlib.util.find_spec(f"services.{service}.seed") is not None:
            async with engine.begin() as connection:
                await importlib.import_module(f"services.{service}.seed").load(connection)
    finally:
        await engine.dispose()


class Databases:
    """Fresh databases for one test, each copied from a template that was migrated once per test run."""

    def __init__(self, postgres_url: str, run: Run) -> None:
        self._url, self._run = postgres_url, run
        self._mine: list[str] = []

    async def clone(self, service: str) -> str:
        """Makes a database with the schema and seed data of a service, or of the kernel alone (`kernel`).

        Returns:
            `postgresql+asyncpg://…`, for `shared.database.create_engine`.
        """
        template = await self._template(service)
        name = f"test_{uuid.uuid4().hex}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._mine.append(name)
        return self._address(name)

    async def empty(self) -> str:
        """Makes a database without anything in it, for tests of migrations."""
        name = f"test_{uuid.uuid4().hex}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self._mine.append(name)
        return self._address(name)

    async def drop(self) -> None:
        """Drops every database made by this object, ending the sessions that tests left open."""
        while self._mine:
            await self._execute(f'DROP DATABASE IF EXISTS "{self._mine.pop()}" WITH (FORCE)')

    async def _template(self, service: str) -> str:
        made = self._run.path / f"template-{service}"
        # Named after the run: an external server may still hold another run's.
        name = f"template_{service}_{self._run.path.name}"
        if not made.exists():
            # The lock blocks the event loop of this test alone, until another worker has made the template.
            with locked(self._run.path / f"template-{service}.lock"):
                if not made.exists():
                    await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                    await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
                    await prepare(service, self._address(name))
                    made.touch()
        return name

    def _address(self, database: str) -> str:
        parts = urlsplit(self._url)
        return f"postgresql+asyncpg://{parts.netloc}/{database}"

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def databases(postgres_url: str, servers: Servers) -> AsyncIterator[Databases]:
    """Makes fresh databases: `await databases.clone("placement")`. They are dropped when the test ends."""
    made = Databases(postgres_url, servers.run)
    yield made
    await made.drop()
