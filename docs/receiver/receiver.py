"""A partner's receiver of InSERRE notices, to run or to copy from; docs/partners.md walks through it.

    pip install standardwebhooks cryptography
    python receiver.py serve 9000      listens behind your TLS proxy, and pulls what it missed
    python receiver.py audit           once a day: compares what it has with the site's signed manifests

Environment: INSERRE_URL, SUBSCRIPTION and SECRET (`whsec_…`; two with a space between) of the site; TOKEN_URL
and TOKEN_FORM, what you send there for a token; NOTICES, the SQLite file; EVERY, seconds between two looks for gaps.
"""

import json
import os
import sqlite3
import sys
import time
from base64 import b64decode, urlsafe_b64decode
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

TABLES = """
CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, sequence INTEGER UNIQUE, sha256 TEXT NOT NULL, body TEXT);
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL);
"""
KEEP = "INSERT OR IGNORE INTO notices VALUES (?, ?, ?, ?)"  # a notice that is here already is dropped


class Inbox:
    """What was received, and the ways to the site."""

    def __init__(self) -> None:
        self.subscription, self.keys = os.environ["SUBSCRIPTION"], list[dict[str, Any]]()
        self.webhooks = [Webhook(one) for one in os.environ["SECRET"].split()]
        self.db = sqlite3.connect(os.environ.get("NOTICES", "notices.sqlite"), isolation_level=None)
        self.db.executescript(TABLES)

    def verify(self, headers: dict[str, str], body: bytes) -> Any:
        """The content of a notice. v1 shows that it is meant for you; v1a that it is the site's, and to others too."""
        message, timestamp, signatures = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        for webhook in self.webhooks:
            with suppress(WebhookVerificationError, ValueError):
                content = webhook.verify(body, headers)
                if self.proven(message, timestamp, body, signatures):
                    return content
        raise WebhookVerificationError("not signed as it should be")

    def proven(self, message: str, timestamp: str, body: bytes, signatures: str) -> bool:
        """Whether a key that the site publishes, and that was valid then, signed this (v1a)."""
        given = [b64decode(one[4:]) for one in signatures.split() if one.startswith("v1a,")]
        for fresh in (False, True):
            self.keys = self.ask("/.well-known/inserre-webhook-keys")["keys"] if fresh else self.keys
            for key in self.keys:
                public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "="))
                for signature in given if key["nbf"] <= int(timestamp) < key["exp"] else []:
                    with suppress(InvalidSignature):
                        public.verify(signature, b".".join((message.encode(), timestamp.encode(), body)))
                        return True
        return False

    def gap(self) -> bool:
        """Whether a number below the highest is missing: they begin with 1."""
        return bool(self.db.execute("SELECT coalesce(max(sequence), 0) > count(*) FROM notices").fetchone()[0])

    def fill(self) -> None:
        """Pulls all since the last time. What may not be told any more has a number and a hash, and no body."""
        query = dict(self.db.execute("SELECT 'cursor', cursor FROM place"))
        while (page := self.ask(f"/v1/partner/feed?{urlencode(query)}", token=True))["items"]:
            for item in page["items"]:
                body = json.dumps(item["body"], separators=(",", ":")) if item["body"] else None
                digest = sha256(body.encode()).hexdigest() if body else item["sha256"]
                if item["subscription_id"] == self.subscription and item["sequence"]:
                    self.db.execute(KEEP, (item["id"], item["sequence"], digest, body))
            query["cursor"] = page["next_cursor"]
            self.db.execute("REPLACE INTO place VALUES (1, ?)", (query["cursor"],))

    def audit(self) -> bool:
        """Whether all is here that the site says it told in the last days; if not, it is pulled from the beginning."""
        signed = self.ask("/v1/partner/manifests", token=True)["items"]
        if not all(self.proven(one["id"], one["timestamp"], one["body"].encode(), one["signature"]) for one in signed):
            sys.exit("a manifest is not signed by the site")
        days = [day for one in signed if (day := json.loads(one["body"]))["subscription"] == self.subscription]
        if missing := [day["day"] for day in days if not self.has(day)]:
            print("missed something on", *missing, flush=True)
            self.db.execute("DELETE FROM place")
            self.fill()
        return all(self.has(day) for day in days)

    def has(self, day: dict[str, Any]) -> bool:
        """Whether a day is here to the byte: every number with its id and its content."""
        query = "SELECT sequence, id, sha256 FROM notices WHERE sequence BETWEEN ? AND ? ORDER BY sequence"
        lines = ["{} {} {}\n".format(*row) for row in self.db.execute(query, (day["first"], day["last"]))]
        return sha256("".join(lines).encode()).hexdigest() == str(day["digest"])

    def ask(self, path: str, *, token: bool = False) -> Any:
        """What the site answers, asked with a token of yours or without."""
        asked = Request(os.environ["INSERRE_URL"] + path)
        if token:
            with urlopen(os.environ["TOKEN_URL"], os.environ["TOKEN_FORM"].encode(), timeout=5) as given:
                asked.add_header("Authorization", f"Bearer {json.load(given)['access_token']}")
        with urlopen(asked, timeout=5) as answer:
            return json.load(answer)


class Endpoint(BaseHTTPRequestHandler):
    """Where notices arrive. What is not answered 2xx comes again."""

    timeout = 5
    inbox: Inbox

    def do_OPTIONS(self) -> None:  # asked once, whether you want to be told
        self.answer(200, origin=self.headers.get("webhook-request-origin", ""))

    def do_POST(self) -> None:  # verified, stored, and only then answered
        try:
            body = self.rfile.read(max(0, min(int(self.headers["content-length"]), 20_000)))
            content = self.inbox.verify({name.lower(): value for name, value in self.headers.items()}, body)
        except (WebhookVerificationError, KeyError, TypeError, ValueError):
            return self.answer(400)
        if content["type"] == "endpoint.challenge":
            return self.answer(200, json.dumps(content["data"]).encode())
        if content.get("test"):  # an example, about nobody
            return self.answer(204)
        row = (self.headers["webhook-id"], content["sequence"], sha256(body).hexdigest(), body.decode())
        self.inbox.db.execute(KEEP, row)  # on the disk now; your own work starts from this table
        return self.answer(204)

    def answer(self, status: int, body: bytes = b"", origin: str = "") -> None:
        self.send_response(status)
        self.send_header("WebHook-Allowed-Origin", origin if origin.startswith("inserre-") else "")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    inbox = Endpoint.inbox = Inbox()
    if sys.argv[1] == "audit":
        sys.exit(not inbox.audit())
    server, looked = HTTPServer(("127.0.0.1", int(sys.argv[2])), Endpoint), 0.0
    server.timeout = float(os.environ.get("EVERY", "30"))
    while True:
        server.handle_request()
        if time.monotonic() - looked >= server.timeout and inbox.gap():
            looked = time.monotonic()
            with suppress(OSError):  # the site is away: next time
                inbox.fill()
