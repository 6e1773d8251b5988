"""A signing secret that a partner brings, as Standard Webhooks writes it."""

from base64 import b64decode, b64encode
from binascii import Error

from services.notifications.domain.refusal import Refusal, Refused

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, by the specification."""


def brought(text: str) -> bytes:
    """The bytes that sign.

    Args:
        text: `whsec_` and base64, as any of the standard's libraries takes it.

    Raises:
        Refused: `secret-invalid`.
    """
    encoded = text.removeprefix(PREFIX)
    try:
        secret = b64decode(encoded, validate=True)
    except (Error, ValueError):
        secret = b""
    # Written in one way only: libraries differ in what else they read, and two readings are two secrets.
    if not (text == PREFIX + b64encode(secret).decode() and SHORTEST <= len(secret) <= LONGEST):
        raise Refused(Refusal.SECRET_INVALID)
    return secret
