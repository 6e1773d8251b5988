"""Whether an endpoint wants to be told, asked before anything goes there.

First as the CloudEvents HTTP webhook specification has it (section 4, abuse protection): `OPTIONS` with
`WebHook-Request-Origin`, consent is `WebHook-Allowed-Origin`. An endpoint that does not know this is sent a signed
challenge that it has to repeat: whoever can has the secret and the address.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from secrets import token_hex
from typing import NamedTuple

from uuid_utils.compat import uuid7

from services.notifications.http.access import Accesses
from services.notifications.http.credentials import Withheld
from services.notifications.http.send import Reply, Sender
from services.notifications.store.subscriptions import Endpoint
from shared.messaging.event import Clock

DEADLINE = 5.0
"""Seconds for each of the two questions: an officer waits for the answer."""

CHALLENGE = "endpoint.challenge"
"""Type of the notice that an endpoint has to answer with `{"challenge": …}`."""


class Proof(NamedTuple):
    """What an endpoint said."""

    proven: bool
    """Whether it wants to be told."""
    rate_per_minute: int | None
    """How fast at most, if it said so."""
    outcome: str
    """Stable code: `allowed_origin`, `challenge_repeated`, `challenge_not_repeated`, or of the attempt."""


def asking(
    accesses: Accesses, site: str, clock: Clock, *, allow_loopback: bool
) -> Callable[[Endpoint], Awaitable[Proof]]:
    """What asks an endpoint; never raises for what the network or the partner does.

    Args:
        accesses: to endpoints.
        site: code of the site, in our name to the endpoint.
        clock: dates the challenge.
        allow_loopback: whether endpoints on this machine may be called.
    """
    origin = f"inserre-{site.lower()}"

    async def ask(endpoint: Endpoint) -> Proof:
        async with Sender(allow_loopback=allow_loopback, deadline=DEADLINE) as sender:
            try:
                access = await accesses.open(sender, endpoint)
            except Withheld as withheld:
                return Proof(False, None, withheld.code)
            shown = access.shown
            headers = {"webhook-request-origin": origin} | shown.headers
            asked = await sender.ask("OPTIONS", endpoint.url, headers, tls=shown.tls)
            if asked.answer.outcome == "accepted" and asked.headers.get("webhook-allowed-origin") in {origin, "*"}:
                return Proof(True, _rate(asked), "allowed_origin")
            challenge = f"c_{token_hex(16)}"
            body = _challenge(challenge, clock())
            told = await sender.ask("POST", endpoint.url, accesses.headers(access, uuid7(), body), body, tls=shown.tls)
        accesses.answered(endpoint, access, told.answer)
        if told.answer.outcome != "accepted":
            code = told.answer.status
            return Proof(False, None, told.answer.outcome if code is None else f"answered_{code}")
        repeated = _repeated(told.answer.head) == challenge
        return Proof(repeated, None, "challenge_repeated" if repeated else "challenge_not_repeated")

    return ask


def _challenge(challenge: str, now: datetime) -> bytes:
    timestamp = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": CHALLENGE, "timestamp": timestamp, "data": {"challenge": challenge}}).encode()


def _rate(asked: Reply) -> int | None:
    """Requests per minute; None for as many as we like, or unreadably."""
    said = asked.headers.get("webhook-allowed-rate", "*")
    return min(int(said[:9]), 100_000) or None if said.isascii() and said.isdigit() else None


def _repeated(head: bytes) -> object:
    try:
        answer = json.loads(head)
    except (ValueError, RecursionError):
        return None
    return answer.get("challenge") if isinstance(answer, dict) else None
