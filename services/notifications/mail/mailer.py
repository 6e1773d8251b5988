"""One attempt over SMTP: to the site's own relay, over TLS, bounded in time. Says what came of it as `send.py` does."""

import asyncio
import json
import re
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from http import HTTPStatus
from uuid import UUID

import aiosmtplib
from uuid_utils.compat import uuid7

from services.notifications import letters
from services.notifications.domain import SCHEME, Notice, Trouble, mailbox
from services.notifications.domain.answer import DEADLINE, MAILBOX_GONE, Answer
from services.notifications.letters import Letter
from services.notifications.mail.relay import Post
from services.notifications.mail.returns import Returns
from shared.messaging.event import Clock

_ENHANCED = re.compile(r"5\.1\.(\d{1,3})\b", re.ASCII)
_NO_SUCH_MAILBOX = frozenset({"1", "2", "3", "6", "10"})
"""Of the codes 5.1.x (RFC 3463, RFC 7505) those that speak of the recipient; 5.1.7 and 5.1.8 speak of us."""


class Mailer:
    """Sends mails, each over a connection of its own.

    Args:
        post: how.
        returns: makes the return path of each delivery.
        clock: for the `Date` header.
        deadline: seconds for one attempt, from resolving the relay's name to its answer to the whole mail.
        tls: what certificates are checked by; None for the system's list.
    """

    def __init__(
        self,
        post: Post,
        returns: Returns,
        clock: Clock,
        *,
        deadline: float = DEADLINE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._post, self._returns, self._clock, self._deadline = post, returns, clock, deadline
        self._tls = tls or ssl.create_default_context()

    async def deliver(self, url: str, delivery: UUID, body: bytes) -> Answer:
        """Sends one notice, and says what came of it; never raises for what the network or the relay does.

        Args:
            url: of the subscription, `mailto:…`.
            delivery: its id is the message's, the same on every attempt: a mail system can drop what it has seen.
            body: of the delivery, with its number, as a webhook would have it.
        """
        told = json.loads(body)
        reference, number = told["data"]["reference"], told["sequence"]
        letter = letters.notice(Notice(told["type"]), reference, number, self._post.partner_url)
        return await self._send(url, letter, str(delivery), self._returns.path(delivery))

    async def prove(self, url: str, token: str) -> str:
        """Sends the link that proves a mailbox: `accepted`, or the code of what went wrong.

        Whoever has the token can confirm it: it is in this mail alone.
        """
        letter = letters.proof(f"{self._post.proof_url}?token={token}")
        return (await self._send(url, letter, str(uuid7()), self._post.sender)).outcome

    async def tell(self, address: str, letter: Letter) -> str:
        """Sends a letter to a function's mailbox: `accepted`, or the code of what went wrong."""
        return (await self._send(f"{SCHEME}{address}", letter, str(uuid7()), self._post.sender)).outcome

    async def warn(self, contact: str, found: Sequence[Trouble]) -> str:
        """Tells a partner what keeps notices from it: `accepted`, or the code of what went wrong."""
        return await self.tell(contact, letters.troubles(found, self._post.feed_url, self._post.partners_url))

    async def _send(self, url: str, letter: Letter, name: str, return_path: str) -> Answer:
        recipient = mailbox(url)
        if recipient is None:
            return Answer(error="egress_refused")
        mail = self._written(letter, recipient, name).as_bytes(policy=WIRE)
        started = time.perf_counter()
        # What it is called when this step fails.
        step = "connect_failed"
        relay = self._post.relay
        answer = Answer(HTTPStatus.ACCEPTED)
        try:
            async with asyncio.timeout(self._deadline), self._connection() as client:
                try:
                    if not (relay.implicit_tls or relay.plaintext):
                        step = "tls_failed"
                        await client.starttls()
                    if relay.user is not None and relay.password is not None:
                        step = "login_refused"
                        await client.login(relay.user, relay.password)
                    step = "connect_failed"
                    await client.mail(return_path)
                    await client.rcpt(recipient)
                    step = "disconnected"
                    await client.data(mail)
                    step = "accepted"
                except asyncio.CancelledError:
                    # Out of time: no goodbye, which might hang as well.
                    client.close()
                    raise
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError) as failure:
            # Once the mail is accepted, how the goodbye went does not matter.
            if step != "accepted":
                answer = Answer(error=_code(failure, step))
        return replace(answer, duration=timedelta(seconds=time.perf_counter() - started))

    def _connection(self) -> aiosmtplib.SMTP:
        relay = self._post.relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.implicit_tls,
            start_tls=False,
            tls_context=self._tls,
            # Ours, and not what this machine is called inside.
            local_hostname=self._post.domain,
            timeout=self._deadline,
        )

    def _written(self, letter: Letter, recipient: str, name: str) -> EmailMessage:
        mail = EmailMessage(policy=WIRE)
        mail["From"] = self._post.sender
        mail["To"] = recipient
        if self._post.reply_to is not None:
            mail["Reply-To"] = self._post.reply_to
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<{name}@{self._post.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text, cte="quoted-printable")
        mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        return mail


def _code(failure: Exception, step: str) -> str:
    """A stable code for what went wrong. Texts are looked at for their numbers alone: they may name the address."""
    match failure:
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return _refusal(failure)
        case aiosmtplib.SMTPSenderRefused():
            return "mail_deferred" if failure.code < _PERMANENT else "mail_refused"
        case TimeoutError():
            return "timeout" if step == "disconnected" else "connect_timeout"
    if step == "disconnected":
        # The whole mail was on its way: whatever broke the connection, it may have been read.
        return step
    cause = failure.__cause__ or failure
    if isinstance(cause, socket.gaierror):
        return "dns_failed"
    return "tls_failed" if isinstance(cause, ssl.SSLError) else step


_PERMANENT = 500


def _refusal(failure: aiosmtplib.SMTPResponseException) -> str:
    """What the relay means by not taking a mail."""
    if failure.code < _PERMANENT:
        return "mail_deferred"
    said = _ENHANCED.match(failure.message)
    return MAILBOX_GONE if said is not None and said[1] in _NO_SUCH_MAILBOX else "mail_refused"
