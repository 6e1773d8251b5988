"""A signed example sent to an endpoint at once, for somebody who waits for what comes of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from services.notifications.delivery import sign
from services.notifications.delivery.keys import Keys, Unreadable
from services.notifications.delivery.redaction import redacted
from services.notifications.delivery.send import Sender
from services.notifications.delivery.signing_keys import SigningKeys
from shared.messaging.event import Clock


class Trial(NamedTuple):
    """What came of it."""

    webhook_id: UUID
    outcome: str
    """As of an attempt."""
    http_status: int | None
    duration_ms: int
    head: str | None
    """The beginning of the answer, redacted like that of an attempt, yet not kept."""


def trying(
    keys: Keys, signing: SigningKeys, clock: Clock, *, allow_loopback: bool
) -> Callable[[str, Sequence[bytes], UUID, bytes], Awaitable[Trial]]:
    """What sends an example, given the address, the sealed secrets, their subscription and the body.

    It is sent just as a delivery is: to the same addresses, as long, signed alike.

    Args:
        keys: open the secrets.
        signing: the site's own.
        clock: for the signature.
        allow_loopback: whether endpoints on this machine may be called.
    """

    async def send(url: str, sealed: Sequence[bytes], subscription: UUID, body: bytes) -> Trial:
        message = uuid7()
        try:
            secrets = [keys.open(one, subscription) for one in sealed]
        except Unreadable:
            return Trial(message, "secret_unreadable", None, 0, None)
        now = clock()
        signed = sign.headers(secrets, message, now, body, signing.at(now))
        async with Sender(allow_loopback=allow_loopback) as sender:
            answer, _ = await sender.ask("POST", url, signed, body)
        milliseconds = round(answer.duration / timedelta(milliseconds=1))
        return Trial(message, answer.outcome, answer.status, milliseconds, redacted(answer.head))

    return send
