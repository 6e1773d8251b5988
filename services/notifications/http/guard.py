"""The wall around outgoing calls: every socket is checked on the address that it is about to dial.

Checking a name, or what it resolved to a moment ago, leaves a gap between check and call. Here is none: aiohttp asks
this factory for each socket, with the concrete address, also after a redirect or a change of DNS.
"""

import errno
import socket
from collections.abc import Callable

from aiohttp import AddrInfoType

from services.notifications.domain import forbidden_address
from services.notifications.domain.endpoint import PORTS


class EgressRefused(OSError):
    """The address is one that we never call. Without the address: it goes to logs."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "egress refused")


def guarded_socket(*, allow_loopback: bool) -> Callable[[AddrInfoType], socket.socket]:
    """The socket factory of the one connector that calls partners.

    Args:
        allow_loopback: whether this machine may be called, on any port: on a developer's machine only.
    """

    def dial(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if forbidden_address(host) is None:
            allowed = port in PORTS
        else:
            allowed = forbidden_address(host, allow_loopback=allow_loopback) is None
        if not allowed:
            raise EgressRefused
        return socket.socket(family, kind, protocol)

    return dial
