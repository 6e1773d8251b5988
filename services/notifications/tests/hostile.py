"""Partners that break the rules, as raw TCP and TLS servers on this machine: they say whatever a script says."""

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Behaviour = Callable[["Line"], Awaitable[None]]
NAME = "partner.example.org"
OK = b"HTTP/1.1 200 OK\r\n"


class Line:
    """One connection, as the hostile side sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def hear(self) -> None:
        """Reads the whole request."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:"))
        await self._reader.readexactly(int(length.partition(b":")[2]))

    async def line(self) -> bytes:
        """Reads one line."""
        return await self._reader.readuntil(b"\r\n")

    async def say(self, words: bytes) -> None:
        """Writes, at the pace at which the other side reads."""
        self._writer.write(words)
        await self._writer.drain()

    async def drip(self, words: bytes) -> None:
        """Writes byte by byte, over and over, until the other side has had enough."""
        while True:
            for number in words:
                await self.say(bytes((number,)))
                await asyncio.sleep(0.005)

    async def left(self) -> None:
        """Waits until the other side hangs up."""
        await self._reader.read()

    def garble(self, words: bytes) -> None:
        """Writes below TLS."""
        os.write(self._writer.get_extra_info("socket").fileno(), words)

    def reset(self) -> None:
        """Ends the connection with a reset instead of a goodbye."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


@dataclass
class Hostile:
    """A partner's server.

    Args:
        port: where it listens.
        calls: connections so far.
        open: connections that we still hold.
    """

    port: int = 0
    calls: int = 0
    open: int = 0

    def url(self, scheme: str = "http") -> str:
        """Its endpoint."""
        return f"{scheme}://127.0.0.1:{self.port}/hook"


@asynccontextmanager
async def hostile(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Hostile]:
    """A server that does to each connection what it is told, until the block ends."""
    partner = Hostile()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        partner.calls += 1
        partner.open += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await behave(Line(reader, writer))
        finally:
            partner.open -= 1
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    partner.port = server.sockets[0].getsockname()[1]
    try:
        yield partner
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def certificate(folder: Path, host: str = NAME) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for a host, signed by nobody but itself, and a client's context that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, secret)
    return server, ssl.create_default_context(cafile=str(pem))
