"""Standard Webhooks v1: HMAC-SHA256 over id, timestamp and body."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def headers(secrets: Iterable[bytes], delivery: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """The three signed headers of one attempt.

    Args:
        secrets: of the subscription, as bytes: two of them while one takes the place of the other.
        delivery: its id is the partner's idempotency key: the same on every attempt.
        at: of this attempt, UTC; a partner refuses what is minutes old.
        body: exactly as it is sent.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join((str(delivery).encode(), timestamp.encode(), body))
    digests = (hmac.digest(secret, signed, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": str(delivery),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{b64encode(one).decode()}" for one in digests),
    }
