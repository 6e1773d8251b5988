"""Standard Webhooks: v1, HMAC-SHA256 with the partner's secret, and v1a, ed25519 with the site's key.

Both are over id, timestamp and body, joined by full stops (section "Signature scheme" of the specification 1.0.0). The
v1 signatures stand first, so that a library that knows v1 alone finds its own before anything that is new to it.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def headers(
    secrets: Iterable[bytes], delivery: UUID, at: datetime, body: bytes, key: Ed25519PrivateKey | None = None
) -> dict[str, str]:
    """The three signed headers of one attempt.

    Args:
        secrets: of the subscription, as bytes: two of them while one takes the place of the other.
        delivery: its id is the partner's idempotency key: the same on every attempt.
        at: of this attempt, UTC; a partner refuses what is minutes old.
        body: exactly as it is sent.
        key: of the site; without one there is no v1a.
    """
    timestamp = str(int(at.timestamp()))
    signed = content(str(delivery), timestamp, body)
    signatures = [f"v1,{_encoded(hmac.digest(secret, signed, hashlib.sha256))}" for secret in secrets]
    if key is not None:
        signatures.append(asymmetric(key, signed))
    return {
        "webhook-id": str(delivery),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def content(message: str, timestamp: str, body: bytes) -> bytes:
    """What is signed.

    Args:
        message: its id, without a full stop.
        timestamp: seconds since 1970, as they are written in the header.
        body: exactly as it is sent.
    """
    return b".".join((message.encode(), timestamp.encode(), body))


def asymmetric(key: Ed25519PrivateKey, signed: bytes) -> str:
    """The v1a signature of a content."""
    return f"v1a,{_encoded(key.sign(signed))}"


def _encoded(signature: bytes) -> str:
    return b64encode(signature).decode()
