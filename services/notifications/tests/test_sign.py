"""Signatures, checked with the public library that partners use, and secrets at rest."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from uuid_utils.compat import uuid7

from services.notifications.delivery import sign
from services.notifications.delivery.keys import Keys, Unreadable
from services.notifications.tests.builders import KEYS, SECRET
from shared.messaging.event import utc_now

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
