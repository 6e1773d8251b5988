"""The return path of each mail: what comes back to it says of which delivery it speaks, and nobody can make one up."""

import hashlib
import hmac
import re
from uuid import UUID

_TAG = 24
"""Hexadecimal digits of the HMAC, 96 bits: with them the local part has the 64 characters that SMTP allows."""


class Returns:
    """Makes return paths, and reads them.

    Args:
        secret: of the service; the key is derived from it for this use alone.
        domain: that bounces are delivered to.
    """

    def __init__(self, secret: bytes, domain: str) -> None:
        self._key = hmac.digest(secret, b"inserre/notifications/return-path", hashlib.sha256)
        self._domain = domain
        self._written = re.compile(
            rf"\bbounce\+([0-9a-f]{{32}})\.([0-9a-f]{{{_TAG}}})@{re.escape(domain)}(?![\w.-])", re.ASCII | re.IGNORECASE
        )

    def path(self, delivery: UUID) -> str:
        """The envelope sender of a delivery's mails."""
        return f"bounce+{delivery.hex}.{self._tag(delivery)}@{self._domain}"

    def deliveries(self, text: str) -> set[UUID]:
        """The deliveries whose genuine return paths stand in a text; forged ones are passed over."""
        found = ((UUID(one), tag.lower()) for one, tag in self._written.findall(text))
        return {delivery for delivery, tag in found if hmac.compare_digest(tag, self._tag(delivery))}

    def _tag(self, delivery: UUID) -> str:
        return hmac.digest(self._key, delivery.bytes, hashlib.sha256).hex()[:_TAG]
