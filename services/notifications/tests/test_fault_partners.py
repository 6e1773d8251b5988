"""Hostile partners: whatever they do, an attempt ends in time, is recorded, and the next one is scheduled."""

import asyncio
import gzip
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain.answer import RETRIES
from services.notifications.tests.builders import a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.hostile import NAME, OK, Behaviour, Line, certificate, hostile
from services.notifications.tests.receiver import answering, receiving
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

DEADLINE = 0.4
"""Seconds of an attempt in these tests."""

LATEST = 5.0
"""Seconds within which an attempt has ended and stands recorded, on a busy machine."""

MOST_READ = 512 * 1024
"""Bytes that we take off a socket at most, though only 4 KiB are asked for: what the loop reads ahead included."""

TEN_MEGABYTES = b"x" * 10_000_000
BOMB = gzip.compress(bytes(500_000_000), 1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(utc_now())


@pytest.fixture
def desk(engine: AsyncEngine, bench: Bench, clock: SettableClock) -> Desk:
    return Desk(engine, bench, clock)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of all that the client has taken off its sockets."""
    sizes: list[int] = []
    received = ResponseHandler.data_received

    def counted(handler: ResponseHandler, data: bytes) -> None:
        sizes.append(len(data))
        received(handler, data)

    monkeypatch.setattr(ResponseHandler, "data_received", counted)
    return sizes


async def hangs(line: Line) -> None:
    await line.left()


async def resets(line: Line) -> None:
    await line.hear()
    line.reset()


async def drips_a_status(line: Line) -> None:
    await line.hear()
    await line.drip(b"HTTP/1.1 200 OK")


async def drips_headers(line: Line) -> None:
    await line.hear()
    await line.say(OK)
    await line.drip(b"x-a: b\r\n")


async def floods_headers(line: Line) -> None:
    await line.hear()
    await line.say(OK)
    while True:
        await line.say(b"x-a: b\r\n" * 1000)


async def one_endless_header(line: Line) -> None:
    await line.hear()
    await line.say(OK + b"x-a: ")
    while True:
        await line.say(b"b" * 8000)


async def always_continues(line: Line) -> None:
    await line.hear()
    while True:
        await line.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.005)


async def speaks_no_http(line: Line) -> None:
    await line.hear()
    await line.say(b"SSH-2.0-OpenSSH_9.2\r\n")
    await line.left()


async def greets(line: Line) -> None:
    await line.say(b"220 partner.example.org ESMTP\r\n")
    await line.left()


def answers(status: bytes, body: bytes, headers: bytes = b"") -> Behaviour:
    """Says a whole answer, and keeps the connection."""

    async def behave(line: Line) -> None:
        await line.hear()
        await line.say(b"HTTP/1.1 %s\r\n%scontent-length: %d\r\n\r\n" % (status, headers, len(body)))
        await line.say(body)
        await line.left()

    return behave


def drips_a_body(status: bytes) -> Behaviour:
    async def behave(line: Line) -> None:
        await line.hear()
        await line.say(b"HTTP/1.1 %s\r\ntransfer-encoding: chunked\r\n\r\n" % status)
        await line.drip(b"1\r\nx\r\n")

    return behave


async def promises_and_drops(line: Line) -> None:
    await line.hear()
    await line.say(OK + b"content-length: 1000\r\n\r\n" + b"x" * 10)


class Case(NamedTuple):
    behave: Behaviour
    outcome: str
    status: int | None = None
    reached: bool = True
    url: str = "http"
    tls: bool = False


CASES = {
    "accepts and hangs": Case(hangs, "timeout"),
    "resets after reading": Case(resets, "disconnected"),
    "drips a status": Case(drips_a_status, "timeout"),
    "drips headers": Case(drips_headers, "timeout"),
    "floods headers": Case(floods_headers, "protocol_error"),
    "says one endless header": Case(one_endless_header, "protocol_error"),
    "says 100 for ever": Case(always_continues, "timeout"),
    "speaks no HTTP": Case(speaks_no_http, "protocol_error"),
    "drips a body": Case(drips_a_body(b"200 OK"), "accepted", 200),
    "drips the body of a failure": Case(drips_a_body(b"500 No"), "answered", 500),
    "promises 1000 bytes and drops": Case(promises_and_drops, "accepted", 200),
    "sends a gzip bomb": Case(answers(b"200 OK", BOMB, b"content-encoding: gzip\r\n"), "accepted", 200),
    "sends 10 MB": Case(answers(b"200 OK", TEN_MEGABYTES), "accepted", 200),
    "sends 10 MB with a failure": Case(answers(b"500 No", TEN_MEGABYTES), "answered", 500),
    "moved with 10 MB": Case(answers(b"301 Moved", TEN_MEGABYTES, b"location: /elsewhere\r\n"), "answered", 301),
    "has a certificate of its own making": Case(answers(b"200 OK", b""), "tls_failed", None, False, "https", True),
    "speaks no TLS": Case(greets, "tls_failed", None, False, "https"),
    "hangs in the TLS handshake": Case(hangs, "connect_timeout", None, False, "https"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_hostile_partner_costs_one_attempt_of_bounded_time_and_size(
    case: Case, desk: Desk, clock: SettableClock, taken: list[int], tmp_path: Path
) -> None:
    tls = certificate(tmp_path)[0] if case.tls else None
    async with hostile(case.behave, tls) as partner:
        await a_subscription(desk.engine, await a_partner(desk.engine), url=partner.url(case.url))
        await desk.approve()
        began = asyncio.get_running_loop().time()
        async with desk.working(deadline=DEADLINE) as worker:
            (row,) = await desk.tried(1)
            assert asyncio.get_running_loop().time() - began < LATEST

            async def let_go() -> bool:
                return partner.open == 0

            await eventually(let_go)
        assert await desk.tries() == [(1, case.outcome, case.status)]
        assert row.reached == case.reached
        assert row.lease_token is None
        assert sum(taken) <= MOST_READ
        assert sum(worker.counts.values()) == 1
        if case.outcome == "accepted":
            assert row.state == "delivered"
            return
        assert row.state == "pending"
        assert timedelta() <= row.next_attempt_at - clock.now <= RETRIES[0]
        clock.forward(timedelta(seconds=7))
        (again,) = await desk.claim()
        assert (again.id, again.attempt) == (row.id, 2)


async def test_an_endpoint_that_asks_for_quiet_gets_it_and_the_others_go_on(desk: Desk, clock: SettableClock) -> None:
    async with receiving() as busy, receiving() as other:
        busy.answers = [answering(429, **{"Retry-After": "120"})]
        for name, receiver in (("Mission locale", busy), ("France Travail", other)):
            await a_subscription(desk.engine, await a_partner(desk.engine, name=name), url=receiver.url)
        async with desk.working():
            await desk.approve()
            await desk.tried(2)
            for number in range(1, 5):
                clock.forward(timedelta(seconds=29))
                await desk.bench.deliver(an_approval(), subject=uuid7())
                desk.wake.set()
                await desk.tried(2 + number)
            assert (len(busy.ids), len(other.ids)) == (1, 5)
            clock.forward(timedelta(seconds=4))
            await desk.become(*["delivered"] * 10)
        assert (len(busy.ids), len(set(busy.ids)), len(other.ids)) == (6, 5, 5)


@dataclass
class Names(aiohttp.abc.AbstractResolver):
    """Answers of a name's owner, one per question; the last one again and again."""

    answers: list[list[str]]
    port: int
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {"hostname": host, "host": one, "port": self.port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for one in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "192.168.1.1"])
async def test_a_name_that_moves_inside_between_two_attempts_is_refused_at_the_dial(
    inside: str, desk: Desk, clock: SettableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = certificate(tmp_path)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", client)
    # This machine, which the tests allow, stands for a public address.
    async with hostile(answers(b"500 No", b"", b"connection: close\r\n"), server) as partner:
        names = Names([["127.0.0.1"], [inside]], partner.port)
        monkeypatch.setattr("aiohttp.connector.DefaultResolver", lambda **_: names)
        await a_subscription(desk.engine, await a_partner(desk.engine), url=f"https://{NAME}:8443/hook")
        await desk.approve()
        async with desk.working():
            await desk.tried(1)
        clock.forward(timedelta(seconds=7))
        # A worker of its own, whose connector remembers no address.
        async with desk.working():
            (row,) = await desk.tried(2)
        assert await desk.tries() == [(1, "answered", 500), (2, "egress_refused", None)]
        assert (row.state, partner.calls, names.asked) == ("pending", 1, [NAME, NAME])
        assert row.next_attempt_at > clock.now


async def test_of_a_name_that_leads_inside_and_outside_only_the_outside_is_dialled(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = certificate(tmp_path)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", client)
    async with hostile(answers(b"200 OK", b""), server) as partner:
        names = Names([["10.0.0.1", "127.0.0.1", "169.254.169.254"]], partner.port)
        monkeypatch.setattr("aiohttp.connector.DefaultResolver", lambda **_: names)
        await a_subscription(desk.engine, await a_partner(desk.engine), url=f"https://{NAME}/hook")
        await desk.approve()
        async with desk.working():
            await desk.become("delivered")
        assert partner.calls == 1
