"""With what we show ourselves to a partner that asks for more than a signature."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from services.notifications.domain.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How a token for an endpoint is asked for (RFC 6749, 4.4).

    Args:
        token_url: of the partner's authorisation server.
        client_id: ours there.
        client_secret: ours there.
        scope: to ask for, separated by spaces; None for what the server gives unasked.
        audience: to ask for, where the server knows that.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    audience: str | None = None

    def to_bytes(self) -> bytes:
        """To be sealed."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, opened: bytes) -> Self:
        """What `to_bytes` gave."""
        return cls(**json.loads(opened))


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that a partner gave us for connections to it, with its key.

    Args:
        chain: PEM, ours first.
        key: PEM, without a password.
        fingerprint: SHA-256 of ours, hexadecimal.
        begins_at: when the last of the chain becomes valid, UTC.
        expires_at: when the first of the chain expires, UTC.
    """

    chain: str
    key: str = field(repr=False)
    fingerprint: str
    begins_at: datetime
    expires_at: datetime

    def to_bytes(self) -> bytes:
        """To be sealed."""
        times = {"begins_at": self.begins_at.isoformat(), "expires_at": self.expires_at.isoformat()}
        return json.dumps(asdict(self) | times).encode()

    @classmethod
    def from_bytes(cls, opened: bytes) -> Self:
        """What `to_bytes` gave."""
        said = json.loads(opened)
        times = {name: datetime.fromisoformat(said[name]) for name in ("begins_at", "expires_at")}
        return cls(**(said | times))


def check_current(certificate: ClientCertificate, now: datetime) -> None:
    """Whether a certificate can be shown to anybody now.

    Raises:
        Refused: `certificate-expired`, also for one that is not valid yet.
    """
    if not certificate.begins_at <= now < certificate.expires_at:
        raise Refused(Refusal.CERTIFICATE_EXPIRED)


def owner(subscription: UUID, kind: str) -> UUID:
    """For whom a credential is sealed: what is kept as one kind does not open as another, nor as a signing secret.

    Args:
        subscription: that it belongs to.
        kind: `oauth2` or `certificate`.
    """
    return uuid5(subscription, kind)


def same_origin(url: str, other: str) -> bool:
    """Whether two addresses that are allowed lead to the same server: its credentials may be shown to both."""
    ours, theirs = urlsplit(url), urlsplit(other)
    return (ours.scheme, ours.hostname, _port(url)) == (theirs.scheme, theirs.hostname, _port(other))


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
