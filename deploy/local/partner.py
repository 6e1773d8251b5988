"""A partner's own webhook receiver, written with the public `standardwebhooks` library and nothing of the platform.

Run it with `python -m deploy.local.partner --port 9000`. One process plays several partners, each with an inbox:

- `POST /webhook/<inbox>`: where notices arrive; 400 if the signature is wrong, 503 while no secret is known.
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

    def verify(self, inbox: str, body: bytes, headers: dict[str, str]) -> Any:
        """The notice's content; raises WebhookVerificationError if none of the secrets fits."""
        for webhook in self.secrets[inbox][:-1]:
            try:
                return webhook.verify(body, headers)
            except WebhookVerificationError:
                continue
        return self.secrets[inbox][-1].verify(body, headers)


def create_app(partner: Partner) -> web.Application:
    """The HTTP face of the partners."""

    async def webhook(request: web.Request) -> web.Response:
        received_at = time.time()
        inbox = request.match_info.get("inbox", DEFAULT)
        body = await request.read()
        fault = partner.faults.get(inbox)
        if fault is not None and fault.times > 0:
            fault.times -= 1
            await asyncio.sleep(fault.delay)
            return web.Response(status=fault.status)
        if not partner.secrets[inbox]:
            return web.Response(status=503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            content = partner.verify(inbox, body, headers)
        except (WebhookVerificationError, ValueError):
            partner.refused += 1
            return web.Response(status=400)
        partner.seen[inbox, headers["webhook-id"]] += 1
        async with partner.arrival:
            partner.notices.append(
                {
                    "inbox": inbox,
                    "id": headers["webhook-id"],
                    "type": content.get("type") if isinstance(content, dict) else None,
                    "body": content,
                    "headers": headers,
                    "received_at": received_at,
                    "times": partner.seen[inbox, headers["webhook-id"]],
                }
            )
            partner.arrival.notify_all()
        return web.Response(status=204)

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

    app = web.Application()
    app.router.add_post("/webhook", webhook)
    app.router.add_post("/webhook/{inbox}", webhook)
    app.router.add_post("/secret", secret)
    app.router.add_post("/faults", faults)
    app.router.add_get("/notices", notices)
    app.router.add_get("/refused", refused)
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
