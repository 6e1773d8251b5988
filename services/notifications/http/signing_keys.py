"""The site's own key pairs (ed25519): one of them signs, all of them are published, so that anybody can check.

A partner's secret proves to that partner alone who sent a notice; with a public key it can be proved to others too.
"""

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifications.http import sign

_PUBLIC = "whpk_"


@dataclass(frozen=True, slots=True)
class Pair:
    """One key pair.

    Args:
        id: names it in what is published.
        private: never leaves the process.
        not_before: it signs from then on, UTC.
        not_after: it signs until then, and what it signed later is no good.
    """

    id: str
    private: Ed25519PrivateKey
    not_before: datetime
    not_after: datetime

    @classmethod
    def of(cls, id: str, seed: str, not_before: datetime, not_after: datetime) -> "Pair":
        """A pair from its seed, base64 of 32 random bytes.

        Raises:
            ValueError: it is not that.
        """
        return cls(id, Ed25519PrivateKey.from_private_bytes(b64decode(seed, validate=True)), not_before, not_after)

    def published(self) -> dict[str, Any]:
        """The public half as RFC 8037 writes it, and as Standard Webhooks does."""
        public = self.private.public_key().public_bytes_raw()
        return {
            "kid": self.id,
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "x": urlsafe_b64encode(public).decode().rstrip("="),
            "nbf": int(self.not_before.timestamp()),
            "exp": int(self.not_after.timestamp()),
            "whpk": _PUBLIC + b64encode(public).decode(),
        }


class SigningKeys:
    """All pairs of the site: those that signed, the one that signs, those that will.

    Args:
        pairs: at least one; their validities may overlap.
    """

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._pairs = sorted(pairs, key=lambda one: (one.not_before, one.id))

    def at(self, instant: datetime) -> Ed25519PrivateKey | None:
        """The key that signs at an instant: of those that are valid the newest; None when none is.

        Args:
            instant: UTC.
        """
        valid = [one for one in self._pairs if one.not_before <= instant < one.not_after]
        return valid[-1].private if valid else None

    def sign(self, message: str, at: datetime, body: bytes) -> str | None:
        """The v1a signature of a message that is not sent but read; None without a valid key.

        Args:
            message: its id, without a full stop.
            at: the instant that is signed, UTC, to the second.
            body: its bytes.
        """
        key = self.at(at)
        return None if key is None else sign.asymmetric(key, sign.content(message, str(int(at.timestamp())), body))

    def published(self) -> dict[str, Any]:
        """The JSON Web Key Set that anybody may read, next keys included: a partner knows a key before it signs."""
        return {"keys": [one.published() for one in self._pairs]}
