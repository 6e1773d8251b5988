"""A mail catcher: takes every mail by SMTP, delivers none, and shows what it has.

Run it with `python -m deploy.local.mail --port 9001 --smtp-port 2525`.

- `GET /mails?to=…&count=2&timeout=10`: mails to an address, oldest first; waits for `count` of them, or the time.
"""

import argparse
import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass
class Catcher:
    """What was caught."""

    mails: list[dict[str, Any]] = field(default_factory=list)
    """Each: `to`, `return_path`, `message_id`, `subject`, `text`, `html`."""
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        """Takes one mail."""
        mail = message_from_bytes(bytes(envelope.original_content or b""), policy=default)
        assert isinstance(mail, EmailMessage)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        caught = {
            "to": envelope.rcpt_tos,
            "return_path": envelope.mail_from,
            "message_id": mail["Message-ID"],
            "subject": mail["Subject"],
            "text": plain.get_content() if plain else "",
            "html": html.get_content() if html else "",
        }
        async with self.arrival:
            self.mails.append(caught)
            self.arrival.notify_all()
        return "250 2.0.0 caught"

    def choose(self, to: str | None) -> list[dict[str, Any]]:
        """Mails to an address, oldest first; None means any."""
        return [mail for mail in self.mails if to is None or to in mail["to"]]


def create_app(catcher: Catcher, smtp_port: int) -> web.Application:
    """The catcher's HTTP face, which has its SMTP server with it."""

    async def mails(request: web.Request) -> web.Response:
        to = request.query.get("to")
        count, timeout = int(request.query.get("count", "0")), float(request.query.get("timeout", "0"))
        async with catcher.arrival:
            try:
                async with asyncio.timeout(timeout):
                    await catcher.arrival.wait_for(lambda: len(catcher.choose(to)) >= count)
            except TimeoutError:
                pass
            return web.json_response(catcher.choose(to))

    async def serve(_: web.Application) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: SMTP(catcher, hostname=HOST, ident="catcher", loop=loop), HOST, smtp_port)

    app = web.Application()
    app.router.add_get("/mails", mails)
    app.on_startup.append(serve)
    return app


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    arguments = parser.parse_args()
    app = create_app(Catcher(), arguments.smtp_port)
    web.run_app(app, host=HOST, port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
