"""The mail server that takes our mail, as one secret URL: `smtps://user:password@host:465` or `smtp://host:587`."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_PORTS = {"smtps": 465, "smtp": 587}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Relay(NamedTuple):
    """Where mail is handed over. Certificates are checked by the system's list, or by `SSL_CERT_FILE`."""

    host: str
    port: int
    implicit_tls: bool
    """TLS from the first byte; else STARTTLS, without which nothing is said."""
    plaintext: bool
    """No TLS at all: to a mail catcher on a developer's machine only."""
    user: str | None
    password: str | None


class Post(NamedTuple):
    """How mail is sent.

    Args:
        relay: takes it.
        sender: address in `From`.
        reply_to: where answers go, if not there.
        partner_url: of the page that shows what may be shown, with `{reference}` in it.
        proof_url: of the page on which a mailbox is confirmed.
        feed_url: where partners pull their notices.
    """

    relay: Relay
    sender: str
    reply_to: str | None
    partner_url: str
    proof_url: str
    feed_url: str

    @property
    def partners_url(self) -> str:
        """Of the partners' pages, without a reference."""
        parts = urlsplit(self.partner_url)
        return f"{parts.scheme}://{parts.netloc}/"

    @property
    def domain(self) -> str:
        """Of our own address: that of message ids and return paths too."""
        return self.sender.rpartition("@")[2]


def relay(url: str, *, allow_loopback: bool) -> Relay:
    """Reads the URL.

    Args:
        url: scheme, perhaps user and password (percent-encoded), host, perhaps a port.
        allow_loopback: whether this machine, or another container of a local stack (a name without a dot), is spoken to
            without TLS.

    Raises:
        ValueError: it is no such URL; the text does not repeat it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    host = parts.hostname
    if parts.scheme not in _PORTS or not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("not smtps://[user:password@]host[:port] or smtp://…")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("a user without a password, or the other way round")
    implicit = parts.scheme == "smtps"
    near = host in _LOOPBACK or "." not in host.replace(":", ".")
    return Relay(
        host=host,
        port=port or _PORTS[parts.scheme],
        implicit_tls=implicit,
        plaintext=allow_loopback and near and not implicit,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
