"""A real Apache Kafka 4.3 broker (KRaft, one node) as a child process: start, stop, kill, restart on the same ports."""

import asyncio
import base64
import contextlib
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from deploy.local.artefacts import Artefacts
from deploy.local.machine import Failed, Say, free_port, home, listening, locked, quiet
from deploy.local.processes import Child, Run

JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xlog:cds=off")
PROBE = "local.probe"
"""The topic that readiness creates and describes: a listening port says nothing about the controller behind it."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""
"""The voter is named statically: a formatted directory then holds no port, and one can be copied for every start.

A killed broker is let in again when its old session has ended, hence the short one."""

LOGGING = """\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %m (%c{1})%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
"""


class KafkaServer:
    """One broker with data of its own, which ends with its run."""

    def __init__(self, artefacts: Artefacts, run: Run, *, name: str = "kafka") -> None:
        """Prepares an empty broker without starting it.

        Args:
            artefacts: where the jars are.
            run: owns the process, and holds data and log.
            name: of the log and of the data directory, unique within the run.
        """
        self._artefacts, self._run, self._name = artefacts, run, name
        self._child: Child | None = None
        self.port, self._controller = free_port(), free_port()
        self.data = run.path / f"{name}-data"

    @property
    def bootstrap(self) -> str:
        """The broker's address, `127.0.0.1:<port>`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id, None while stopped."""
        return self._child.pid if self._child is not None and self._child.alive() else None

    def start(self, progress: Say = quiet, within: float = 60.0) -> "KafkaServer":
        """Starts the broker and returns when it creates topics and knows its group coordinator.

        Raises:
            Failed: it did not come up; the text ends with its last log lines.
        """
        started = time.monotonic()
        folder = self._run.path / f"{self._name}-config"
        if not self.data.exists():
            prepare(self._artefacts, progress)
            shutil.copytree(self._artefacts.formatted, self.data)
            _configure(folder, self.port, self._controller, self.data)
        self._child = self._run.start(
            self._name, _command(self._artefacts, folder, f"-XX:SharedArchiveFile={self._artefacts.classes}")
        )
        while not listening(self.port):
            self._check(started + within)
            time.sleep(0.02)
        while not answers(self.bootstrap):
            self._check(started + within)
        progress(f"Apache Kafka 4.3 answers on port {self.port} ({time.monotonic() - started:.1f} s)")
        return self

    def _check(self, deadline: float) -> None:
        if self._child is None or not self._child.alive() or time.monotonic() > deadline:
            raise Failed(f"Kafka did not start:\n{self._child.tail() if self._child else ''}")

    def stop(self) -> None:
        """A clean shutdown."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """Ends it with SIGKILL, like a crash; what was acknowledged survives in `data`."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Stops, then starts on the same port with the same data."""
        self.stop()
        self.start()


def _command(artefacts: Artefacts, folder: Path, *flags: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
    return [*JAVA, *flags, logging, "-cp", artefacts.classpath, "kafka.Kafka", str(folder / "server.properties")]


def _configure(folder: Path, port: int, controller: int, data: Path) -> None:
    folder.mkdir()
    properties = PROPERTIES.format(port=port, controller=controller, data=data)
    (folder / "server.properties").write_text(properties, encoding="utf-8")
    (folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")


def prepare(artefacts: Artefacts, progress: Say = quiet) -> None:
    """Makes, once per machine, the formatted directory that servers copy and the archive of classes that they load."""
    with locked(home() / "versions.lock"):
        if artefacts.classes.exists():
            return
        progress("preparing Kafka for quick starts (once per machine)")
        with tempfile.TemporaryDirectory(dir=artefacts.path) as scratch:
            folder, data = Path(scratch) / "config", Path(scratch) / "data"
            port, controller = free_port(), free_port()
            _configure(folder, port, controller, data)
            cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
            tool = [*JAVA, "-cp", artefacts.classpath, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
            result = subprocess.run(
                [*tool, "-c", folder / "server.properties"], capture_output=True, text=True, check=False
            )
            if result.returncode != 0:
                raise Failed(f"Kafka's format failed: {(result.stderr or result.stdout).strip()[-500:]}")
            shutil.rmtree(artefacts.formatted, ignore_errors=True)
            shutil.copytree(data, artefacts.formatted)
            archive = Path(scratch) / "kafka.jsa"
            with (Path(scratch) / "log").open("wb") as log:
                command = _command(artefacts, folder, f"-XX:ArchiveClassesAtExit={archive}")
                with subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) as process:
                    try:
                        deadline = time.monotonic() + 60
                        while process.poll() is None and time.monotonic() < deadline:
                            if listening(port) and answers(f"127.0.0.1:{port}"):
                                break
                            time.sleep(0.05)
                        process.terminate()
                        process.wait(60)
                    finally:
                        process.kill()
            if not archive.exists():
                raise Failed("Kafka ended before its first start was complete")
            archive.rename(artefacts.classes)


def answers(bootstrap: str) -> bool:
    """True if the broker creates and describes a topic and names a group coordinator; gives up after 5 s.

    May be called where an event loop runs: it uses a thread with a loop of its own.
    """
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(_ask(bootstrap))))
    thread.start()
    thread.join()
    return found == [True]


async def _ask(bootstrap: str) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        async with asyncio.timeout(5):
            await client.start()
            with contextlib.suppress(TopicAlreadyExistsError):
                await client.create_topics([NewTopic(PROBE, 1, 1)])
            (topic,) = await client.describe_topics([PROBE])
            if topic["error_code"] != 0 or not topic["partitions"]:
                return False
            await client.find_coordinator(PROBE)
            return True
    except (KafkaError, OSError, TimeoutError):
        await asyncio.sleep(0.05)
        return False
    finally:
        await client.close()
