"""A signed example sent to an endpoint at once, for somebody who waits for what comes of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from services.notifications.http.access import Accesses
from services.notifications.http.credentials import Withheld
from services.notifications.http.redaction import redacted
from services.notifications.http.send import Sender
from services.notifications.store.subscriptions import Endpoint


class Trial(NamedTuple):
    """What came of it."""

    webhook_id: UUID
    outcome: str
    """As of an attempt."""
    http_status: int | None
    duration_ms: int
    head: str | None
    """The beginning of the answer, redacted like that of an attempt, yet not kept."""


def trying(accesses: Accesses, *, allow_loopback: bool) -> Callable[[Endpoint, bytes], Awaitable[Trial]]:
    """What sends an example's body: just as a delivery is, to the same addresses, as long, signed alike.

    Args:
        accesses: to endpoints.
        allow_loopback: whether endpoints on this machine may be called.
    """

    async def send(endpoint: Endpoint, body: bytes) -> Trial:
        message = uuid7()
        async with Sender(allow_loopback=allow_loopback) as sender:
            try:
                access = await accesses.open(sender, endpoint)
            except Withheld as withheld:
                return Trial(message, withheld.code, None, 0, None)
            headers = accesses.headers(access, message, body)
            answer = await sender.post(endpoint.url, headers, body, access.shown.tls)
        answer = accesses.answered(endpoint, access, answer)
        milliseconds = round(answer.duration / timedelta(milliseconds=1))
        return Trial(message, answer.outcome, answer.status, milliseconds, redacted(answer.head))

    return send
