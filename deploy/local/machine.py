"""What the local stack takes from this machine: its own directory, locks, ports, an unprivileged account."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import random
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The top of the repository."""

LOWEST_PORT = 4096

Say = Callable[[str], None]
"""Takes one line of progress for a person who waits."""


def say(line: str) -> None:
    """Prints a line of progress at once, on standard error."""
    print(line, file=sys.stderr, flush=True)


def quiet(line: str) -> None:
    """Drops a line of progress."""


class Failed(Exception):
    """Something on this machine is missing or did not start; the text says which, for a person."""


def home() -> Path:
    """The directory of our own that holds servers and data of every checkout of this user.

    Root's own cache cannot be read by the unprivileged user that PostgreSQL runs as, hence the machine's.
    """
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = (Path("/var/cache") if os.geteuid() == 0 else own) / "inserre"
    path.mkdir(parents=True, exist_ok=True, mode=0o755)
    return path


def checkout_home() -> Path:
    """The part of `home()` that belongs to this checkout, so that two checkouts run side by side."""
    path = home() / "checkouts" / hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:12]
    path.mkdir(parents=True, exist_ok=True)
    return path


def servant() -> pwd.struct_passwd | None:
    """The unprivileged account for servers that refuse to run as root; None if the caller is not root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on a file, across processes; the kernel drops it if the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port nobody listens on, below the range that the kernel takes for outgoing connections.

    A port inside that range could be taken by a client while its server is stopped, and the server could not return.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        ceiling = int(file.read().split()[0])
    dice = random.SystemRandom()
    for _ in range(1000):
        port = dice.randrange(max(LOWEST_PORT, ceiling - 20_000), ceiling) if ceiling > LOWEST_PORT else 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Failed("no free TCP port on 127.0.0.1")


def listening(port: int) -> bool:
    """True if something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
