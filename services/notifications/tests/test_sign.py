"""Signatures, checked with the public library that partners use, the site's keys, and secrets at rest."""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode, urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError
from uuid_utils.compat import uuid7

from services.notifications.api.well_known import CACHED, PATH
from services.notifications.http import sign
from services.notifications.http.keys import Keys, Unreadable
from services.notifications.http.signing_keys import Pair, SigningKeys
from services.notifications.settings import PROOF_PATH
from services.notifications.tests.builders import KEYS, SECRET, SEED, SIGNING
from shared.messaging.event import utc_now
from shared.process import Exit

BODY = '{"type":"candidacy.approved","data":{"reference":"é"}}'.encode()


def test_the_public_library_accepts_what_we_sign() -> None:
    headers = sign.headers([SECRET], uuid7(), utc_now(), BODY)
    assert Webhook("whsec_" + b64encode(SECRET).decode()).verify(BODY, headers)["type"] == "candidacy.approved"


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_the_public_library_refuses_what_was_changed_on_the_way(changed: str) -> None:
    headers = sign.headers([SECRET], uuid7(), utc_now(), BODY)
    body, secret = BODY, SECRET
    match changed:
        case "webhook-id":
            headers["webhook-id"] = str(uuid7())
        case "webhook-timestamp":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
        case "body":
            body = BODY.replace(b"approved", b"withdrawn")
        case "secret":
            secret = SECRET[::-1]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + b64encode(secret).decode()).verify(body, headers)


def test_the_timestamp_is_the_instant_whatever_its_zone() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert sign.headers([SECRET], uuid7(), at, BODY)["webhook-timestamp"] == str(int(at.timestamp()))


def test_a_sealed_secret_opens_for_its_owner_only() -> None:
    owner = uuid7()
    sealed = KEYS.seal(SECRET, owner)
    assert SECRET not in sealed
    assert KEYS.open(sealed, owner) == SECRET
    with pytest.raises(Unreadable):
        KEYS.open(sealed, uuid7())


def test_a_sealed_secret_does_not_open_with_another_key() -> None:
    owner = uuid7()
    with pytest.raises(Unreadable):
        Keys(b64encode(bytes(32)).decode()).open(KEYS.seal(SECRET, owner), owner)


@pytest.mark.parametrize("bad", ["", "not base64!", b64encode(bytes(31)).decode(), b64encode(bytes(33)).decode()])
def test_a_key_of_any_other_size_is_refused_at_start(bad: str) -> None:
    with pytest.raises(ValueError, match="not"):
        Keys(bad)


JANUARY, MARCH, MAY, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 5, 7))


def seed(letter: str) -> str:
    return b64encode(letter.encode() * 32).decode()


def a_pair(letter: str, begin: datetime, end: datetime) -> Pair:
    return Pair.of(letter, seed(letter), begin, end)


def test_of_the_keys_that_are_valid_the_newest_signs_and_all_are_published() -> None:
    old, new = a_pair("a", JANUARY, MAY), a_pair("b", MARCH, JULY)
    keys = SigningKeys([new, old])
    moment = timedelta(seconds=1)
    signing = [keys.at(at) for at in (JANUARY, MARCH - moment, MARCH, MAY, JULY - moment)]
    assert signing == [old.private, old.private, new.private, new.private, new.private]
    assert [keys.at(at) for at in (JANUARY - moment, JULY)] == [None, None]
    published = keys.published()["keys"]
    assert [(one["kid"], one["nbf"], one["exp"]) for one in published] == [
        ("a", JANUARY.timestamp(), MAY.timestamp()),
        ("b", MARCH.timestamp(), JULY.timestamp()),
    ]


def test_without_a_valid_key_the_partners_own_secret_goes_on_signing() -> None:
    headers = sign.headers([SECRET], uuid7(), utc_now(), BODY, SigningKeys([a_pair("a", JANUARY, MARCH)]).at(MAY))
    assert [one[:3] for one in headers["webhook-signature"].split(" ")] == ["v1,"]


