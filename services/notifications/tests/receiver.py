"""A partner's endpoint for tests: a real HTTP server on this machine that answers as it is told."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDict
from standardwebhooks import Webhook

from services.notifications.tests.builders import SECRET
from shared.contracts.notices import check

SAID = web.RequestKey("said", dict[str, Any])
"""The verified body of a request, for scripts that look at it."""

Script = Callable[[web.Request], web.StreamResponse]


@dataclass
class Receiver:
    """What was received, and what is answered.

    Args:
        answers: used up one by one; afterwards 200.
        gate: while it is clear, answers wait for it.
    """

    url: str = ""
    answers: list[Script] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    notices: list[dict[str, Any]] = field(default_factory=list)
    """Bodies, each verified on arrival: the signature with the public library, the rest with the catalogue."""
    bodies: list[bytes] = field(default_factory=list)
    """The same as they came."""
    headers: list[CIMultiDict[str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    peers: list[object] = field(default_factory=list)
    """Address of the connection that each request came by."""
    most_at_once: int = 0
    _now: int = 0

    @property
    def ids(self) -> list[str]:
        """`webhook-id` of each request."""
        return [one["webhook-id"] for one in self.headers]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            self.paths.append(request.path)
            self.peers.append(request.get_extra_info("peername"))
            body = await request.read()
            self.headers.append(CIMultiDict(request.headers))
            if request.method == "POST":
                said = Webhook("whsec_" + b64encode(SECRET).decode()).verify(body, dict(request.headers))
                check(said["type"], 1, body.decode())
                self.notices.append(said)
                self.bodies.append(body)
                request[SAID] = said
            answer = self.answers.pop(0) if self.answers else answering(200)
            await self.gate.wait()
            return answer(request)
        finally:
            self._now -= 1


def answering(status: int, **headers: str) -> Script:
    """Answers with a status and headers."""
    return lambda request: web.Response(status=status, headers=headers)


def saying(body: bytes, **headers: str) -> Script:
    """Answers 200 with a body."""
    return lambda request: web.Response(body=body, headers=headers)


def hanging_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port, until the block ends."""
    receiver = Receiver()
    receiver.gate.set()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http{'s' if tls else ''}://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        receiver.gate.set()
        await runner.cleanup()
