"""What each process of a local stack is told: addresses on free ports, databases, and secrets made for this run."""

import asyncio
import base64
import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from deploy.local.machine import free_port

SERVICES = ("selection", "placement", "citizen_space", "notifications")
"""Folder names below `services/`; also the names of their databases and roles."""


@dataclass(frozen=True)
class Environment:
    """Addresses and secrets of one stack. Made once, before anything starts."""

    site: str
    services: tuple[str, ...]
    postgres: str
    """The superuser's address, `postgresql://…/postgres`."""
    kafka: str
    """`host:port`."""
    data: Path
    """Where what the services write to files goes."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Variables that win over those made here, for every process."""
    ports: dict[str, int] = field(default_factory=dict)
    """By process: `placement-api`, `placement-worker`, `issuer`, `otlp`, `partner`."""
    passwords: dict[str, str] = field(default_factory=dict)
    """By service: of its database role."""
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in ("issuer", "otlp", "partner", "mail", "smtp"):
            self.ports[name] = free_port()
        for service in self.services:
            self.ports[f"{service}-api"], self.ports[f"{service}-worker"] = free_port(), free_port()
            self.passwords[service] = secrets.token_hex(16)
            self._secrets[f"{service.upper()}_IDEMPOTENCY_SECRET"] = secrets.token_urlsafe(32)
        self._secrets["NOTIFICATIONS_SECRETS_KEY"] = _key()
        self._secrets["NOTIFICATIONS_SIGNING_KEYS"] = _signing_keys()

    def add_port(self, process: str) -> None:
        """Chooses a port for one process more."""
        self.ports[process] = free_port()

    def url(self, process: str) -> str:
        """Base URL of a process, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports[process]}"

    def database(self, service: str) -> str:
        """`postgresql+asyncpg://…` of a service's own database, as its own role."""
        server = urlsplit(self.postgres)
        return f"postgresql+asyncpg://{service}:{self.passwords[service]}@{server.hostname}:{server.port}/{service}"

    def of(self, service: str, *, worker: str | None = None) -> dict[str, str]:
        """The variables of a service's processes, on top of this process's own.

        Args:
            service: folder name below `services/`.
            worker: which worker process, `<service>-worker` unless several run.
        """
        prefix = service.upper()
        made = {
            f"{prefix}_DATABASE_URL": self.database(service),
            f"{prefix}_KAFKA_BOOTSTRAP": self.kafka,
            f"{prefix}_OIDC_ISSUER": self.url("issuer"),
            f"{prefix}_IDEMPOTENCY_SECRET": self._secrets[f"{prefix}_IDEMPOTENCY_SECRET"],
            f"{prefix}_OTLP_ENDPOINT": self.url("otlp"),
            f"{prefix}_API_PORT": str(self.ports[f"{service}-api"]),
            f"{prefix}_WORKER_PORT": str(self.ports[worker or f"{service}-worker"]),
        }
        if service == "selection" and "placement" in self.services:
            made["SELECTION_PLACEMENT_URL"] = self.url("placement-api")
        if service == "placement":
            made["PLACEMENT_SELECTION_URL"] = self.url(
                "selection-api" if "selection" in self.services else "placement-api"
            )
            made["PLACEMENT_SHEETS_DIR"] = str(self.data / "sheets")
        if service == "notifications":
            # The demo's partner listens on this machine; anywhere else this door stays shut.
            made["NOTIFICATIONS_ALLOW_LOOPBACK"] = "true"
            for name in ("NOTIFICATIONS_SECRETS_KEY", "NOTIFICATIONS_SIGNING_KEYS"):
                made[name] = self._secrets[name]
            made["NOTIFICATIONS_SMTP_URL"] = f"smtp://127.0.0.1:{self.ports['smtp']}"
            made["NOTIFICATIONS_MAIL_FROM"] = "avis@inserre.example"
            made["NOTIFICATIONS_PUBLIC_URL"] = self.url("notifications-api")
            made["NOTIFICATIONS_PARTNER_URL"] = f"{self.url('partner')}/references/{{reference}}"
        # A proxy in the caller's environment must not stand between processes of one machine.
        local = {"SITE": self.site, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        return {**os.environ, **local, **made, **self.overrides}


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _signing_keys() -> str:
    """One key pair of the site, good for a year from yesterday."""
    begin = datetime.now(UTC) - timedelta(days=1)
    until = begin + timedelta(days=366)
    return json.dumps(
        [{"id": "local", "seed": _key(), "not_before": begin.isoformat(), "not_after": until.isoformat()}]
    )


def create_databases(environment: Environment) -> None:
    """Makes a role and a database for each service, which no other service's role may enter.

    May be called where an event loop runs: it uses a thread with a loop of its own.
    """
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(_create(environment.postgres, environment.services, environment.passwords))
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


async def _create(url: str, services: Sequence[str], passwords: Mapping[str, str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for service in services:
            # Names are constants of this module and passwords are hexadecimal: nothing to quote.
            await connection.execute(f"CREATE ROLE {service} LOGIN PASSWORD '{passwords[service]}'")
            await connection.execute(f"CREATE DATABASE {service} OWNER {service}")
            await connection.execute(f"REVOKE ALL ON DATABASE {service} FROM PUBLIC")
    finally:
        await connection.close()
