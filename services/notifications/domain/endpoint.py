"""Which addresses we never call. Checked when a subscription is written, and again on the address being dialled."""

from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

PORTS = frozenset({443, 8443})
"""Where a partner's endpoint may listen."""

LONGEST = 2000
"""Characters that an address may have."""

_LABEL = 63

_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; some systems take it for loopback
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT, and some clouds' metadata
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, cloud metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
# Only global unicast space is ever called, and of that not what embeds an IPv4 address or is set apart.
_V6_GLOBAL = IPv6Network("2000::/3")
_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: embeds any IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


class Forbidden(StrEnum):
    """Why an address is not called."""

    MALFORMED = "malformed"
    SCHEME = "scheme"
    """Not https."""
    CREDENTIALS = "credentials"
    """A user or password in the address."""
    PORT = "port"
    HOST = "host"
    """An address inside our own networks, or no public one."""


def forbidden_address(address: str, *, allow_loopback: bool = False) -> Forbidden | None:
    """Judges a concrete IP address, with or without IPv6 zone.

    Args:
        address: as the operating system gives it.
        allow_loopback: whether 127.0.0.0/8 and ::1 may be called: on a developer's machine only.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return Forbidden.MALFORMED
    if allow_loopback and _is_loopback(ip):
        return None
    if isinstance(ip, IPv4Address):
        return Forbidden.HOST if any(ip in network for network in _V4) else None
    # Mapped, NAT64, unique-local, link-local, multicast and the rest all lie outside of 2000::/3.
    allowed = ip.scope_id is None and ip in _V6_GLOBAL and not any(ip in network for network in _V6)
    return None if allowed else Forbidden.HOST


@lru_cache(maxsize=1_000)
def forbidden_url(url: str, *, allow_loopback: bool = False) -> Forbidden | None:
    """Judges what a partner gives as its endpoint, without asking the network anything.

    Args:
        url: absolute.
        allow_loopback: whether http and any port are good for a loopback host.
    """
    parts = _split(url)
    if parts is None:
        return Forbidden.MALFORMED
    host, port = parts.hostname or "", parts.port
    if "@" in parts.netloc:
        return Forbidden.CREDENTIALS
    literal = _literal(host)
    own = host == "localhost" or (literal is not None and _is_loopback(literal))
    if allow_loopback and own and parts.scheme in {"http", "https"}:
        return None
    if parts.scheme != "https":
        return Forbidden.SCHEME
    if port is not None and port not in PORTS:
        return Forbidden.PORT
    public = forbidden_address(host) is None if literal is not None else is_public_name(host)
    return None if public else Forbidden.HOST


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that every parser reads alike; None for any other."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or any(c in url for c in " \\#"):
        return None
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and "%" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(ip: IPv4Address | IPv6Address) -> bool:
    return ip in IPv4Network("127.0.0.0/8") if isinstance(ip, IPv4Address) else ip == IPv6Address("::1")


def is_public_name(host: str) -> bool:
    """Dots in it, and a last label that is no number: `2130706433`, `0x7f.1` and `127.1` are addresses in disguise."""
    labels = host.removesuffix(".").split(".")
    last = labels[-1]
    return (
        len(labels) > 1
        and all(
            label and len(label) <= _LABEL and label.replace("-", "").replace("_", "").isalnum() for label in labels
        )
        and not last[0].isdigit()
        and last not in {"local", "localhost", "internal", "localdomain", "arpa", "onion", "test", "invalid"}
    )
