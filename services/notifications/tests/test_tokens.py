"""A token is asked for as RFC 6749 has it, kept while it is good, and nothing is sent without one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain.credentials import OAuth2, owner
from services.notifications.http.send import Sender
from services.notifications.http.tokens import MOST_READ, NoToken, Tokens
from services.notifications.tables import credentials
from services.notifications.tests.builders import KEYS, NOW, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.granting import Granting, granted, granting
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.waiting import eventually

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
async def grants() -> AsyncIterator[Granting]:
    async with granting() as grants:
        yield grants


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with Sender(allow_loopback=True) as sender:
        yield sender


def a_client(url: str, secret: str = "s3cret é+/:%") -> OAuth2:
    return OAuth2(url, "inserre don", secret, "notices:write extra", "https://partner.example.org/")


async def wants_a_token(engine: AsyncEngine, subscription: UUID, oauth2: OAuth2) -> None:
    """The endpoint of the subscription is served with tokens from now on."""
    values = {
        "subscription_id": subscription,
        "oauth2": KEYS.seal(oauth2.to_bytes(), owner(subscription, "oauth2")),
        "token_url": oauth2.token_url,
        "client_id": oauth2.client_id,
        "set_by": "tests",
        "set_at": NOW,
    }
    async with engine.begin() as conn:
        await conn.execute(sa.delete(credentials))
        await conn.execute(credentials.insert(), values)


async def test_a_client_shows_itself_as_the_standard_says(
    grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    assert await Tokens(clock).token(sender, uuid7(), a_client(grants.url)) == "token-1"
    ((client, form),) = grants.asked
    # Encoded as a form before it is put into the header (RFC 6749, 2.3.1).
    assert (client.login, client.password) == ("inserre+don", "s3cret+%C3%A9%2B%2F%3A%25")
    assert form == {
        "grant_type": "client_credentials",
        "scope": "notices:write extra",
        "audience": "https://partner.example.org/",
    }
    await Tokens(clock).token(sender, uuid7(), OAuth2(grants.url, "c", "s"))
    assert grants.asked[1][1] == {"grant_type": "client_credentials"}


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [(3600, 3570), ("3600", 3570), (40, 20), (None, 30), (10**7, 86_370), (0, 0), (-5, 0)],
)
async def test_a_token_is_kept_until_shortly_before_it_ends(
    expires_in: object, good_for: int, grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    tokens, oauth2, subscription = Tokens(clock), a_client(grants.url), uuid7()
    grants.answers = [granted("a", expires_in=expires_in), granted("b")]
    assert await tokens.token(sender, subscription, oauth2) == "a"
    if good_for:
        clock.forward(good_for * SECOND - SECOND)
        assert await tokens.token(sender, subscription, oauth2) == "a"
        clock.forward(SECOND)
    assert await tokens.token(sender, subscription, oauth2) == "b"


async def test_a_token_belongs_to_one_subscription_and_one_client(
    grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    tokens, one, other = Tokens(clock), uuid7(), uuid7()
    assert await tokens.token(sender, one, a_client(grants.url)) == "token-1"
    assert await tokens.token(sender, other, a_client(grants.url)) == "token-2"
    assert await tokens.token(sender, one, a_client(grants.url, "changed")) == "token-3"
    assert await tokens.token(sender, other, a_client(grants.url)) == "token-2"


@pytest.mark.parametrize("answer", [granted("a", expires_in=0), web.Response(status=500)])
async def test_those_who_wait_for_one_token_ask_once_whatever_comes_of_it(
    answer: web.Response, grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    tokens, oauth2, subscription = Tokens(clock), a_client(grants.url), uuid7()
    grants.gate.clear()
    grants.answers = [answer]
    waiting = [asyncio.ensure_future(tokens.token(sender, subscription, oauth2)) for _ in range(8)]

    async def asked() -> bool:
        return bool(grants.asked)

    await eventually(asked)
    grants.gate.set()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert len({str(one) for one in ended}) == 1
    assert len(grants.asked) == 1
    # Who comes later asks anew.
    assert await tokens.token(sender, subscription, oauth2) == "token-2"


REFUSED, UNAVAILABLE = "token_refused", "token_unavailable"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (web.json_response({"error": "invalid_client"}, status=401), REFUSED),
        (web.json_response({"error": "invalid_scope"}, status=400), REFUSED),
        (web.Response(status=403), REFUSED),
        (web.Response(status=500), UNAVAILABLE),
        (web.Response(status=429, headers={"Retry-After": "5"}), UNAVAILABLE),
        (web.Response(status=302, headers={"Location": "/token"}), UNAVAILABLE),
        (web.Response(text="<html>"), UNAVAILABLE),
        (web.json_response(["token"]), UNAVAILABLE),
        (web.json_response({"token_type": "Bearer"}), UNAVAILABLE),
        (granted("a", token_type="mac"), UNAVAILABLE),
        (granted("a", token_type=1), UNAVAILABLE),
        (granted("a\r\nx-admin: 1"), UNAVAILABLE),
        (granted("a b"), UNAVAILABLE),
        (granted("é"), UNAVAILABLE),
        (granted(""), UNAVAILABLE),
        (granted("a", expires_in="soon"), UNAVAILABLE),
        (granted("a", expires_in=float("nan")), UNAVAILABLE),
        (granted("a" * MOST_READ), UNAVAILABLE),
        (web.Response(text="[" * 10_000), UNAVAILABLE),
    ],
)
async def test_an_answer_that_grants_nothing_usable_is_told_apart(
    answer: web.Response, code: str, grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    grants.answers = [answer]
    with pytest.raises(NoToken) as caught:
        await Tokens(clock).token(sender, uuid7(), a_client(grants.url))
    assert caught.value.code == code
    assert len(grants.asked) == 1


async def test_a_long_token_is_read_whole(grants: Granting, sender: Sender, clock: SettableClock) -> None:
    grants.answers = [granted("a" * 8000)]
    assert len(await Tokens(clock).token(sender, uuid7(), a_client(grants.url))) == 8000


async def test_a_token_endpoint_that_hangs_costs_a_bounded_time(
    grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    grants.gate.clear()
    began = asyncio.get_running_loop().time()
    with pytest.raises(NoToken, match=UNAVAILABLE):
        await Tokens(clock, deadline=0.1).token(sender, uuid7(), a_client(grants.url))
    # Far below the deadline of an attempt, which is spent after it.
    assert asyncio.get_running_loop().time() - began < 5


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
async def test_a_token_endpoint_that_leads_inside_is_not_called(
    inside: str, grants: Granting, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[str] = []

    class Rebound(aiohttp.abc.AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            dialled.append(host)
            family = socket.AF_INET6 if ":" in inside else socket.AF_INET
            return [{"hostname": host, "host": inside, "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self) -> None:
            """Nothing is open."""

    async with Sender(allow_loopback=False) as guarded:
        monkeypatch.setattr(guarded._session.connector, "_resolver", Rebound())
        answered = await guarded.ask("POST", "https://login.example.org/token", {})
        assert answered.answer.error == "egress_refused"
        with pytest.raises(NoToken, match=UNAVAILABLE):
            await Tokens(clock).token(guarded, uuid7(), a_client("https://login.example.org/token"))
        assert dialled[:1] == ["login.example.org"]
        with pytest.raises(NoToken, match=UNAVAILABLE):
            await Tokens(clock).token(guarded, uuid7(), a_client(grants.url))
    assert grants.asked == []


async def test_an_endpoint_is_shown_its_token(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    for _ in range(3):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    async with desk.working():
        await desk.become(*["delivered"] * 3)
    assert [one["authorization"] for one in receiver.headers] == ["Bearer token-1"] * 3
    assert len(grants.asked) == 1


async def test_a_token_that_is_not_accepted_is_replaced_at_the_next_attempt(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID, clock: SettableClock
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    receiver.answers = [answering(401)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        clock.forward(7 * SECOND)
        await desk.become("delivered")
    assert [one["authorization"] for one in receiver.headers] == ["Bearer token-1", "Bearer token-2"]
    assert await desk.tries() == [(1, "answered", 401), (2, "accepted", 200)]


async def test_a_token_that_an_endpoint_repeats_is_not_kept(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    grants.answers = [granted("short.token")]
    receiver.answers = [lambda request: web.Response(status=500, text=f"no: {request.headers['authorization']}!")]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
    async with desk.engine.connect() as conn:
        (kept,) = (await conn.execute(sa.text("SELECT head FROM attempts"))).scalars()
    assert kept == "no: Bearer !"


async def test_a_token_that_came_after_the_one_that_is_not_accepted_is_kept(
    grants: Granting, sender: Sender, clock: SettableClock
) -> None:
    tokens, oauth2, subscription = Tokens(clock), a_client(grants.url), uuid7()
    old = await tokens.token(sender, subscription, oauth2)
    tokens.drop(subscription, old)
    new = await tokens.token(sender, subscription, oauth2)
    tokens.drop(subscription, old)
    assert await tokens.token(sender, subscription, oauth2) == new == "token-2"


@pytest.mark.parametrize(
    ("answer", "code"), [(web.Response(status=401), REFUSED), (web.Response(status=503), UNAVAILABLE)]
)
async def test_without_a_token_nothing_is_sent_and_nobody_was_told(
    answer: web.Response, code: str, desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID,
    clock: SettableClock,
) -> None:  # fmt: skip
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    grants.answers = [answer]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
        assert (row.state, row.reached, receiver.headers) == ("pending", False, [])
        assert await desk.tries() == [(1, code, None)]
        async with desk.engine.connect() as conn:
            assert (await conn.execute(sa.text("SELECT count(*) FROM disclosures"))).scalar_one() == 0
        clock.forward(7 * SECOND)
        await desk.become("delivered")


async def test_credentials_that_do_not_open_are_not_done_without(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    async with desk.engine.begin() as conn:
        # A signing secret in the place of a client does not open there either.
        await conn.execute(sa.text("UPDATE credentials SET oauth2 = (SELECT secret FROM subscriptions)"))
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert await desk.tries() == [(1, "credentials_unreadable", None)]
    assert (row.reached, receiver.headers, grants.asked) == (False, [], [])


async def test_a_changed_client_is_used_from_the_next_attempt_on(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        await wants_a_token(desk.engine, subscription, a_client(grants.url, "changed"))
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await desk.become("delivered", "delivered")
    assert [client.password for client, _ in grants.asked] == ["s3cret+%C3%A9%2B%2F%3A%25", "changed"]


def test_what_is_secret_is_not_in_what_goes_to_logs() -> None:
    assert "hidden" not in repr(a_client("https://login.example.org/", "hidden"))


async def test_a_token_that_is_not_accepted_is_no_fault_of_the_notice(
    desk: Desk, receiver: Receiver, grants: Granting, subscription: UUID, clock: SettableClock
) -> None:
    await wants_a_token(desk.engine, subscription, a_client(grants.url))
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET client_errors = 'give_up'"))
    receiver.answers = [answering(401)]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
        assert row.state == "pending"
        clock.forward(7 * SECOND)
        await desk.become("delivered")
    # Without a token a 401 is meant like any other 4xx.
    async with desk.engine.begin() as conn:
        await conn.execute(sa.delete(credentials))
    receiver.answers = [answering(401)]
    await desk.bench.deliver(an_approval(), subject=uuid7())
    async with desk.working():
        await desk.become("delivered", "failed")


async def test_what_breaks_inside_an_attempt_ends_it_like_any_other(
    desk: Desk, receiver: Receiver, clock: SettableClock
) -> None:
    # Too short to be anything that was ever sealed.
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET secret = 'x'"))
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.lease_token, receiver.headers) == ("pending", None, [])
    assert await desk.tries() == [(1, "internal_error", None)]
