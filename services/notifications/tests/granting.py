"""A partner's token endpoint for tests: a real HTTP server on this machine that grants what it is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web


@dataclass
class Granting:
    """What was asked, and what is granted.

    Args:
        answers: used up one by one; afterwards a new token for an hour, numbered.
        gate: while it is clear, answers wait for it.
    """

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[aiohttp.BasicAuth, Mapping[str, Any]]] = field(default_factory=list)
    """Client and form of each request."""

    async def handle(self, request: web.Request) -> web.Response:
        client = aiohttp.BasicAuth.decode(request.headers["authorization"])
        assert request.content_type == "application/x-www-form-urlencoded"
        self.asked.append((client, dict(await request.post())))
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else granted(f"token-{len(self.asked)}")


def granted(token: str, **said: Any) -> web.Response:
    """Grants a token for an hour, unless something else is said; None: nothing is."""
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600} | said
    return web.json_response({name: value for name, value in answer.items() if value is not None})


@asynccontextmanager
async def granting() -> AsyncIterator[Granting]:
    """A token endpoint on a free port, until the block ends."""
    granting = Granting()
    granting.gate.set()
    app = web.Application()
    app.router.add_post("/token", granting.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    granting.url = f"http://{host}:{port}/token"
    try:
        yield granting
    finally:
        granting.gate.set()
        await runner.cleanup()
