"""Standard Webhooks v1: HMAC-SHA256 over id, timestamp and body."""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime
from uuid import UUID


def headers(secret: bytes, delivery: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """The three signed headers of one attempt.

    Args:
        secret: of the subscription, as bytes.
        delivery: its id is the partner's idempotency key: the same on every attempt.
        at: of this attempt, UTC; a partner refuses what is minutes old.
        body: exactly as it is sent.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join((str(delivery).encode(), timestamp.encode(), body))
    signature = b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": str(delivery),
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
