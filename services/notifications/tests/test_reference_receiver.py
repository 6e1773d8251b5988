"""The receiver that partners copy, `docs/receiver/receiver.py`, run as they run it: a process of its own, real HTTP,
the real engine and API. Whatever is lost on the way, it notices and fills.
"""

import asyncio
import contextlib
import json
import sqlite3
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
import sqlalchemy as sa
import uvicorn
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from deploy.local import issuer
from deploy.local.machine import free_port
from services.notifications.domain import Notice, example, payload
from services.notifications.http import sign
from services.notifications.http.access import Accesses
from services.notifications.http.proof import CHALLENGE, asking
from services.notifications.http.trial import trying
from services.notifications.store.subscriptions import Endpoint
from services.notifications.tests.builders import KEYS, SECRET, SIGNING, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens
from shared.testing.waiting import eventually

PROGRAM = Path(__file__).parents[3] / "docs" / "receiver" / "receiver.py"


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time, which is the receiver's."""
    return SettableClock(utc_now())


class _Served(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test runner's."""
        yield


@pytest.fixture
async def site(app: FastAPI) -> AsyncIterator[str]:
    """The API on a port; gives its address."""
    port = free_port()
    server = _Served(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def token_url(tokens: Tokens) -> AsyncIterator[str]:
    """The identity provider on a port; gives where it hands out tokens."""
    runner = web.AppRunner(issuer.create_app(tokens.issuer), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    await runner.cleanup()


class Partner:
    """A partner's machine: the program, its file, and its port."""

    def __init__(self, file: Path, port: int, environment: dict[str, str]) -> None:
        self.file, self.port = file, port
        self.url = f"http://127.0.0.1:{port}/notices"
        self.environment = environment | {"NOTICES": str(file), "EVERY": "0.1"}

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, str(PROGRAM), *arguments),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Listens until the block ends."""
        process = await self.start("serve", str(self.port))
        try:

            async def listening() -> bool:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return True
                return False

            await eventually(listening)
            yield
        finally:
            process.kill()
            _, said = await process.communicate()
            assert b"Traceback" not in said, said.decode()

    async def audit(self) -> tuple[int | None, str]:
        """How the audit ended, and what it said."""
        process = await self.start("audit")
        said, wrong = await process.communicate()
        return process.returncode, (said + wrong).decode()

    def does(self, statement: str) -> list[tuple[object, ...]]:
        """A statement on its file."""
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            return db.execute(statement).fetchall()

    async def has(self, *numbers: int) -> None:
        """Waits until it has just these."""

        async def there() -> bool:
            found = self.does("SELECT sequence FROM notices ORDER BY sequence")
            assert found == [(number,) for number in numbers]
            return True

        await eventually(there)


@pytest.fixture
async def partner(desk: Desk, subscription: UUID, site: str, token_url: str, tmp_path: Path) -> Partner:
    async with desk.engine.begin() as conn:
        owner = (await conn.execute(sa.text("SELECT partner_id FROM subscriptions"))).scalar_one()
        environment = {
            "INSERRE_URL": site,
            "SUBSCRIPTION": str(subscription),
            "SECRET": "whsec_" + b64encode(SECRET).decode(),
            "TOKEN_URL": token_url,
            "TOKEN_FORM": f"grant_type=client_credentials&client_id=partner&partner={owner}",
            "NO_PROXY": "127.0.0.1",
        }
        partner = Partner(tmp_path / "notices.sqlite", free_port(), environment)
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": partner.url})
    return partner


async def run(desk: Desk, statement: str) -> None:
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text(statement))


async def approve(desk: Desk, number: int) -> None:
    for _ in range(number):
        await desk.bench.deliver(an_approval(), subject=uuid7())


async def test_it_says_yes_to_the_site_and_to_nobody_else(partner: Partner, clock: SettableClock) -> None:
    ask = asking(Accesses(KEYS, SIGNING, clock), "DON", clock, allow_loopback=True)
    owner = uuid7()
    async with partner.up(), aiohttp.ClientSession() as session:
        assert await ask(Endpoint(owner, partner.url, KEYS.seal(SECRET, owner))) == (True, None, "allowed_origin")
        async with session.options(partner.url, headers={"webhook-request-origin": "evil.example.org"}) as answer:
            assert answer.headers["WebHook-Allowed-Origin"] == ""
        body = json.dumps({"type": CHALLENGE, "timestamp": "", "data": {"challenge": "c_1"}}).encode()
        headers = sign.headers([SECRET], uuid7(), clock.now, body, SIGNING.at(clock.now))
        async with session.post(partner.url, data=body, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (200, b'{"challenge": "c_1"}')
    assert partner.does("SELECT * FROM notices") == []


async def test_it_accepts_an_example_and_keeps_none(partner: Partner, clock: SettableClock) -> None:
    send = trying(Accesses(KEYS, SIGNING, clock), allow_loopback=True)
    owner = uuid7()
    body = example(payload(Notice.APPROVED, clock.now)).encode()
    async with partner.up():
        assert (await send(Endpoint(owner, partner.url, KEYS.seal(SECRET, owner)), body)).http_status == 204
    assert partner.does("SELECT * FROM notices") == []


async def test_it_keeps_each_notice_once_with_the_bytes_that_were_sent(
    desk: Desk, partner: Partner, clock: SettableClock
) -> None:
    async with partner.up(), desk.working():
        await desk.approve()
        await desk.become("delivered")
        await desk.withdraw()
        rows = await desk.become("delivered", "delivered")
        await run(desk, "UPDATE deliveries SET state = 'pending', next_attempt_at = created_at WHERE sequence = 2")
        desk.wake.set()
        await desk.tried(3)
        await desk.become("delivered", "delivered")
    kept = partner.does("SELECT sequence, id, sha256, body FROM notices ORDER BY sequence")
    expected = [(row.sequence, str(row.id), sha256(row.body).hexdigest(), row.body.decode()) for row in rows]
    assert kept == expected


async def test_it_refuses_what_is_not_signed_by_both(partner: Partner, clock: SettableClock) -> None:
    body = b'{"type":"candidacy.approved","data":{"reference":"r_1"},"sequence":1}'
    mine, own = SIGNING.at(clock.now), [SECRET]
    wrong = [
        ([SECRET[::-1]], mine, clock.now),
        (own, None, clock.now),
        (own, Ed25519PrivateKey.generate(), clock.now),
        (own, mine, clock.now - timedelta(minutes=6)),
    ]
    async with partner.up(), aiohttp.ClientSession() as session:
        for secrets, key, at in wrong:
            headers = sign.headers(secrets, uuid7(), at, body, key)
            async with session.post(partner.url, data=body, headers=headers) as answer:
                assert answer.status == 400
        headers = sign.headers(own, uuid7(), clock.now, body, mine)
        async with session.post(partner.url, data=body.replace(b"r_1", b"r_2"), headers=headers) as answer:
            assert answer.status == 400
        async with session.post(partner.url, data=body) as answer:
            assert answer.status == 400
        assert partner.does("SELECT * FROM notices") == []
        async with session.post(partner.url, data=body, headers=headers) as answer:
            assert answer.status == 204
    await partner.has(1)


async def test_a_notice_that_was_given_up_while_it_was_down_is_noticed_by_the_next_and_filled(
    desk: Desk, partner: Partner
) -> None:
    async with partner.up(), desk.working():
        await approve(desk, 1)
        await desk.become("delivered")
    await approve(desk, 1)
    await run(desk, "UPDATE deliveries SET attempts = 8 WHERE state = 'pending'")
    async with desk.working():
        await desk.become("delivered", "failed")
    async with partner.up(), desk.working():
        await partner.has(1)
        await approve(desk, 1)
        rows = await desk.become("delivered", "failed", "delivered")
        await partner.has(1, 2, 3)
    kept = partner.does("SELECT id, sha256 FROM notices ORDER BY sequence")
    assert kept == [(str(row.id), sha256(row.body).hexdigest()) for row in rows]


async def test_a_number_that_was_withdrawn_unread_leaves_no_gap(desk: Desk, partner: Partner) -> None:
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    await desk.withdraw()
    async with partner.up(), desk.working():
        await approve(desk, 1)
        await desk.become("cancelled", "delivered")
        await partner.has(1, 2)
    assert partner.does("SELECT sequence FROM notices WHERE body IS NULL") == [(1,)]


async def test_the_loss_of_the_last_notice_shows_by_the_manifest_alone_and_is_filled(
    desk: Desk, partner: Partner, clock: SettableClock
) -> None:
    async with partner.up(), desk.working():
        await approve(desk, 3)
        await desk.become("delivered", "delivered", "delivered")
        # It has pulled everything once: what it loses then stands behind its place in the feed.
        partner.does("DELETE FROM notices WHERE sequence = 1")
        await partner.has(1, 2, 3)
    partner.does("DELETE FROM notices WHERE sequence = 3")
    day = clock.now
    clock.forward(timedelta(days=1, hours=1))
    await run(desk, "UPDATE deliveries SET state = 'refused', body = '' WHERE sequence = 1")
    code, said = await partner.audit()
    assert code == 0, said
    assert said.startswith("missed something on 20")
    assert str(day.year) in said
    await partner.has(1, 2, 3)
    assert await partner.audit() == (0, "")


async def test_a_notice_that_was_changed_in_its_file_is_not_taken_for_the_one_that_was_sent(
    desk: Desk, partner: Partner, clock: SettableClock
) -> None:
    async with partner.up(), desk.working():
        await approve(desk, 2)
        await desk.become("delivered", "delivered")
    clock.forward(timedelta(days=1, hours=1))
    partner.does("UPDATE notices SET sha256 = 'x' WHERE sequence = 2")
    code, said = await partner.audit()
    assert code == 1
    assert said.startswith("missed something on")


async def test_a_manifest_that_was_changed_on_the_way_is_not_believed(
    desk: Desk, partner: Partner, site: str, clock: SettableClock
) -> None:
    clock.forward(timedelta(days=1, hours=1))

    async def in_between(request: web.Request) -> web.Response:
        async with (
            aiohttp.ClientSession() as session,
            session.get(site + request.path, headers=request.headers) as real,
        ):
            return web.Response(body=(await real.read()).replace(b"count", b"c0unt"))

    other = web.Application()
    other.router.add_get("/{path:.*}", in_between)
    runner = web.AppRunner(other, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    partner.environment["INSERRE_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        assert await partner.audit() == (1, "a manifest is not signed by the site\n")
    finally:
        await runner.cleanup()
