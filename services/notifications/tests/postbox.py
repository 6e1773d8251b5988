"""A mail relay for tests: a real SMTP server on this machine that takes mail, or answers as it is told."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.notifications.mail.mailer import Mailer
from services.notifications.mail.relay import Post, relay
from services.notifications.mail.returns import Returns
from shared.messaging.event import Clock
from shared.testing.waiting import eventually

HOST = "localhost"
SENDER = "avis@inserre.example.fr"
RETURNS = Returns(b"r" * 32, "inserre.example.fr")
USER, PASSWORD = "notifications", "p@ss:word/"
TAKEN = "250 2.0.0 queued"


@dataclass
class Postbox:
    """What was taken, and what is answered.

    Args:
        recipients: answers to RCPT, used up one by one; afterwards 250.
        ends: answers to the whole mail, likewise; `drop` hangs up, `hang` says nothing.
    """

    port: int = 0
    recipients: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    """All that came whole, whatever was answered."""
    paths: list[tuple[str, list[str]]] = field(default_factory=list)
    """Envelope of each: sender and recipients."""
    over_tls: list[bool] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipients and not (answer := self.recipients.pop(0)).startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.paths.append((envelope.mail_from, envelope.rcpt_tos))
        self.over_tls.append(session.ssl is not None)
        match self.ends.pop(0) if self.ends else TAKEN:
            case "drop":
                assert isinstance(server.transport, asyncio.WriteTransport)
                server.transport.abort()
                return TAKEN
            case "hang":
                await asyncio.Event().wait()
                return TAKEN
            case answer:
                return answer

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login)
        return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    def mailer(
        self,
        clock: Clock,
        *,
        scheme: str = "smtp",
        host: str = HOST,
        user: str = "",
        allow_loopback: bool = True,
        tls: ssl.SSLContext | None = None,
        deadline: float = 5.0,
    ) -> Mailer:
        """Something that sends here; `user`: such as `name:password@`."""
        post = Post(
            relay=relay(f"{scheme}://{user}{host}:{self.port}", allow_loopback=allow_loopback),
            sender=SENDER,
            reply_to="contact@inserre.example.fr",
            partner_url="https://partenaires.example.fr/references/{reference}",
            proof_url="https://api.example.fr/v1/mailboxes/proof",
            feed_url="https://api.example.fr/v1/partner/feed",
        )
        return Mailer(post, RETURNS, clock, deadline=deadline, tls=tls or ssl.create_default_context())


@asynccontextmanager
async def posting(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> AsyncIterator[Postbox]:
    """A relay on a free port, until the block ends.

    Args:
        tls: with it, STARTTLS is offered and asked for.
        implicit: whether it is TLS from the first byte instead.
        login: whether a user has to log in.
    """
    postbox = Postbox()
    made = partial(
        SMTP,
        postbox,
        tls_context=None if implicit else tls,
        require_starttls=tls is not None and not implicit,
        authenticator=postbox.login if login else None,
        auth_required=login,
        auth_require_tls=login and not implicit,
        hostname=HOST,
        ident="relay",
    )
    servers: list[SMTP] = []

    def connected() -> SMTP:
        with warnings.catch_warnings():
            # It does not know that it stands behind TLS already.
            warnings.simplefilter("ignore", UserWarning)
            servers.append(made(loop=asyncio.get_running_loop()))
        return servers[-1]

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0, ssl=tls if implicit else None)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        server.close()

        # Every client hangs up at last, also after a server that hangs.
        async def lost() -> bool:
            return all(one.transport is None for one in servers)

        await eventually(lost)
