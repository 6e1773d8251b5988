"""What an endpoint is shown besides the signature: set by officers, never shown again, used in attempts and proofs."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain.credentials import OAuth2, owner, same_origin
from services.notifications.http.credentials import read_certificate
from services.notifications.http.keys import Unreadable
from services.notifications.tables import credentials
from services.notifications.tests.authority import BEGAN, Authority, Pair, in_a_week, pem
from services.notifications.tests.builders import KEYS, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.granting import granting
from services.notifications.tests.office import Office
from services.notifications.tests.receiver import SAID, Receiver, Script, answering, receiving
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens

SECOND = timedelta(seconds=1)
CLIENT = {"token_url": "https://login.example.org/token", "client_id": "inserre", "client_secret": "very hidden"}


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trusted by whoever reads the system's authorities from now on."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
async def strict(authority: Authority) -> AsyncIterator[Receiver]:
    """A partner that talks only to who shows a certificate of its authority."""
    async with receiving(authority.server()) as receiver:
        yield receiver


@pytest.fixture
def office(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Office:
    return Office(api, tokens, subscription)


async def moved(engine: AsyncEngine, url: str) -> None:
    """The one subscription leads there, as if it had been approved there."""
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": url})


async def kept(engine: AsyncEngine) -> list[sa.Row[Any]]:
    async with engine.connect() as conn:
        return list((await conn.execute(sa.select(credentials))).all())


async def test_credentials_are_sealed_and_never_shown_again(
    office: Office, engine: AsyncEngine, subscription: UUID, authority: Authority, clock: SettableClock
) -> None:
    pair = authority.issue("inserre")
    shown = await office.must("credentials", {"oauth2": CLIENT | {"scope": "a b"}, "certificate": pair.body})
    assert (shown["token_url"], shown["client_id"]) == (CLIENT["token_url"], "inserre")
    assert len(shown["certificate_fingerprint"]) == 64
    assert shown["certificate_expires_at"] == "2126-01-01T00:00:00Z"
    listed = await office.api.get("/v1/subscriptions", headers=office.tokens.bearer("operator"))
    trail = await office.get("changes", "inspector")
    (row,) = await kept(engine)
    secrets = ("very hidden", pair.key.splitlines()[1])
    for text in (json.dumps(shown), listed.text, trail.text, str(row)):
        assert not any(secret in text for secret in secrets)
    assert not any(secret.encode() in row.oauth2 + row.certificate for secret in secrets)
    opened = OAuth2.from_bytes(KEYS.open(row.oauth2, owner(subscription, "oauth2")))
    assert (opened.client_secret, opened.scope) == ("very hidden", "a b")
    assert (row.set_by, row.set_at) == ("agent-6001", clock.now)


async def test_each_is_set_and_removed_by_itself_and_leaves_a_line(
    office: Office, engine: AsyncEngine, authority: Authority
) -> None:
    pair = authority.issue("inserre")
    await office.must("credentials", {"oauth2": CLIENT})
    shown = await office.must("credentials", {"certificate": pair.body}, by="partner_approver")
    assert (shown["client_id"], bool(shown["certificate_fingerprint"])) == ("inserre", True)
    fingerprint = shown["certificate_fingerprint"]
    shown = await office.must("credentials", {"oauth2": None})
    assert (shown["token_url"], shown["client_id"], shown["certificate_fingerprint"]) == (None, None, fingerprint)
    shown = await office.must("credentials", {"certificate": None})
    assert (shown["certificate_fingerprint"], shown["certificate_expires_at"]) == (None, None)
    trail = (await office.get("changes", "inspector")).json()["items"]
    assert [(one["by"], one["change"], one["what"]) for one in trail] == [
        ("agent-6001", "oauth2_set", [CLIENT["token_url"], "inserre"]),
        ("agent-6002", "certificate_set", [fingerprint]),
        ("agent-6001", "oauth2_removed", []),
        ("agent-6001", "certificate_removed", []),
    ]


WRONG_CLIENTS: list[tuple[dict[str, Any], str]] = [
    ({"token_url": "http://login.example.org/token"}, "token-url-not-allowed"),
    ({"token_url": "https://169.254.169.254/latest"}, "token-url-not-allowed"),
    ({"token_url": "http://127.0.0.1:1/"}, "token-url-not-allowed"),
    ({"token_url": "https://u:p@login.example.org/"}, "token-url-not-allowed"),
    ({"client_id": ""}, "validation-failed"),
    ({"client_id": "a\nb"}, "validation-failed"),
    ({"client_secret": ""}, "validation-failed"),
    ({"client_secret": None}, "validation-failed"),
    ({"scope": "a  b"}, "validation-failed"),
    ({"scope": 'a"b'}, "validation-failed"),
    ({"audience": "é"}, "validation-failed"),
    ({"grant_type": "password"}, "unknown-field"),
]


async def test_a_client_that_cannot_be_used_is_refused(office: Office, engine: AsyncEngine) -> None:
    for changed, code in WRONG_CLIENTS:
        answer = await office.act("credentials", {"oauth2": CLIENT | changed})
        assert (answer.status_code, answer.json()["code"]) == (422, code), changed
        assert "very hidden" not in answer.text
    assert await office.refused("credentials", {}) == (422, "validation-failed")
    assert await kept(engine) == []


async def test_a_certificate_that_cannot_be_used_is_refused(
    office: Office, engine: AsyncEngine, authority: Authority, clock: SettableClock
) -> None:
    pair, other = authority.issue("inserre"), authority.issue("other")
    key = ec.generate_private_key(ec.SECP256R1())
    weak = authority.issue("weak", key=rsa.generate_private_key(65537, 1024))
    late = authority.issue("late", ends=clock.now.replace(microsecond=0) - SECOND)
    early = authority.issue("early", begins=in_a_week(clock.now))
    garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for wrong, code in (
        (Pair("garbage", pair.key), "certificate-invalid"),
        (Pair(garbage, pair.key), "certificate-invalid"),
        (Pair(pair.key, pair.key), "certificate-invalid"),
        (Pair(pair.chain, "garbage"), "certificate-invalid"),
        (Pair(pair.chain, pair.chain), "certificate-invalid"),
        (Pair("é", "é"), "certificate-invalid"),
        (Pair(authority.issue("sealed", key=key).chain, pem(key, b"password")), "certificate-invalid"),
        (weak, "certificate-invalid"),
        (Pair(pair.chain, other.key), "certificate-key-mismatch"),
        (Pair(pair.chain + other.chain, other.key), "certificate-key-mismatch"),
        (late, "certificate-expired"),
        (Pair(pair.chain + late.chain, pair.key), "certificate-expired"),
        (early, "certificate-expired"),
    ):
        answer = await office.act("credentials", {"certificate": wrong.body})
        assert (answer.status_code, answer.json()["code"]) == (422, code), wrong
        assert pair.key.splitlines()[1] not in answer.text
    assert await kept(engine) == []


async def test_who_may_not_or_what_has_ended_is_refused(
    office: Office, engine: AsyncEngine, api: httpx.AsyncClient, tokens: Tokens, authority: Authority
) -> None:
    for body in ({"oauth2": CLIENT}, {"oauth2": None}, {"certificate": authority.issue("inserre").body}):
        for officer in ("spip", "inspector", "operator"):
            assert await office.refused("credentials", body, officer) == (403, "role-missing")
        assert await Office(api, tokens, uuid7()).refused("credentials", body) == (404, "subscription-unknown")
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET state = 'disabled'"))
    for body in ({"oauth2": CLIENT}, {"certificate": authority.issue("inserre").body}):
        assert await office.refused("credentials", body) == (409, "subscription-disabled")
    assert await kept(engine) == []


async def test_a_server_that_demands_a_certificate_is_shown_it(
    desk: Desk, office: Office, strict: Receiver, authority: Authority
) -> None:
    seen: list[Any] = []

    def looking(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        seen.append(request.transport.get_extra_info("peercert")["subject"][0][0][1])
        return web.Response()

    strict.answers = [looking, looking]
    await moved(desk.engine, strict.url)
    await office.must("credentials", {"certificate": authority.issue("inserre-don").body})
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
        # Another certificate is shown from the next attempt on, though a connection is open under the old one.
        await office.must("credentials", {"certificate": authority.issue("inserre-don-2").body})
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await desk.become("delivered", "delivered")
    assert seen == ["inserre-don", "inserre-don-2"]


async def test_connections_are_not_shared_with_who_has_another_certificate(
    desk: Desk, office: Office, strict: Receiver, authority: Authority, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await moved(desk.engine, strict.url)
    other = await a_subscription(desk.engine, await a_partner(desk.engine), url=strict.url)
    await office.must("credentials", {"certificate": authority.issue("inserre").body})
    await Office(api, tokens, other).must("credentials", {"certificate": authority.issue("other").body})
    async with desk.working():
        await desk.approve()
        await desk.become("delivered", "delivered")
    assert len(set(strict.peers)) == 2


async def test_without_its_certificate_a_server_that_demands_one_gets_nothing(
    desk: Desk, office: Office, strict: Receiver, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await moved(desk.engine, strict.url)
    stranger = Authority(tmp_path_factory.mktemp("stranger")).issue("inserre")
    await office.must("credentials", {"certificate": stranger.body})
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, strict.headers) == ("pending", [])
    ((_, outcome, status),) = await desk.tries()
    # With TLS 1.3 the server says no only after our handshake has ended: as far as we know it may have read it.
    assert (outcome, status) in {("disconnected", None), ("tls_failed", None)}


async def test_a_certificate_does_not_do_away_with_looking_at_the_servers(
    desk: Desk, office: Office, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    await office.must("credentials", {"certificate": authority.issue("inserre").body})
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.file))
    async with receiving(authority.server()) as receiver:
        await moved(desk.engine, receiver.url)
        await desk.approve()
        async with desk.working():
            (row,) = await desk.tried(1)
    assert await desk.tries() == [(1, "tls_failed", None)]
    assert row.reached is False


async def test_an_expired_certificate_is_not_shown_and_nothing_is_sent(
    desk: Desk, office: Office, strict: Receiver, authority: Authority, clock: SettableClock
) -> None:
    ends = in_a_week(clock.now)
    await moved(desk.engine, strict.url)
    shown = await office.must("credentials", {"certificate": authority.issue("inserre", ends=ends).body})
    assert shown["certificate_expires_at"] == ends.isoformat().replace("+00:00", "Z")
    clock.now = ends
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.reached, strict.peers) == ("pending", False, [])
    assert await desk.tries() == [(1, "certificate_expired", None)]


async def test_a_credential_opens_as_nothing_else(
    office: Office, engine: AsyncEngine, subscription: UUID, authority: Authority
) -> None:
    await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
    (row,) = await kept(engine)
    for sealed, wrong in (
        (row.oauth2, owner(subscription, "certificate")),
        (row.certificate, owner(subscription, "oauth2")),
        (row.oauth2, subscription),
        (row.oauth2, owner(uuid7(), "oauth2")),
    ):
        with pytest.raises(Unreadable):
            KEYS.open(sealed, wrong)


@pytest.mark.parametrize("column", ["oauth2", "certificate"])
async def test_what_was_sealed_for_something_else_is_not_opened(
    column: str, desk: Desk, office: Office, receiver: Receiver, authority: Authority
) -> None:
    await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
    async with desk.engine.begin() as conn:
        swapped = {"oauth2": "certificate", "certificate": "oauth2"}[column]
        await conn.execute(sa.text(f"UPDATE credentials SET {column} = {swapped}"))
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert await desk.tries() == [(1, "credentials_unreadable", None)]
    assert (row.reached, receiver.headers) == (False, [])


def demanding(then: Script) -> Script:
    """A server that wants a token that is not the first."""

    def answer(request: web.Request) -> web.StreamResponse:
        known = request.headers.get("authorization") == "Bearer token-2"
        return then(request) if known else web.Response(status=401)

    return answer


def repeating(request: web.Request) -> web.StreamResponse:
    """What a receiver does with a challenge."""
    return web.json_response({"challenge": request[SAID]["data"]["challenge"]})


async def test_a_proof_shows_what_a_delivery_shows(
    desk: Desk, office: Office, strict: Receiver, authority: Authority, subscription: UUID
) -> None:
    yes = demanding(answering(200, **{"webhook-allowed-origin": "inserre-don"}))
    await moved(desk.engine, strict.url)
    async with granting() as grants:
        # The API takes no token endpoint on this machine; what it takes is moved here.
        await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
        client = OAuth2(grants.url, "inserre", "very hidden")
        sealed = KEYS.seal(client.to_bytes(), owner(subscription, "oauth2"))
        async with desk.engine.begin() as conn:
            await conn.execute(sa.update(credentials).values(oauth2=sealed))
        strict.answers = [yes, demanding(answering(500)), yes]
        refused = await office.act("prove")
        assert (refused.status_code, refused.json()["state"]) == (409, "answered_401")
        assert (await office.must("prove"))["outcome"] == "allowed_origin"
        strict.answers = [demanding(answering(404)), demanding(repeating)]
        assert (await office.must("prove"))["outcome"] == "challenge_repeated"
        assert len(grants.asked) == 2
        async with desk.engine.begin() as conn:
            await conn.execute(sa.update(credentials).values(oauth2=b"broken"))
        assert (await office.act("prove")).json()["state"] == "credentials_unreadable"


async def test_an_example_shows_what_a_delivery_shows(
    desk: Desk, office: Office, strict: Receiver, authority: Authority, subscription: UUID, clock: SettableClock
) -> None:
    def echoing(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text=f"what is {request.headers['authorization']}?")

    await moved(desk.engine, strict.url)
    async with granting() as grants:
        await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
        client = OAuth2(grants.url, "inserre", "very hidden")
        sealed = KEYS.seal(client.to_bytes(), owner(subscription, "oauth2"))
        async with desk.engine.begin() as conn:
            await conn.execute(sa.update(credentials).values(oauth2=sealed))
        strict.answers = [demanding(answering(204)), demanding(answering(204)), demanding(echoing)]
        found = []
        for _ in range(3):
            found.append(await office.must("test", {}))
            clock.forward(timedelta(seconds=10))
    assert [(one["outcome"], one["http_status"], one["head"]) for one in found] == [
        ("answered", 401, None),
        ("accepted", 204, None),
        ("answered", 500, "what is Bearer ?"),
    ]
    async with desk.engine.begin() as conn:
        await conn.execute(sa.update(credentials).values(oauth2=b"broken"))
    assert (await office.must("test", {}))["outcome"] == "credentials_unreadable"


async def test_another_server_is_not_shown_the_credentials_of_the_one_before(
    office: Office, engine: AsyncEngine, authority: Authority
) -> None:
    here, there = "https://partner.example.org", "https://elsewhere.example.org/notices"
    await moved(engine, f"{here}/notices")
    await office.must("endpoint", {"url": there})
    assert await kept(engine) == []
    await office.must("endpoint", {"url": f"{here}/notices"})
    await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
    shown = await office.must("endpoint", {"url": f"{here}:443/other"})
    assert (shown["client_id"], bool(shown["certificate_fingerprint"])) == ("inserre", True)
    shown = await office.must("endpoint", {"url": there})
    assert (shown["client_id"], shown["certificate_fingerprint"]) == (None, None)
    (row,) = await kept(engine)
    assert (row.oauth2, row.certificate) == (None, None)
    removed, changed = (await office.get("changes", "inspector")).json()["items"][-2:]
    assert (removed["change"], removed["what"]) == ("credentials_removed", [there])
    assert changed["change"] == "endpoint_changed"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://partner.example.org/b", True),
        ("https://PARTNER.example.org:443/", True),
        ("https://partner.example.org:8443/", False),
        ("https://partner.example.org.evil.example/", False),
        ("http://partner.example.org:443/", False),
    ],
)
def test_the_same_server_is_one_of_the_same_scheme_name_and_port(other: str, same: bool) -> None:
    assert same_origin("https://partner.example.org/a", other) is same


BROKEN = {
    "oauth2": "oauth2 = NULL",
    "certificate": "certificate = NULL",
}


async def test_the_database_keeps_the_rules_of_credentials(
    office: Office, engine: AsyncEngine, authority: Authority
) -> None:
    await office.must("credentials", {"oauth2": CLIENT, "certificate": authority.issue("inserre").body})
    for rule, change in BROKEN.items():
        with pytest.raises(IntegrityError, match=f"ck_credentials_{rule}"):
            async with engine.begin() as conn:
                await conn.execute(sa.text(f"UPDATE credentials SET {change}"))


def test_a_key_is_not_in_what_goes_to_logs(authority: Authority) -> None:
    pair = authority.issue("inserre")
    read = read_certificate(pair.chain, pair.key)
    assert read.begins_at == BEGAN
    assert pair.key.splitlines()[1] not in repr(read)
