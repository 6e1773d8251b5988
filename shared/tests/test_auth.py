"""Tokens against a real issuer on a real socket: only the right ones get in, also while the issuer is away."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared.auth import Authenticator, Principal, require_role
from shared.oidc import Keys, usable
from shared.problems import Problem
from shared.testing.waiting import eventually
from shared.tests.issuer import EC, RSA, STRANGER, OwnIssuer


class Watch:
    """Seconds that a test moves on."""

    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[OwnIssuer]:
    issuer = await OwnIssuer().start()
    yield issuer
    await issuer.stop()


@pytest.fixture
def monotonic() -> Watch:
    return Watch(1000.0)


@pytest.fixture
def wall() -> Watch:
    return Watch(time.time())


@pytest.fixture
async def check(issuer: OwnIssuer, monotonic: Watch, wall: Watch) -> AsyncIterator[Authenticator]:
    check = Authenticator(issuer.url, "inserre", "DON", keys=Keys(issuer.url, monotonic), now=wall)
    yield check
    await check.close()


async def refusal(check: Authenticator, *headers: str) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        await check(list(headers))
    if refused.value.status == 401:
        assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")
    return refused.value.status, refused.value.code


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
async def test_a_token_becomes_the_principal_that_its_claims_describe(
    issuer: OwnIssuer, check: Authenticator, key: Any, algorithm: str
) -> None:
    principal = await check([f"Bearer {issuer.token(key, algorithm)}"])
    assert principal == Principal(
        "agent-1", "Aglaé Fictive", "cpip", frozenset({"spip"}), frozenset({"DON"}), "MA-REIMS"
    )


async def test_a_token_for_several_audiences_of_a_person_without_establishment_is_accepted(
    issuer: OwnIssuer, check: Authenticator
) -> None:
    principal = await check([f"bearer {issuer.token(aud=['portal', 'inserre'], establishment=...)}"])
    assert principal.establishment is None


async def test_a_token_of_an_outside_body_names_it_and_no_other_does(issuer: OwnIssuer, check: Authenticator) -> None:
    partner = "0192f0c1-7b3a-7d4e-8f60-a1b2c3d4e5f6"
    assert (await check([f"Bearer {issuer.token(partner=partner)}"])).partner == UUID(partner)
    for none in (issuer.token(), issuer.token(partner=None)):
        assert (await check([f"Bearer {none}"])).partner is None


async def test_no_token_is_told_apart_from_a_bad_one(issuer: OwnIssuer, check: Authenticator) -> None:
    good = issuer.token()
    assert await refusal(check) == (401, "token-missing")
    for headers in (
        ["Bearer"],
        ["Bearer "],
        ["Bearer x"],
        ["Basic dXNlcjpwYXNz"],
        [f"Bearer {good}x"],
        [f"Bearer {good} {good}"],
        [f"Bearer {good}", f"Bearer {good}"],
        ["Bearer " + "x" * 9000],
        ["Bearer é.é.é"],
        ["Bearer a.b.c"],
    ):
        assert await refusal(check, *headers) == (401, "token-invalid"), headers


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "http://elsewhere"},
    "no issuer": {"iss": ...},
    "another audience": {"aud": "portal"},
    "no audience": {"aud": ...},
    "an audience that only contains ours": {"aud": "inserre-portal"},
    "expired": {"exp": int(time.time()) - 60},
    "no expiry": {"exp": ...},
    "expiry as text": {"exp": "4000000000"},
    "expiry as truth": {"exp": True},
    "not yet valid": {"nbf": int(time.time()) + 3600},
    "issued in the future": {"iat": int(time.time()) + 3600},
    "no subject": {"sub": ...},
    "subject as number": {"sub": 7},
    "empty subject": {"sub": ""},
    "NUL in the subject": {"sub": "a\x00b"},
    "line break in the function": {"function": "cpip\r\nx"},
    "long subject": {"sub": "x" * 129},
    "no name": {"name": ...},
    "no function": {"function": ...},
    "roles as text": {"roles": "spip"},
    "no roles": {"roles": ...},
    "roles that are no text": {"roles": [1]},
    "sites as text": {"sites": "DON"},
    "no sites": {"sites": ...},
    "too many roles": {"roles": [f"r{n}" for n in range(65)]},
    "establishment as list": {"establishment": ["MA-REIMS"]},
    "partner that is no UUID": {"partner": "employment-service"},
    "partner as list": {"partner": ["0192f0c1-7b3a-7d4e-8f60-a1b2c3d4e5f6"]},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG.keys())
async def test_a_token_with_a_wrong_claim_is_invalid(
    issuer: OwnIssuer, check: Authenticator, changed: dict[str, Any]
) -> None:
    assert await refusal(check, f"Bearer {issuer.token(**changed)}") == (401, "token-invalid")


async def test_a_token_of_another_site_is_a_stranger(issuer: OwnIssuer, check: Authenticator) -> None:
    for sites in (["ARR"], [], ["DONX"]):
        assert await refusal(check, f"Bearer {issuer.token(sites=sites)}") == (403, "wrong-site")


async def test_a_token_that_somebody_else_signed_is_invalid(issuer: OwnIssuer, check: Authenticator) -> None:
    assert await refusal(check, f"Bearer {issuer.token(STRANGER)}") == (401, "token-invalid")


async def test_only_the_pinned_algorithms_count(issuer: OwnIssuer, check: Authenticator) -> None:
    # The public key as a shared secret: the classic confusion.
    signed = f"{_part({'alg': 'HS256', 'kid': 'rsa'})}.{_part(issuer.claims())}"
    mac = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    assert await refusal(check, f"Bearer {signed}.{_encoded(mac)}") == (401, "token-invalid")
    for algorithm in ("RS512", "PS256"):
        assert await refusal(check, f"Bearer {issuer.token(RSA, algorithm)}") == (401, "token-invalid")
    unsigned = f"{_part({'alg': 'none', 'kid': 'ec'})}.{_part(issuer.claims())}."
    assert await refusal(check, f"Bearer {unsigned}") == (401, "token-invalid")
    assert await refusal(check, f"Bearer {issuer.token(RSA, 'RS256', kid='ec')}") == (401, "token-invalid")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _part(content: dict[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def test_weak_and_foreign_keys_of_an_issuer_are_left_out() -> None:
    keys = [
        EC.as_dict(private=False),
        EC.as_dict(private=False) | {"kid": "for-encryption", "use": "enc"},
        ECKey.generate_key("P-384", {"kid": "curve"}).as_dict(private=False),
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True),
        {"kty": "unheard-of", "kid": "new"},
        {"kid": "nothing"},
        "no key",
        {key: value for key, value in RSA.as_dict(private=False).items() if key != "kid"},
    ]
    assert list(usable({"keys": keys})) == ["ec"]
    assert usable({"keys": None}) == usable({}) == {}


async def test_a_token_is_checked_again_after_a_minute_and_at_its_expiry(
    issuer: OwnIssuer, check: Authenticator, wall: Watch
) -> None:
    short, long = (f"Bearer {issuer.token(exp=int(wall.now) + seconds)}" for seconds in (10, 3600))
    await check([short])
    await check([long])
    wall.now += 41
    assert await refusal(check, short) == (401, "token-invalid")
    await check([long])
    assert len(check._known) == 2
    wall.now += 3600
    assert await refusal(check, long) == (401, "token-invalid")


async def test_the_site_is_checked_also_for_a_token_that_is_remembered(issuer: OwnIssuer, check: Authenticator) -> None:
    foreign = f"Bearer {issuer.token(sites=['ARR'])}"
    assert await refusal(check, foreign) == await refusal(check, foreign) == (403, "wrong-site")


async def test_many_first_requests_ask_the_issuer_once(issuer: OwnIssuer, check: Authenticator) -> None:
    await asyncio.gather(*(check([f"Bearer {issuer.token(sub=f'agent-{n}')}"]) for n in range(10)))
    assert issuer.asked == 1


async def test_a_new_key_is_found_and_strangers_cannot_make_us_ask_all_the_time(
    issuer: OwnIssuer, check: Authenticator, monotonic: Watch
) -> None:
    await check([f"Bearer {issuer.token()}"])
    new = ECKey.generate_key("P-256", {"kid": "new"})
    issuer.keys.append(new.as_dict(private=False))
    for _ in range(5):
        assert await refusal(check, f"Bearer {issuer.token(new)}") == (401, "token-invalid")
    assert issuer.asked == 1
    monotonic.now += 11
    await check([f"Bearer {issuer.token(new)}"])
    for n in range(5):
        assert await refusal(check, f"Bearer {issuer.token(kid=f'unknown-{n}')}") == (401, "token-invalid")
    assert issuer.asked == 2


async def test_known_keys_go_on_being_used_while_the_issuer_is_away(
    issuer: OwnIssuer, check: Authenticator, monotonic: Watch
) -> None:
    await check([f"Bearer {issuer.token()}"])
    await issuer.stop()
    for _ in range(3):
        monotonic.now += 1000
        await check([f"Bearer {issuer.token(sub=str(monotonic.now))}"])
    assert await refusal(check, f"Bearer {issuer.token(kid='unknown')}") == (401, "token-invalid")


async def test_a_withdrawn_key_stops_working_after_a_while(
    issuer: OwnIssuer, check: Authenticator, monotonic: Watch
) -> None:
    await check([f"Bearer {issuer.token(RSA, 'RS256')}"])
    issuer.keys = [EC.as_dict(private=False)]
    monotonic.now += 901
    await check([f"Bearer {issuer.token()}"])

    async def gone() -> bool:
        monotonic.now += 11
        return await refusal_or_none(check, f"Bearer {issuer.token(RSA, 'RS256')}") == "token-invalid"

    await eventually(gone)


async def refusal_or_none(check: Authenticator, header: str) -> str | None:
    try:
        await check([header])
    except Problem as refused:
        return refused.code
    return None


async def test_without_any_keys_nobody_gets_in_until_the_issuer_is_back(
    issuer: OwnIssuer, check: Authenticator
) -> None:
    await issuer.stop()
    assert await refusal(check, f"Bearer {issuer.token()}") == (503, "identity-provider-unavailable")
    await issuer.start()
    await check([f"Bearer {issuer.token()}"])


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_an_issuer_that_calls_itself_otherwise_or_has_no_fit_key_is_not_believed(
    issuer: OwnIssuer, check: Authenticator
) -> None:
    issuer.says = "http://elsewhere"
    assert await refusal(check, f"Bearer {issuer.token()}") == (503, "identity-provider-unavailable")
    issuer.says = None
    issuer.keys = [RSAKey.generate_key(1024, {"kid": "weak"}).as_dict(private=False)]
    assert await refusal(check, f"Bearer {issuer.token()}") == (503, "identity-provider-unavailable")


def test_a_role_is_needed_and_an_empty_list_lets_nobody_pass() -> None:
    principal = Principal("a", "A", "cpip", frozenset({"spip"}), frozenset({"DON"}), None)
    require_role(principal, frozenset({"inspector", "spip"}))
    for roles in (frozenset({"inspector"}), frozenset[str]()):
        with pytest.raises(Problem, match="role-missing"):
            require_role(principal, roles)
