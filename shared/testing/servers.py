"""One PostgreSQL and one Kafka for a whole test run: from the environment, a Docker engine, or local artefacts."""

import asyncio
import contextlib
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from deploy.local import kafka, postgres
from deploy.local.artefacts import fetch
from deploy.local.machine import Failed, free_port, locked, quiet
from deploy.local.processes import Run

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"
SOCKET = Path("/var/run/docker.sock")


class Servers:
    """The servers of one test run; every worker process makes its own object on the same folder.

    The first that asks for a server starts it, the others wait and take its address. `Run.end` and `remove_containers`
    end them, in the process that began the run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run

    def postgres_url(self) -> str:
        """A superuser's address, `postgresql://…/postgres`."""
        return os.environ.get("TEST_POSTGRES_URL") or self._once("postgres", _postgres)

    def kafka_bootstrap(self) -> str:
        """A broker's address, `host:port`; topics are never created automatically."""
        return os.environ.get("TEST_KAFKA_BOOTSTRAP") or self._once("kafka", _kafka)

    def _once(self, name: str, start: Callable[[Run], str]) -> str:
        address, failure = self.run.path / f"{name}.address", self.run.path / f"{name}.failure"
        with locked(self.run.path / f"{name}.lock"):
            if failure.exists():
                raise Failed(failure.read_text(encoding="utf-8"))
            if not address.exists():
                try:
                    found = start(self.run)
                except Exception as error:
                    # Told once: the other tests fail at once instead of waiting for the same failure each.
                    failure.write_text(str(error), encoding="utf-8")
                    raise
                address.touch(mode=0o600)
                address.write_text(found, encoding="utf-8")
            return address.read_text(encoding="utf-8")


def _postgres(run: Run) -> str:
    if _engine_has(POSTGRES_IMAGE):
        return _postgres_container(run)
    return postgres.PostgresServer(fetch(quiet), run).start().url


def _kafka(run: Run) -> str:
    return _kafka_container(run) if _engine_has(KAFKA_IMAGE) else kafka.KafkaServer(fetch(quiet), run).start().bootstrap


def _postgres_container(run: Run) -> str:
    container = _container(POSTGRES_IMAGE)
    container.with_exposed_ports(5432).with_env("POSTGRES_PASSWORD", "postgres")
    container.with_command("postgres -c max_connections=300 -c log_error_verbosity=terse")
    _launch(run, container)
    host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
    url = f"postgresql://postgres:postgres@{host}:{port}/postgres"
    _wait(lambda: _in_thread(url), POSTGRES_IMAGE)
    return url


def _kafka_container(run: Run) -> str:
    port = free_port()
    container = _container(KAFKA_IMAGE)
    # Asked for before the container runs, where testcontainers does not tell it yet.
    host = "127.0.0.1"
    settings = {
        "PROCESS_ROLES": "broker,controller",
        "NODE_ID": "1",
        "LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container.with_envs(**{f"KAFKA_{name}": value for name, value in settings.items()}).with_bind_ports(port, port)
    _launch(run, container)
    _wait(lambda: kafka.answers(f"{host}:{port}"), KAFKA_IMAGE)
    return f"{host}:{port}"


def _container(image: str) -> Any:
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    # Its reaper is an image more that an engine may lack, and would end a container with the worker that started it.
    testcontainers_config.ryuk_disabled = True
    return DockerContainer(image)


def _launch(run: Run, container: Any) -> None:
    container.start()
    with (run.path / "containers").open("a", encoding="ascii") as file:
        file.write(f"{container.get_wrapped_container().id}\n")


def _wait(ready: Callable[[], bool], image: str, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            raise Failed(f"{image} did not answer within {within:.0f} s")
        time.sleep(0.1)


def _in_thread(url: str) -> bool:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(_connects(url))))
    thread.start()
    thread.join()
    return found == [True]


async def _connects(url: str) -> bool:
    try:
        await (await asyncpg.connect(url, timeout=2)).close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


class _Engine(http.client.HTTPConnection):
    """HTTP over the Docker engine's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=2)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _ask_engine(method: str, path: str) -> int | None:
    """The engine's answer to one request as an HTTP status; None where no engine listens, which costs one `stat`."""
    host = os.environ.get("DOCKER_HOST", f"unix://{SOCKET}")
    address = Path(host.removeprefix("unix://"))
    if not host.startswith("unix://") or not address.is_socket():
        return None
    with contextlib.closing(_Engine(address)) as engine:
        try:
            engine.request(method, path)
            return engine.getresponse().status
        except (OSError, http.client.HTTPException):
            return None


def _engine_has(image: str) -> bool:
    return _ask_engine("GET", f"/images/{quote(image, safe='')}/json") == HTTPStatus.OK


def remove_containers(run: Run) -> None:
    """Removes the containers that this test run started, if any."""
    with contextlib.suppress(FileNotFoundError):
        for identifier in (run.path / "containers").read_text(encoding="ascii").split():
            _ask_engine("DELETE", f"/containers/{identifier}?force=1&v=1")
