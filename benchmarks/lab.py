"""The servers of a run, a fresh database and topic for each measurement, and processes in which measurements run."""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.artefacts import fetch
from deploy.local.http import answers
from deploy.local.kafka import KafkaServer
from deploy.local.machine import Failed, Say, free_port, quiet
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Child, Run
from shared.database import create_engine
from shared.migrate import upgrade_kernel

Work = Callable[..., Awaitable[dict[str, Any]]]
"""A measurement that runs in a process of its own: keyword arguments and result are plain JSON values."""


class Lab:
    """Servers that both sides share, started by `async with`."""

    def __init__(self, progress: Say = quiet) -> None:
        self._progress = progress
        self._otlp_port = free_port()

    async def __aenter__(self) -> Self:
        artefacts = await asyncio.to_thread(fetch, self._progress)
        self.run = Run.begin("bench")
        try:
            server, self.kafka = PostgresServer(artefacts, self.run), KafkaServer(artefacts, self.run)
            await asyncio.gather(asyncio.to_thread(server.start), asyncio.to_thread(self.kafka.start))
            self.postgres = server.url
            """The superuser's address."""
            await self._start_receiver()
        except BaseException:
            self.run.end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.run.end)

    @property
    def otlp(self) -> str:
        """Base URL of the receiver of traces."""
        return f"http://127.0.0.1:{self._otlp_port}"

    async def database(self) -> str:
        """Makes a database with the kernel's tables; gives its `postgresql://…` address."""
        name = f"bench_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(self.postgres)
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        finally:
            await connection.close()
        url = f"postgresql://{urlsplit(self.postgres).netloc}/{name}"
        engine = create_engine(for_engine(url), application="bench-prepare")
        try:
            await upgrade_kernel(engine)
        finally:
            await engine.dispose()
        return url

    async def checkpoint(self) -> None:
        """Writes out what earlier measurements left dirty, so that the next does not pay for it."""
        connection = await asyncpg.connect(self.postgres)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def topic(self, name: str, partitions: int = 6) -> str:
        """Makes a topic with a name of its own that begins with `name`."""
        made = f"{name}.{uuid.uuid4().hex}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(made, partitions, 1)])
        finally:
            await admin.close()
        return made

    def begin(self, work: Work, **arguments: Any) -> "Measurement":
        """Starts a measurement in a process of its own: nothing that one side loads or leaves slows the other."""
        folder = self.run.path / f"measure-{uuid.uuid4().hex}"
        folder.mkdir()
        (folder / "arguments.json").write_text(json.dumps(arguments), encoding="utf-8")
        target = f"{work.__module__}:{work.__name__}"
        child = self.run.start(folder.name, (sys.executable, "-m", "benchmarks.child", target, folder))
        return Measurement(child, folder)

    async def measure(self, work: Work, within: float = 180.0, **arguments: Any) -> dict[str, Any]:
        """Runs a measurement and gives its result; raises Failed with its last log lines if it has none."""
        return await self.begin(work, **arguments).result(within)

    async def _start_receiver(self) -> None:
        command = (sys.executable, "-m", "deploy.local.otlp", "--port", str(self._otlp_port))
        child = self.run.start("otlp", command)
        for _ in range(200):
            if await asyncio.to_thread(answers, f"{self.otlp}/traces"):
                return
            await asyncio.sleep(0.05)
        raise Failed(f"the receiver of traces did not start:\n{child.tail()}")


class Measurement:
    """A measurement under way."""

    def __init__(self, child: Child, folder: Path) -> None:
        self._child, self._folder = child, folder

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    def told(self, name: str) -> bool:
        """Whether the process has said that it reached a step."""
        return (self._folder / name).exists()

    async def reached(self, name: str, within: float = 60.0) -> None:
        """Waits until the process says that it reached a step."""
        deadline = time.perf_counter() + within
        while not self.told(name):
            self.check(deadline)
            await asyncio.sleep(0.01)

    async def result(self, within: float) -> dict[str, Any]:
        """Waits for the end, and gives what the measurement returned."""
        deadline = time.perf_counter() + within
        while not self.told("result.json"):
            self.check(deadline)
            await asyncio.sleep(0.02)
        await asyncio.to_thread(self._child.wait, 30)
        found: dict[str, Any] = json.loads((self._folder / "result.json").read_text(encoding="utf-8"))
        return found

    def check(self, deadline: float) -> None:
        """Raises Failed when the process has ended without a result, or the deadline (`perf_counter`) is past."""
        late = time.perf_counter() > deadline
        if late or (not self._child.alive() and not self.told("result.json")):
            self._child.kill()
            raise Failed(f"a measurement {'took too long' if late else 'ended'}:\n{self._child.tail(30)}")

    def end(self) -> None:
        """Ends the process."""
        self._child.stop()


def for_engine(url: str) -> str:
    """The same address as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


async def about_servers(postgres: str) -> dict[str, dict[str, str]]:
    """Versions of the servers, and what durability costs: the same for both sides, changed by no session and no role.

    Args:
        postgres: the superuser's address.
    """
    connection = await asyncpg.connect(postgres)
    try:
        names = ("synchronous_commit", "fsync", "full_page_writes", "shared_buffers")
        settings = {name: str(await connection.fetchval(f"SHOW {name}")) for name in names}
        version = str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()
    (jar,) = ((await asyncio.to_thread(fetch, quiet)).path / "kafka").glob("kafka_2.13-*.jar")
    return {"versions": {"postgresql": version, "kafka": jar.stem.partition("-")[2]}, "settings": settings}
