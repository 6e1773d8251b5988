"""One attempt over HTTP: guarded, bounded in time and in what it reads, without redirects, cookies or proxies."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace, TracebackType
from typing import NamedTuple, Self

import aiohttp
from yarl import URL

from services.notifications.domain import forbidden_url
from services.notifications.domain.answer import DEADLINE, Answer, Timings
from services.notifications.http.guard import EgressRefused, guarded_socket

MOST_READ = 4096
"""Bytes of an answer's body that are read: of a delivery only so that the connection can be used again."""

_HEADERS = {
    "content-type": "application/json",
    "user-agent": "InSERRE-Notifications/1",
    "accept-encoding": "identity",
    "accept": "*/*",
}

# Shorter than what servers keep: a connection must not be closed just as it is used again.
_KEEPALIVE = 3.0


class Reply(NamedTuple):
    """An answer with what it said, for whoever has to look at it."""

    answer: Answer
    headers: Mapping[str, str] = {}
    """Names in any case."""


@dataclass(slots=True)
class _Steps:
    """When the steps of one attempt were reached, by the monotonic clock."""

    begun: float = field(default_factory=time.perf_counter)
    resolving: float | None = None
    dns: float | None = None
    """Seconds."""
    connecting: float | None = None
    connect: float | None = None
    """Seconds, with those for the name."""
    left: bool = False
    """Whether the request began to leave: until then nobody can have read anything, whatever takes so long."""
    answered: float | None = None

    def timings(self) -> Timings:
        connect = None if self.connect is None else self.connect - (self.dns or 0)
        return Timings(*map(_milliseconds, (self.dns, connect, self.answered and self.answered - self.begun)))


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


class Sender:
    """The one HTTP client of a worker.

    Args:
        allow_loopback: whether this machine may be called.
        deadline: seconds for one attempt.
    """

    def __init__(self, *, allow_loopback: bool, deadline: float = DEADLINE) -> None:
        self._allow_loopback = allow_loopback
        self._deadline = deadline

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=_KEEPALIVE,
            ttl_dns_cache=10,
            socket_factory=guarded_socket(allow_loopback=self._allow_loopback),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            # One deadline of our own covers the whole attempt.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            trace_configs=[_marking()],
            headers=_HEADERS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes, tls: ssl.SSLContext | None = None) -> Answer:
        """Sends once, and says what came of it; never raises for what the network or the partner does.

        Args:
            url: of the subscription.
            headers: the signed ones.
            body: exactly as signed.
            tls: shows a client certificate; None where none is wanted.
        """
        return (await self.ask("POST", url, headers, body, tls=tls)).answer

    async def ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        most: int = MOST_READ,
    ) -> Reply:
        """The same with any method; gives the headers and the first bytes of the answer too, `most` of them at most."""
        if forbidden_url(url, allow_loopback=self._allow_loopback) is not None:
            return Reply(Answer(error="egress_refused"))
        status: int | None = None
        retry_after = error = None
        said: Mapping[str, str] = {}
        head = b""
        steps = _Steps()
        try:
            async with asyncio.timeout(self._deadline):
                async with self._session.request(
                    method,
                    URL(url, encoded=True),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    ssl=tls or True,
                    trace_request_ctx=steps,
                ) as response:
                    steps.answered = time.perf_counter()
                    status, said = response.status, response.headers
                    retry_after = said.get("retry-after")
                    head = await _head(response, most)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as failure:
            # With a status in hand the partner has answered; how its body ended does not matter.
            error = None if status is not None else _code(failure, left=steps.left)
        duration = timedelta(seconds=time.perf_counter() - steps.begun)
        return Reply(Answer(status, error, retry_after, duration, steps.timings(), head), said)


async def _head(response: aiohttp.ClientResponse, most: int) -> bytes:
    parts = bytearray()
    while len(parts) < most and (part := await response.content.read(most - len(parts))):
        parts += part
    if len(parts) >= most:
        response.close()
    return bytes(parts)


def _marking() -> aiohttp.TraceConfig:
    """Notes the steps of each attempt in the `_Steps` that its request carries."""

    async def resolves(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.resolving = time.perf_counter()

    async def resolved(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.dns = time.perf_counter() - context.trace_request_ctx.resolving

    async def connects(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.connecting = time.perf_counter()

    async def connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.connect = time.perf_counter() - context.trace_request_ctx.connecting

    async def leaves(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.left = True

    marking = aiohttp.TraceConfig()
    marking.on_dns_resolvehost_start.append(resolves)
    marking.on_dns_resolvehost_end.append(resolved)
    marking.on_connection_create_start.append(connects)
    marking.on_connection_create_end.append(connected)
    marking.on_request_headers_sent.append(leaves)
    return marking


def _code(failure: Exception, *, left: bool) -> str:
    """A stable code for what went wrong before any answer. The text is not looked at: it may name the address."""
    if isinstance(failure, TimeoutError) and not left:
        return "connect_timeout"
    if isinstance(failure, aiohttp.ClientConnectorError) and isinstance(failure.os_error, EgressRefused):
        return "egress_refused"
    return next((code for kind, code in _CODES if isinstance(failure, kind)), "protocol_error")


# The first that fits: connector errors are also OS errors.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "dns_failed"),
    (aiohttp.ClientSSLError, "tls_failed"),
    (aiohttp.ClientConnectorError, "connect_failed"),
    (TimeoutError, "timeout"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (OSError, "disconnected"),
)
