"""A partner's own webhook receiver, written with the public `standardwebhooks` library and nothing of the platform.

Run it with `python -m deploy.local.partner --port 9000`. One process plays several partners, each with an inbox:

- `POST /webhook/<inbox>`: where notices arrive; 400 if the signature is wrong, 503 while no secret is known. The
  challenge of a new subscription is repeated.
- `POST /secret` `{"inbox": …, "secret": "whsec_…"}`: told after subscribing; older ones stay valid, as in a rotation.
- `POST /faults` `{"inbox": …, "times": 3, "status": 500, "delay": 0.0}`: what the next requests are answered.
- `GET /notices?inbox=…&type=…&count=2&timeout=10`: verified notices; waits for `count` of them, or the time.
- `GET /refused`: how many requests were answered 400.

`<inbox>` is `default` where none is named.
"""

import argparse
import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

DEFAULT = "default"


@dataclass
class Fault:
    """How the next requests of an inbox are answered, before their signature is even looked at."""

    times: int
    status: int = 500
    delay: float = 0.0
    """Seconds before the answer."""


@dataclass
class Partner:
    """What the partners of this process know and have received."""

    secrets: dict[str, list[Webhook]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, Fault] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    """Each: `inbox`, `id`, `type`, `body`, `headers`, `received_at` (seconds since 1970), and `times` seen by then."""
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: int = 0
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    def choose(self, inbox: str | None, kind: str | None) -> list[dict[str, Any]]:
        """Notices of an inbox and a type, oldest first; None means any."""
        return [
            notice
            for notice in self.notices
            if inbox in (None, notice["inbox"]) and (kind is None or kind == notice["type"])
        ]

    async def fail(self, inbox: str) -> int | None:
        """The status that the next request of an inbox is answered, if it is to fail."""
        fault = self.faults.get(inbox)
        if fault is None or fault.times <= 0:
            return None
        fault.times -= 1
        await asyncio.sleep(fault.delay)
        return fault.status

    async def keep(self, inbox: str, headers: dict[str, str], content: Any, received_at: float) -> None:
        """Notes what was received, for whoever asks."""
        self.seen[inbox, headers["webhook-id"]] += 1
        notice = {
            "inbox": inbox,
            "id": headers["webhook-id"],
            "type": content.get("type") if isinstance(content, dict) else None,
            "body": content,
            "headers": headers,
            "received_at": received_at,
            "times": self.seen[inbox, headers["webhook-id"]],
        }
        async with self.arrival:
            self.notices.append(notice)
            self.arrival.notify_all()

    def verify(self, inbox: str, body: bytes, headers: dict[str, str]) -> Any:
        """The notice's content; raises WebhookVerificationError if none of the secrets fits."""
        for webhook in self.secrets[inbox][:-1]:
            try:
                return webhook.verify(body, headers)
            except WebhookVerificationError:
                continue
        return self.secrets[inbox][-1].verify(body, headers)


def challenge_in(content: Any) -> str | None:
    """What a new subscription asks its endpoint to repeat; None in any other notice."""
    if not isinstance(content, dict) or content.get("type") != "endpoint.challenge":
        return None
    return str(content["data"]["challenge"])


def controls(partner: Partner) -> list[web.RouteDef]:
    """By which tests and the demo tell the partners what they know and do, and ask what they received."""

    async def secret(request: web.Request) -> web.Response:
        told = await request.json()
        partner.secrets[told.get("inbox", DEFAULT)].append(Webhook(told["secret"]))
        return web.Response(status=204)

    async def faults(request: web.Request) -> web.Response:
        told = await request.json()
        inbox = told.pop("inbox", DEFAULT)
        partner.faults[inbox] = Fault(**told)
        return web.Response(status=204)

    async def notices(request: web.Request) -> web.Response:
        inbox, kind = request.query.get("inbox"), request.query.get("type")
        count, timeout = int(request.query.get("count", "0")), float(request.query.get("timeout", "0"))
        async with partner.arrival:
            try:
                async with asyncio.timeout(timeout):
                    await partner.arrival.wait_for(lambda: len(partner.choose(inbox, kind)) >= count)
            except TimeoutError:
                pass
            return web.json_response(partner.choose(inbox, kind))

    async def refused(_: web.Request) -> web.Response:
        return web.json_response({"refused": partner.refused})

    return [
        web.post("/secret", secret),
        web.post("/faults", faults),
        web.get("/notices", notices),
        web.get("/refused", refused),
    ]


def create_app(partner: Partner) -> web.Application:
    """The HTTP face of the partners."""

    async def webhook(request: web.Request) -> web.Response:
        received_at = time.time()
        inbox = request.match_info.get("inbox", DEFAULT)
        body = await request.read()
        if (failure := await partner.fail(inbox)) is not None:
            return web.Response(status=failure)
        if not partner.secrets[inbox]:
            return web.Response(status=503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            content = partner.verify(inbox, body, headers)
        except (WebhookVerificationError, ValueError):
            partner.refused += 1
            return web.Response(status=400)
        if (challenge := challenge_in(content)) is not None:
            return web.json_response({"challenge": challenge})
        await partner.keep(inbox, headers, content, received_at)
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/webhook", webhook)
    app.router.add_post("/webhook/{inbox}", webhook)
    app.router.add_routes(controls(partner))
    return app


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", help="signing secret of the default inbox, if already known")
    arguments = parser.parse_args()
    partner = Partner()
    if arguments.secret:
        partner.secrets[DEFAULT].append(Webhook(arguments.secret))
    web.run_app(create_app(partner), host="127.0.0.1", port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
