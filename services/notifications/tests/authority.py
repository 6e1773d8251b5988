"""A partner's certificate authority: it makes the certificates that the partner's server has and wants to see."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
BEGAN, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM."""

    chain: str
    key: str

    @property
    def body(self) -> dict[str, str]:
        """As the API takes it."""
        return {"chain": self.chain, "key": self.key}


def pem(key: Key, password: bytes | None = None) -> str:
    """A key as an officer has it in a file."""
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


class Authority:
    """One that our side trusts, once `SSL_CERT_FILE` names its file.

    Args:
        folder: for files that TLS servers read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Autorité fictive")])
        made = self._sign(self._name, self._key, BEGAN, ENDS, ca=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(Encoding.PEM))

    def issue(self, name: str, *, begins: datetime = BEGAN, ends: datetime = ENDS, key: Key | None = None) -> Pair:
        """A certificate of this authority for whoever has that name."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = self._sign(subject, key, begins, ends, ca=False)
        return Pair(made.public_bytes(Encoding.PEM).decode(), pem(key))

    def server(self) -> ssl.SSLContext:
        """A server on this machine that talks only to who has a certificate of this authority."""
        pair, file = self.issue("127.0.0.1"), self._folder / "server.pem"
        file.write_text(pair.chain + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.load_verify_locations(self.file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _sign(self, subject: x509.Name, key: Key, begins: datetime, ends: datetime, *, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(here, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def in_a_week(now: datetime) -> datetime:
    """An end that comes while a test goes on, to the second as certificates have it."""
    return now.replace(microsecond=0) + timedelta(days=7)
