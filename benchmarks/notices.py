"""What measurements of deliveries share: a database with a backlog, a fast partner, and the engine on both."""

import asyncio
import json
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from benchmarks import child
from benchmarks.lab import Lab, for_engine
from benchmarks.specimen import SITE
from deploy.local.machine import free_port
from services.notifications.consumers import consumer
from services.notifications.delivery.engine import Engine
from services.notifications.http.access import Accesses
from services.notifications.http.keys import Keys
from services.notifications.http.signing_keys import Pair, SigningKeys
from services.notifications.tables import partners, subscriptions
from shared.contracts.selection import CandidacyApproved, PartnerCategory
from shared.database import create_engine
from shared.messaging import Tx, driver
from shared.messaging.event import utc_now
from shared.messaging.transaction import transaction
from shared.migrate import upgrade
from shared.testing.kernel import OFFICER, Bench

KEYS = Keys(b64encode(bytes(range(32))).decode())
SIGNING = SigningKeys(
    [Pair.of("1", b64encode(bytes(32)).decode(), datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))]
)
SECRET = bytes(range(24))
HANGING = "/hang"
"""Path at which the partner does not answer for `HANGS` seconds."""
STORM = "/storm/"
"""Paths that answer 503 until `GET /calm` was asked."""
HANGS = 10.0

COPY = """
    WITH made AS (
        SELECT d, gen_random_uuid() AS candidacy, gen_random_uuid()::text AS event
        FROM deliveries d, generate_series(1, $2) WHERE d.event_id = $1
    ), approved AS (
        INSERT INTO approvals SELECT candidacy, decision_number, ordered, allowed
        FROM made JOIN approvals ON approvals.candidacy_id = (made.d).candidacy_id
    ), named AS (
        INSERT INTO partner_references SELECT partner_id, candidacy, 'r_' || event
        FROM made JOIN subscriptions ON subscriptions.id = (made.d).subscription_id
    )
    INSERT INTO deliveries SELECT (jsonb_populate_record(
        d, jsonb_build_object('id', gen_random_uuid(), 'candidacy_id', candidacy, 'event_id', event) || $3::jsonb
    )).* FROM made RETURNING id
"""
"""Copies one event's deliveries, each for another candidacy and event, with some columns set otherwise."""
PATTERN = "01936f00-0000-7000-8000-000000000001"


async def prepared(lab: Lab, endpoints: list[str]) -> str:
    """Makes a database with one subscription per endpoint and the ended deliveries of one approval, to be copied."""
    url = await lab.database()
    engine = create_engine(for_engine(url), application="bench-prepare")
    try:
        await upgrade(engine, "notifications")
        async with engine.begin() as conn:
            for endpoint in endpoints:
                partner, subscription = uuid7(), uuid7()
                values = {"id": partner, "name": endpoint, "category": "employment_service", "fields": []}
                since, until = utc_now().date().replace(year=2020), utc_now().date().replace(year=2100)
                now = utc_now()
                made = {"created_by": "bench", "created_at": now}
                await conn.execute(
                    partners.insert(), values | made | {"convention_from": since, "convention_to": until}
                )
                values = {"id": subscription, "partner_id": partner, "url": endpoint, "state": "active"}
                sealed = {"secret": KEYS.seal(SECRET, subscription), "event_types": ["candidacy.approved"]}
                served = {"proposed_by": "bench", "approved_by": "bench-2", "ever_active": True, "created_at": now}
                served |= dict.fromkeys(("proven_at", "approved_at", "served_since"), now)
                await conn.execute(subscriptions.insert(), values | sealed | served)
        bench = Bench(engine, consumer, site=SITE)
        ordered = CandidacyApproved(
            decision_number="DON-2026-0042", partner_categories=(PartnerCategory.EMPLOYMENT_SERVICE,)
        )
        await bench.deliver(ordered, subject=uuid7(), event_id=PATTERN)
        await bench.published()
        async with engine.begin() as conn:
            await conn.execute(sa.text("UPDATE deliveries SET state = 'cancelled', next_attempt_at = NULL"))
    finally:
        await engine.dispose()
    return url


