"""What is shown to an endpoint besides the signature: a bearer token, a client certificate, or both."""

import os
import ssl
from datetime import UTC
from typing import NamedTuple
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.notifications.domain import Refusal, Refused
from services.notifications.domain.credentials import ClientCertificate, OAuth2, owner
from services.notifications.http.keys import Keys, Unreadable
from services.notifications.http.send import Sender
from services.notifications.http.tokens import NoToken, Tokens
from shared.messaging.event import Clock

UNAUTHORISED = 401


class Withheld(Exception):
    """The endpoint's credentials cannot be shown, so nothing is sent to it.

    Args:
        code: `credentials_unreadable`, `certificate_expired`, `token_refused` or `token_unavailable`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Presented(NamedTuple):
    """What one request shows."""

    token: str | None = None
    tls: ssl.SSLContext | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Those of the token."""
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}


NOTHING = Presented()


class Credentials:
    """Opens what endpoints want to see, and keeps tokens and TLS contexts as long as they are good.

    Args:
        keys: open what is sealed.
        clock: tokens and certificates age by it.
        tokens: of this process.
    """

    def __init__(self, keys: Keys, clock: Clock, tokens: Tokens | None = None) -> None:
        self._keys, self._clock = keys, clock
        self._tokens = tokens or Tokens(clock)
        self._contexts: dict[UUID, tuple[ClientCertificate, ssl.SSLContext]] = {}

    async def present(
        self, sender: Sender, subscription: UUID, oauth2: bytes | None, certificate: bytes | None
    ) -> Presented:
        """What the next request to an endpoint shows.

        Args:
            sender: fetches a token where there is none.
            subscription: of the endpoint.
            oauth2: sealed; None when it wants no token.
            certificate: sealed; None when it wants none.

        Raises:
            Withheld: it cannot be shown.
        """
        try:
            tls = None if certificate is None else self._context(subscription, certificate)
            if oauth2 is None:
                return Presented(None, tls)
            opened = OAuth2.from_bytes(self._keys.open(oauth2, owner(subscription, "oauth2")))
        except (Unreadable, ValueError, TypeError, KeyError, ssl.SSLError):
            raise Withheld("credentials_unreadable") from None
        try:
            return Presented(await self._tokens.token(sender, subscription, opened), tls)
        except NoToken as error:
            raise Withheld(error.code) from None

    def answered(self, subscription: UUID, presented: Presented, status: int | None) -> None:
        """Has the next attempt fetch another token if this one was not accepted."""
        if status == UNAUTHORISED and presented.token is not None:
            self._tokens.drop(subscription, presented.token)

    def _context(self, subscription: UUID, sealed: bytes) -> ssl.SSLContext:
        certificate = ClientCertificate.from_bytes(self._keys.open(sealed, owner(subscription, "certificate")))
        if certificate.expires_at <= self._clock():
            raise Withheld("certificate_expired")
        known = self._contexts.get(subscription)
        if known is None or known[0] != certificate:
            # Reading the system's authorities takes milliseconds: once per certificate. Another certificate is another
            # context, and connections are kept per context: none goes on under what was replaced.
            self._contexts[subscription] = known = (certificate, context(certificate.chain, certificate.key))
        return known[1]


def context(chain: str, key: str) -> ssl.SSLContext:
    """A TLS client that checks whom it calls as ever, and shows a certificate if it is asked to.

    Args:
        chain: PEM.
        key: PEM, without a password.

    Raises:
        ssl.SSLError: TLS cannot use them.
    """
    made = ssl.create_default_context()
    made.set_alpn_protocols(("http/1.1",))
    # The standard library reads files only: this one has no name and never touches a disk.
    with open(os.memfd_create("certificate"), "wb") as file:
        file.write(f"{chain}\n{key}".encode())
        file.flush()
        made.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return made


def read_certificate(chain: str, key: str) -> ClientCertificate:
    """Reads what an officer gives.

    Args:
        chain: PEM, ours first.
        key: PEM.

    Raises:
        Refused: `certificate-invalid` for what is no PEM, has a password, or is too weak for TLS;
            `certificate-key-mismatch`.
    """
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode())
        private = load_pem_private_key(key.encode(), None)
        plain = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = certificates[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ours = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused(Refusal.CERTIFICATE_INVALID) from None
    if public != ours:
        raise Refused(Refusal.CERTIFICATE_KEY_MISMATCH)
    made = ClientCertificate(
        chain="".join(one.public_bytes(Encoding.PEM).decode() for one in certificates),
        key=plain,
        fingerprint=certificates[0].fingerprint(SHA256()).hex(),
        begins_at=max(one.not_valid_before_utc for one in certificates).astimezone(UTC),
        expires_at=min(one.not_valid_after_utc for one in certificates).astimezone(UTC),
    )
    try:
        context(made.chain, made.key)
    except ssl.SSLError:
        raise Refused(Refusal.CERTIFICATE_INVALID) from None
    return made
