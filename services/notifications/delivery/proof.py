"""Whether an endpoint wants to be told, asked before anything goes there.

First as the CloudEvents HTTP webhook specification has it (section 4, abuse protection): `OPTIONS` with
`WebHook-Request-Origin`, consent is `WebHook-Allowed-Origin`. An endpoint that does not know this is sent a signed
challenge that it has to repeat: whoever can has the secret and the address.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from services.notifications.delivery import sign
from services.notifications.delivery.credentials import NOTHING, UNAUTHORISED, Credentials, Presented, Withheld
from services.notifications.delivery.keys import Keys, Unreadable
from services.notifications.delivery.send import Reply, Sender
from services.notifications.delivery.signing_keys import SigningKeys
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
    keys: Keys, signing: SigningKeys, site: str, clock: Clock, *, allow_loopback: bool
) -> Callable[[Endpoint], Awaitable[Proof]]:
    """What asks an endpoint.

    Args:
        keys: open the secrets.
        signing: the site's own.
        site: code of the site, in our name to the endpoint.
        clock: for the signature.
        allow_loopback: whether endpoints on this machine may be called.
    """

    credentials = Credentials(keys, clock)

    async def ask(endpoint: Endpoint) -> Proof:
        try:
            sealed = [one for one in (endpoint.secret, endpoint.old_secret) if one is not None]
            secrets = [keys.open(one, endpoint.subscription) for one in sealed]
        except Unreadable:
            return Proof(False, None, "secret_unreadable")
        async with Sender(allow_loopback=allow_loopback, deadline=DEADLINE) as sender:
            try:
                shown = await credentials.present(sender, endpoint.subscription, endpoint.oauth2, endpoint.certificate)
            except Withheld as withheld:
                return Proof(False, None, withheld.code)
            now = clock()
            proof = await prove(sender, endpoint.url, secrets, signing.at(now), f"inserre-{site.lower()}", now, shown)
            if proof.outcome == "answered_401":
                credentials.answered(endpoint.subscription, shown, UNAUTHORISED)
            return proof

    return ask


async def prove(
    sender: Sender,
    url: str,
    secrets: Sequence[bytes],
    key: Ed25519PrivateKey | None,
    origin: str,
    now: datetime,
    shown: Presented = NOTHING,
) -> Proof:
    """Asks an endpoint whether it wants to be told; never raises for what the network or the partner does.

    Args:
        sender: guarded.
        url: of the subscription.
        secrets: sign the challenge.
        key: of the site, signs it too.
        origin: names us in the handshake.
        now: UTC.
        shown: with it.
    """
    asked = await sender.ask("OPTIONS", url, {"webhook-request-origin": origin} | shown.headers, tls=shown.tls)
    if asked.answer.outcome == "accepted" and asked.headers.get("webhook-allowed-origin") in {origin, "*"}:
        return Proof(True, _rate(asked), "allowed_origin")
    challenge = f"c_{token_hex(16)}"
    timestamp = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = json.dumps({"type": CHALLENGE, "timestamp": timestamp, "data": {"challenge": challenge}}).encode()
    signed = sign.headers(secrets, uuid7(), now, body, key)
    told = await sender.ask("POST", url, signed | shown.headers, body, tls=shown.tls)
    if told.answer.outcome != "accepted":
        code = told.answer.status
        return Proof(False, None, told.answer.outcome if code is None else f"answered_{code}")
    repeated = _repeated(told.answer.head) == challenge
    return Proof(repeated, None, "challenge_repeated" if repeated else "challenge_not_repeated")


def _rate(asked: Reply) -> int | None:
    """Requests per minute; None for as many as we like, or unreadably."""
    said = asked.headers.get("webhook-allowed-rate", "*")
    return min(int(said[:9]), 100_000) or None if said.isascii() and said.isdigit() else None


def _repeated(head: bytes) -> object:
    try:
        answer = json.loads(head)
    except ValueError:
        return None
    return answer.get("challenge") if isinstance(answer, dict) else None
