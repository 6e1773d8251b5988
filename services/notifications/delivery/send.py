"""One attempt over HTTP: guarded, bounded in time and in what it reads, without redirects, cookies or proxies."""

import asyncio
import time
from datetime import timedelta
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from services.notifications.delivery.guard import EgressRefused, guarded_socket
from services.notifications.delivery.schedule import Answer
from services.notifications.domain import forbidden_url

DEADLINE = 10.0
"""Seconds for one attempt, from resolving the name to the end of the answer."""

MOST_READ = 4096
"""Bytes of an answer's body that are read, and dropped: only so that the connection can be used again."""

_HEADERS = {
    "content-type": "application/json",
    "user-agent": "InSERRE-Notifications/1",
    "accept-encoding": "identity",
    "accept": "*/*",
}

# Shorter than what servers keep: a connection must not be closed just as it is used again.
_KEEPALIVE = 3.0


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
            headers=_HEADERS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Sends once, and says what came of it; never raises for what the network or the partner does.

        Args:
            url: of the subscription.
            headers: the signed ones.
            body: exactly as signed.
        """
        started = time.perf_counter()
        if forbidden_url(url, allow_loopback=self._allow_loopback) is not None:
            return Answer(error="egress_refused")
        status: int | None = None
        retry_after = error = None
        try:
            async with asyncio.timeout(self._deadline):
                async with self._session.post(
                    URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
                ) as response:
                    status, retry_after = response.status, response.headers.get("retry-after")
                    await _drain(response)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as failure:
            # With a status in hand the partner has answered; how its body ended does not matter.
            error = None if status is not None else _code(failure)
        return Answer(status, error, retry_after, timedelta(seconds=time.perf_counter() - started))


async def _drain(response: aiohttp.ClientResponse) -> None:
    room = MOST_READ
    while room > 0 and (part := await response.content.read(room)):
        room -= len(part)
    if room <= 0:
        response.close()


def _code(failure: Exception) -> str:
    """A stable code for what went wrong before any answer. The text is not looked at: it may name the address."""
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
