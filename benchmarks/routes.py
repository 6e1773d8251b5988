"""Reads of a service's routes, and the very same statements in bare asyncpg."""

import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

_WARM = 20


async def through(
    app: FastAPI, engine: AsyncEngine, headers: dict[str, str], paths: dict[str, str], times: int
) -> dict[str, list[float]]:
    """Milliseconds of every read through the whole application, without a socket; disposes of the engine."""
    found = {}
    async with app.router.lifespan_context(app):
        for name, path in paths.items():
            for _ in range(_WARM):
                await _get(app, path, headers)
            taken = []
            for _ in range(times):
                began = time.perf_counter()
                await _get(app, path, headers)
                taken.append((time.perf_counter() - began) * 1000)
            found[name] = taken
    await engine.dispose()
    return found


async def bare(
    url: str,
    app: FastAPI,
    engine: AsyncEngine,
    headers: dict[str, str],
    paths: dict[str, str],
    times: int,
    writing: Collection[str] = (),
) -> dict[str, list[float]]:
    """Milliseconds of the statements that each route is seen to send, with its transaction, in bare asyncpg.

    Args:
        url: `postgresql://...` of the database.
        app: sends the statements once.
        engine: of the application, of which is disposed.
        headers: of each request.
        paths: by name.
        times: how often each is measured.
        writing: names of the paths whose statements write, and commit.
    """
    seen: list[tuple[str, Any]] = []

    @sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, parameters: Any, ___: object, many: bool) -> None:
        seen.append((statement, list(parameters) if many else [parameters]))

    statements = {}
    async with app.router.lifespan_context(app):
        for name, path in paths.items():
            seen.clear()
            await _get(app, path, headers)
            statements[name] = list(seen)
    await engine.dispose()
    connection = await asyncpg.connect(url)
    found = {}
    for name, sent in statements.items():
        prepared = [(await connection.prepare(statement), given) for statement, given in sent]
        taken = []
        for round_ in range(_WARM + times):
            began = time.perf_counter()
            async with connection.transaction(readonly=name not in writing):
                for statement, given in prepared:
                    if len(given) > 1:
                        await statement.executemany(given)
                    else:
                        await statement.fetch(*given[0])
            if round_ >= _WARM:
                taken.append((time.perf_counter() - began) * 1000)
        found[name] = taken
    await connection.close()
    return found


async def _get(app: FastAPI, path: str, headers: dict[str, str]) -> bytes:
    """One request, as a server hands it to the application."""
    address = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": address.path,
        "raw_path": address.path.encode(),
        "query_string": address.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    body = b"".join(message.get("body", b"") for message in answered)
    if answered[0]["status"] != 200:  # noqa: PLR2004
        raise AssertionError(body.decode())
    return body
