"""`/livez`, `/readyz` and `/metrics` as bare ASGI applications, for an API and for a worker alike."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import migrate, telemetry
from shared.telemetry import ASGIApp, Receive, Scope, Send

Check = Callable[[], Awaitable[bool]]
"""Answers whether a thing is well; raising counts as no."""

Liveness = Callable[[], Collection[str]]
"""Names of the process's own loops that stand still; empty when all is well."""

PATHS = ("/livez", "/readyz", "/metrics")


class Gate:
    """Whether a process takes work: closed once, when it begins to stop."""

    def __init__(self) -> None:
        self._open = True

    def close(self) -> None:
        """Not ready from now on."""
        self._open = False

    async def check(self) -> bool:
        """A readiness check."""
        return self._open


class Heartbeats:
    """The last sign of life of each loop.

    Args:
        within: seconds after which a silent loop counts as standing still.
        monotonic: gives seconds.
    """

    def __init__(self, within: float = 30.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._within = within
        self._monotonic = monotonic
        self._last: dict[str, float] = {}

    def tick(self, name: str) -> None:
        """A loop says that it goes round; the first tick enters it."""
        self._last[name] = self._monotonic()

    def stale(self) -> list[str]:
        """The loops that have been silent for too long."""
        oldest = self._monotonic() - self._within
        return sorted(name for name, last in self._last.items() if last < oldest)


def nothing_stale() -> Collection[str]:
    """Liveness of a process whose only loop is the one that answers."""
    return ()


class DatabaseAtHead:
    """A readiness check: the database answers, and its migrations are at this code's head.

    Once seen at head it is only asked to answer: the next version's migrations run before its processes start, and
    must not take those of this version out of service.

    Args:
        engine: of the service's database.
        service: folder name below `services/`.
    """

    def __init__(self, engine: AsyncEngine, service: str) -> None:
        self._engine = engine
        self._service = service
        self._heads: tuple[str, ...] | None = None
        self._seen = False

    async def __call__(self) -> bool:
        async with self._engine.connect() as connection:
            if self._seen:
                await connection.execute(sa.text("SELECT 1"))
            else:
                if self._heads is None:
                    self._heads = await asyncio.to_thread(migrate.heads, self._service)
                self._seen = await migrate.current(connection) == self._heads
        return self._seen


def health_routes(
    checks: Mapping[str, Check], liveness: Liveness, *, timeout: float = 2.0
) -> tuple[tuple[str, ASGIApp], ...]:
    """The three paths with their applications, as FastStream's `asgi_routes` takes them.

    Args:
        checks: what must be well for the process to be given work, by name; names are shown, reasons are not.
        liveness: which own loops stand still. A server elsewhere that is down is no reason to be restarted.
        timeout: seconds that one check may take.
    """

    async def passed(check: Check) -> bool:
        try:
            return bool(await asyncio.wait_for(check(), timeout))
        except Exception:
            return False

    async def livez() -> tuple[int, bytes, str]:
        stale = list(liveness())
        return _json(not stale, {"status": "stuck" if stale else "alive", "stale": stale})

    async def readyz() -> tuple[int, bytes, str]:
        results = await asyncio.gather(*(passed(check) for check in checks.values()))
        named = {name: "ok" if ok else "failed" for name, ok in zip(checks, results, strict=True)}
        return _json(all(results), {"status": "ready" if all(results) else "not-ready", "checks": named})

    async def figures() -> tuple[int, bytes, str]:
        body, content_type = telemetry.exposition()
        return 200, body, content_type

    return tuple((path, _answering(source)) for path, source in zip(PATHS, (livez, readyz, figures), strict=True))


def _json(well: bool, content: Mapping[str, object]) -> tuple[int, bytes, str]:
    return 200 if well else 503, json.dumps(content).encode(), "application/json"


def _answering(source: Callable[[], Awaitable[tuple[int, bytes, str]]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] != "http":
            return
        known = scope["method"] in {"GET", "HEAD"}
        status, body, content_type = await source() if known else (405, b"", "text/plain")
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return app