async def copies(conn: asyncpg.Connection, each: int, **columns: Any) -> list[UUID]:
    """Plans so many deliveries to each endpoint, due now unless the columns say otherwise; gives their ids."""
    due = {"state": "pending", "next_attempt_at": utc_now().isoformat()} | columns
    return [row["id"] for row in await conn.fetch(COPY, PATTERN, each, json.dumps(due), timeout=600)]


async def settled(lab: Lab, url: str) -> None:
    """Makes statistics true and pages clean."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await conn.close()
    await lab.checkpoint()


def engine_on(database: AsyncEngine, wake: asyncio.Event) -> Engine:
    """The engine as the worker's composition root makes it."""

    def open_transaction() -> AbstractAsyncContextManager[Tx]:
        return transaction(database, now=utc_now(), actor=OFFICER, source=f"/{SITE}/notifications")

    return Engine(
        transaction=open_transaction,
        accesses=Accesses(KEYS, SIGNING, utc_now),
        allow_loopback=True,
        clock=utc_now,
        wake=wake,
    )


def counting(database: AsyncEngine) -> Counter[str]:
    """Counts what goes to the database: statements by their first words, and commits.

    The kernel's own statements go past SQLAlchemy and its listeners: they are counted where they leave.
    """
    found: Counter[str] = Counter()
    fetch, run_many = driver.fetch, driver.run_many

    async def ran_many(conn: AsyncConnection, statement: str, rows: Sequence[Sequence[object]]) -> None:
        found[" ".join(statement.split()[:3])] += len(rows)
        await run_many(conn, statement, rows)

    async def fetched(conn: AsyncConnection, statement: str, *arguments: object) -> list[asyncpg.Record]:
        found[" ".join(statement.split()[:3])] += 1
        return await fetch(conn, statement, *arguments)

    driver.fetch, driver.run_many = fetched, ran_many

    def executed(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        found[" ".join(statement.split()[:3])] += 1

    def committed(_: Any) -> None:
        found["COMMIT"] += 1

    sa.event.listen(database.sync_engine, "after_cursor_execute", executed)
    sa.event.listen(database.sync_engine, "commit", committed)
    return found


class Partner(asyncio.Protocol):
    """Answers 200 to whatever comes, as cheaply as a server can.

    `GET /seen` tells when which id came last, `GET /came` when each request came below `STORM`.
    """

    seen: dict[str, float] = {}  # noqa: RUF012
    came: defaultdict[str, list[float]] = defaultdict(list)  # noqa: RUF012
    calm = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of uvloop, which does not inherit from it.
        self._transport, self._buffer = cast("asyncio.Transport", transport), b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            lines = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
            whole = end + 4 + int(lines.get(b"content-length", 0))
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._answer(head.split(b" ", 2)[1].decode(), lines)

    def _answer(self, path: str, lines: dict[bytes, bytes]) -> None:
        if path in {"/seen", "/came"}:
            self._say(json.dumps(self.seen if path == "/seen" else self.came).encode())
        elif path == "/calm":
            Partner.calm = True
            self._say(b"")
        elif path.startswith(STORM):
            self.came[path].append(time.monotonic())
            self._say(b"", 200 if self.calm else 503)
        elif path == HANGING:
            asyncio.get_running_loop().call_later(HANGS, self._say, b"")
        else:
            self.seen[lines[b"webhook-id"].decode()] = time.monotonic()
            self._say(b"")

    def _say(self, body: bytes, status: int = 200) -> None:
        self._transport.write(b"HTTP/1.1 %d -\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))


async def partner(port: int) -> dict[str, Any]:
    """Serves, for ever."""
    server = await asyncio.get_running_loop().create_server(Partner, "127.0.0.1", port)
    child.tell("started")
    await server.serve_forever()
    return {}


async def a_partner(lab: Lab) -> tuple[str, Callable[[], None]]:
    """Starts a partner in a process of its own; its base address, and what ends it."""
    port = free_port()
    running = lab.begin(partner, port=port)
    await running.reached("started")
    return f"http://127.0.0.1:{port}", running.end
