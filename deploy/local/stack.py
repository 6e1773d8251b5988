"""The whole platform on this machine, as an object: start it, ask it, break parts of it, end it.

with Stack(site="DON") as stack:
    token = stack.token("spip")
    stack.kill_worker("placement")
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.artefacts import fetch
from deploy.local.environment import SERVICES, Environment, create_databases
from deploy.local.http import answers, ask
from deploy.local.kafka import KafkaServer
from deploy.local.machine import Failed, Say, quiet
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Child, Run
from deploy.local.traces import Span


class Stack:
    """PostgreSQL, Kafka, the services (each `api` and `worker`), issuer, traces, mail catcher, partner of a site."""

    postgres: PostgresServer
    kafka: KafkaServer
    environment: Environment
    run: Run

    def __init__(
        self,
        *,
        site: str = "DON",
        services: tuple[str, ...] = SERVICES,
        env_overrides: Mapping[str, str] | None = None,
        partner: bool = True,
        progress: Say = quiet,
        ready_within: float = 90.0,
    ) -> None:
        """Says what is wanted; nothing runs before `start`.

        Args:
            site: code of the site that the stack serves.
            services: which of the four run.
            env_overrides: variables for every service process, such as `NOTIFICATIONS_ALLOW_LOOPBACK`.
            partner: whether a partner's receiver runs beside them.
            progress: takes lines for a person who waits.
            ready_within: seconds that each process has from its start until it is ready.
        """
        self.site, self.services = site, services
        self._overrides, self._partner, self._progress = dict(env_overrides or {}), partner, progress
        self._ready_within = ready_within
        self._children: dict[str, Child] = {}
        self._began = 0.0
        self._found: dict[str, str] | None = None

    @classmethod
    def found(cls, site: str, urls: Mapping[str, str]) -> Self:
        """A stack that another process started and left running: it can be asked, not broken or ended.

        Args:
            site: code of the site that it serves.
            urls: as that stack's `urls` gave them.
        """
        stack = cls(site=site)
        stack._found = dict(urls)
        return stack

    def start(self) -> Self:
        """Starts everything and returns when each process says that it is ready; ends all of it on a failure.

        Raises:
            Failed: a process did not come up; the text says which, with its last log lines.
        """
        self._began = time.monotonic()
        artefacts = fetch(self._progress)
        self.run = Run.begin("stack")
        try:
            self.postgres, self.kafka = PostgresServer(artefacts, self.run), KafkaServer(artefacts, self.run)
            self.environment = Environment(
                self.site, self.services, self.postgres.url, self.kafka.bootstrap, self.run.path, self._overrides
            )
            self._write_down()
            with ThreadPoolExecutor(1) as threads:
                try:
                    self._launch(threads.submit(self.kafka.start, self._say))
                except BaseException:
                    # Ends what the thread waits for; the pool would otherwise wait for it.
                    self._kill_all()
                    raise
        except BaseException:
            self.run.end()
            raise
        return self

    def _launch(self, kafka: Future[KafkaServer]) -> None:
        everything = {name: value for service in self.services for name, value in self.environment.of(service).items()}
        module = (sys.executable, "-m", "deploy.local.prepare")
        prepare = self.run.start("prepare", (*module, "--folder", self.run.path, *self.services), env=everything)
        self.postgres.start(self._say)
        create_databases(self.environment)
        (self.run.path / "databases").touch()
        extras = {"issuer": ("--site", self.site), "mail": ("--smtp-port", str(self.environment.ports["smtp"]))}
        for name in ("issuer", "otlp", "mail", *(["partner"] if self._partner else [])):
            extra = extras.get(name, ())
            program, port = f"deploy.local.{name}", str(self.environment.ports[name])
            self._children[name] = self.run.start(name, (sys.executable, "-m", program, "--port", port, *extra))
        while prepare.alive() and not (self.run.path / "migrated").exists():
            time.sleep(0.02)
        if prepare.alive():
            self._say("databases are at head")
        # Python's start costs the processor, not time to wait for: nobody waits for the one before.
        for service in self.services:
            self.start_process(f"{service}-api")
        kafka.result()
        (self.run.path / "kafka").touch()
        if prepare.wait(self._ready_within) != 0:
            raise Failed(f"migrations or topics failed:\n{prepare.tail()}")
        self._say("topics are there")
        for service in self.services:
            self.start_process(f"{service}-worker")
        for command in ("api", "worker"):
            for service in self.services:
                self.wait_ready(f"{service}-{command}")
                self._say(f"{service}-{command} is ready")

    def _service(self, service: str, command: str, name: str) -> Child:
        worker = name if command == "worker" else None
        environment = self.environment.of(service, worker=worker)
        return self.run.start(name, (sys.executable, "-m", f"services.{service}", command), env=environment)

    def _say(self, line: str) -> None:
        self._progress(f"[{time.monotonic() - self._began:5.1f} s] {line}")

    def _write_down(self) -> None:
        environment = {service: self.environment.of(service) for service in self.services}
        own = {s: {k: v for k, v in made.items() if os.environ.get(k) != v} for s, made in environment.items()}
        path = self.run.path / "stack.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"site": self.site, "postgres": self.postgres.url, "urls": self.urls, "environment": own}, file)

    def _kill_all(self) -> None:
        for child in reversed(self.run.children()):
            child.kill()

    def stop(self) -> None:
        """Lets the services end their work, then ends the servers and removes all data."""
        running = [child for name, child in self._children.items() if child.alive()]
        for child in running:
            child.send(signal.SIGCONT)
            child.send(signal.SIGTERM)
        for child in running:
            child.stop()
        self.run.end()

    def keep(self) -> None:
        """Leaves everything running when this process ends; `Run.kept` finds it again."""
        self.run.keep()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    @property
    def urls(self) -> dict[str, str]:
        """Base URLs: a service's API by its name, workers (`placement-worker`), `issuer`, `otlp`, `mail`, `partner`."""
        if self._found is not None:
            return dict(self._found)
        apis = {service: self.environment.url(f"{service}-api") for service in self.services}
        others = (
            "issuer",
            "otlp",
            "mail",
            *(["partner"] if self._partner else []),
            *(f"{s}-worker" for s in self.services),
        )
        return {**apis, **{name: self.environment.url(name) for name in others}}

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of what runs, by name; `postgres` and `kafka` among them."""
        found = {name: child.pid for name, child in self._children.items() if child.alive()}
        servers = {"postgres": self.postgres.pid, "kafka": self.kafka.pid}
        return {**found, **{name: pid for name, pid in servers.items() if pid is not None}}

    def log(self, name: str) -> Path:
        """The file that a process of this name writes its output to."""
        return self.run.path / f"{name}.log"

    def token(
        self, officer: str, *, sites: tuple[str, ...] | None = None, lifetime: int = 3600, partner: str | None = None
    ) -> str:
        """A bearer token of a fictitious officer.

        Args:
            officer: a key of `deploy.local.issuer.OFFICERS`; roles are among them.
            sites: scope, if not the stack's own site.
            lifetime: seconds; a negative one gives an expired token.
            partner: id of the outside body that the token belongs to, for `officer="partner"`.
        """
        form = {"grant_type": "client_credentials", "client_id": officer, "lifetime": str(lifetime)}
        if sites is not None:
            form["sites"] = " ".join(sites)
        if partner is not None:
            form["partner"] = partner
        return str(ask("POST", f"{self.urls['issuer']}/token", form=form)["access_token"])

    def spans(self, trace_id: str) -> list[Span]:
        """Every span received of a trace so far. Exporters send every few hundred milliseconds."""
        found: list[Span] = ask("GET", f"{self.urls['otlp']}/traces/{trace_id}")
        return found

    def start_process(self, name: str) -> None:
        """Starts `<service>-api`, `<service>-worker`, or one worker more, such as `placement-worker-2`."""
        service, command = name.split("-")[:2]
        if name not in self.environment.ports:
            self.environment.add_port(name)
        self._children[name] = self._service(service, command, name)

    def wait_ready(self, name: str) -> None:
        """Returns when the process answers 200 on `/readyz`; raises Failed if it ends or takes too long."""
        deadline = time.monotonic() + self._ready_within
        while not answers(f"{self.environment.url(name)}/readyz"):
            if not self._children[name].alive() or time.monotonic() > deadline:
                raise Failed(f"{name} did not become ready:\n{self._children[name].tail()}")
            time.sleep(0.05)

    def child(self, name: str) -> Child:
        """The process of that name that was started last."""
        return self._children[name]

    def start_worker(self, service: str) -> None:
        """Starts the service's worker again, on the same port; `wait_ready` says when it works."""
        self.start_process(f"{service}-worker")

    def kill_worker(self, service: str) -> None:
        """Ends the service's worker with SIGKILL."""
        self._children[f"{service}-worker"].kill()

    def freeze(self, name: str) -> None:
        """Stops a process in its tracks (SIGSTOP), until `thaw`."""
        self._children[name].send(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Lets a frozen process go on."""
        self._children[name].send(signal.SIGCONT)

    def stop_kafka(self) -> None:
        """Stops the broker; `start_kafka` brings it back on the same port with what it had."""
        self.kafka.stop()

    def start_kafka(self) -> None:
        """Starts the broker again and returns when it answers."""
        self.kafka.start()