async def test_anybody_reads_the_public_keys_and_may_keep_them(api: httpx.AsyncClient) -> None:
    answer = await api.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwk-set+json")
    assert answer.headers["cache-control"] == f"public, max-age={CACHED}"
    assert answer.json() == SIGNING.published()
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    x = urlsafe_b64decode(key["x"] + "=")
    assert b64decode(key["whpk"].removeprefix("whpk_")) == x
    now = utc_now()
    signer = SIGNING.at(now)
    assert signer is not None
    Ed25519PublicKey.from_public_bytes(x).verify(signer.sign(BODY), BODY)
    assert SEED not in answer.text
    kept = await api.get(PATH, headers={"If-None-Match": answer.headers["etag"]})
    assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert (await api.get(PATH, headers={"If-None-Match": '"another"'})).status_code == 200


async def test_the_keys_and_the_page_of_a_mailbox_alone_are_open_to_all(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).json()["paths"]
    assert described[PATH]["get"]["security"] == []
    open_to_all = {path for path, operations in described.items() for o in operations.values() if not o["security"]}
    assert open_to_all == {PATH, PROOF_PATH}
    for path in ("/v1/partners", f"{PATH}/x", "/.well-known/"):
        assert (await api.get(path)).status_code == 401
    assert (await api.post(PATH)).status_code == 405


GOOD = {"id": "a", "seed": SEED, "not_before": "2020-01-01T00:00:00Z", "not_after": "2100-01-01T00:00:00Z"}
CANARY = "canary-of-a-seed"


@pytest.mark.parametrize(
    ("command", "keys", "said"),
    [
        ("api", None, "is not set"),
        ("api", CANARY, "is invalid (json-invalid)"),
        ("api", [], "is invalid (value-error)"),
        ("api", [GOOD | {"seed": CANARY}], "is invalid (value-error)"),
        ("api", [GOOD | {"seed": b64encode(bytes(31)).decode()}], "is invalid (value-error)"),
        ("api", [GOOD | {"seed": SEED[:-1]}], "is invalid (value-error)"),
        ("api", [GOOD | {"id": "a b"}], "is invalid (string-pattern-mismatch)"),
        ("api", [GOOD | {"not_after": "2020-01-01T00:00:00Z"}], "is invalid (value-error)"),
        ("api", [GOOD | {"not_before": "2020-01-01T00:00:00"}], "is invalid (timezone-aware)"),
        ("api", [GOOD, GOOD], "is invalid (value-error)"),
        ("api", [GOOD | {"not_after": "2020-01-02T00:00:00Z"}], "has no key that is valid now"),
        ("worker", [GOOD | {"not_after": "2020-01-02T00:00:00Z"}], "has no key that is valid now"),
    ],
)
def test_without_good_keys_no_process_starts_and_none_is_shown(command: str, keys: object, said: str) -> None:
    environment = {
        **{"PATH": os.environ["PATH"], "SITE": "DON", "NOTIFICATIONS_KAFKA_BOOTSTRAP": "127.0.0.1:1"},
        **{"NOTIFICATIONS_DATABASE_URL": "postgresql+asyncpg://a:b@127.0.0.1:1/c", "NOTIFICATIONS_API_PORT": "1"},
        **{"NOTIFICATIONS_OIDC_ISSUER": "http://127.0.0.1:1", "NOTIFICATIONS_WORKER_PORT": "1"},
        **{"NOTIFICATIONS_IDEMPOTENCY_SECRET": "x" * 32, "NOTIFICATIONS_SECRETS_KEY": SEED},
    }
    if keys is not None:
        environment["NOTIFICATIONS_SIGNING_KEYS"] = keys if isinstance(keys, str) else json.dumps(keys)
    done = subprocess.run(
        [sys.executable, "-m", "services.notifications", command],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == Exit.EX_CONFIG
    assert done.stderr.splitlines()[-1] == f"configuration: NOTIFICATIONS_SIGNING_KEYS {said}"
    assert CANARY not in done.stdout + done.stderr
    assert SEED not in done.stdout + done.stderr
