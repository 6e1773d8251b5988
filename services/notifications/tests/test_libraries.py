"""Other people's code accepts what the engine sends: the published libraries for Python and JavaScript, and Node.

The vectors are those of the specification's own repository, `standard-webhooks/standard-webhooks`: v1 from
`libraries/javascript/src/webhook.test.ts` ("sign function works"), v1a from `libraries/go/webhook_asymmetric_test.go`
(`TestAsymmetricWebhookSign`).
"""

import asyncio
import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from services.notifications.http import sign
from services.notifications.http.access import Accesses
from services.notifications.http.proof import asking
from services.notifications.store.subscriptions import Endpoint
from services.notifications.tests.builders import KEYS, SECRET, SIGNING, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now

# The library is installed once per process: one process has all of it.
pytestmark = pytest.mark.xdist_group("javascript")

MESSAGE, TIMESTAMP, PAYLOAD = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
NEW_SECRET = SECRET[::-1]

Judge = Callable[..., Sequence[Mapping[str, bool]]]


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the libraries refuse what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The published JavaScript library, as `package-lock.json` names it with its hash; and Node's own cryptography."""
    here = tmp_path_factory.mktemp("javascript") / "javascript"
    shutil.copytree(Path(__file__).parent / "javascript", here)
    options = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
    installed = subprocess.run(["npm", "ci", *options], cwd=here, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr

    def judge(requests: Sequence[Mapping[str, Any]], secret: bytes = SECRET) -> Sequence[Mapping[str, bool]]:
        asked = {"secret": whsec(secret), "keys": SIGNING.published(), "requests": requests}
        done = subprocess.run(
            ["node", "verify.mjs"], cwd=here, input=json.dumps(asked), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answer: list[Mapping[str, bool]] = json.loads(done.stdout)
        return answer

    return judge


def whsec(secret: bytes) -> str:
    return "whsec_" + b64encode(secret).decode()


def received(receiver: Receiver) -> list[dict[str, Any]]:
    """What came, with the three headers alone."""
    return [
        {"headers": {n.lower(): v for n, v in headers.items() if n.lower().startswith("webhook-")}, "body": b.decode()}
        for headers, b in zip(receiver.headers, receiver.bodies, strict=True)
    ]


def test_the_published_vectors_are_signed_alike() -> None:
    v1 = sign.headers([b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], MESSAGE, AT, PAYLOAD)  # type: ignore[arg-type]
    assert v1["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    key = Ed25519PrivateKey.from_private_bytes(b64decode("VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="))
    assert sign.asymmetric(key, sign.content(MESSAGE, str(TIMESTAMP), PAYLOAD)) == (
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
    )


AT = datetime.fromtimestamp(TIMESTAMP, UTC)


async def test_both_libraries_accept_all_that_an_engine_sends(
    desk: Desk, receiver: Receiver, javascript: Judge
) -> None:
    receiver.answers = [answering(500)]
    for _ in range(20):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    await desk.approve()
    async with desk.working():
        await desk.tried(21)
        await desk.withdraw()
        await desk.tried(22)
    sent = received(receiver)
    assert len(sent) == 22
    assert {one["body"].split('"')[3] for one in sent} == {"candidacy.approved", "candidacy.withdrawn"}
    for one in sent:
        assert [name for name, _ in parts(one)] == ["v1", "v1a"]
        Webhook(whsec(SECRET)).verify(one["body"], one["headers"])
    assert await asyncio.to_thread(javascript, sent) == [{"v1": True, "v1a": True}] * 22


async def test_while_a_secret_changes_either_is_accepted(desk: Desk, receiver: Receiver, javascript: Judge) -> None:
    async with desk.engine.begin() as conn:
        (subscription,) = (await conn.execute(sa.text("SELECT id FROM subscriptions"))).scalars()
        await conn.execute(
            sa.text("UPDATE subscriptions SET old_secret = secret, old_secret_until = '2100-01-01', secret = :new"),
            {"new": KEYS.seal(NEW_SECRET, subscription)},
        )
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    (one,) = sent = received(receiver)
    assert [name for name, _ in parts(one)] == ["v1", "v1", "v1a"]
    for secret in (SECRET, NEW_SECRET):
        Webhook(whsec(secret)).verify(one["body"], one["headers"])
        assert await asyncio.to_thread(javascript, sent, secret) == [{"v1": True, "v1a": True}]


async def test_the_challenge_is_signed_both_ways_too(
    desk: Desk, receiver: Receiver, clock: SettableClock, javascript: Judge
) -> None:
    receiver.answers = [answering(405)]
    other = await a_subscription(desk.engine, await a_partner(desk.engine))
    ask = asking(Accesses(KEYS, SIGNING, clock), "DON", clock, allow_loopback=True)
    assert (await ask(Endpoint(other, receiver.url, KEYS.seal(SECRET, other)))).outcome == "challenge_not_repeated"
    del receiver.headers[0]
    assert await asyncio.to_thread(javascript, received(receiver)) == [{"v1": True, "v1a": True}]


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "v1a"])
def test_what_was_changed_on_the_way_is_accepted_by_neither(changed: str, javascript: Judge) -> None:
    now = utc_now()
    headers = sign.headers([SECRET], uuid7(), now, PAYLOAD, SIGNING.at(now))
    body = PAYLOAD.decode()
    match changed:
        case "webhook-id":
            headers["webhook-id"] = str(uuid7())
        case "webhook-timestamp":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
        case "body":
            body = body.replace("4", "5")
        case "v1a":
            stranger = Ed25519PrivateKey.generate()
            headers = sign.headers([SECRET], uuid7(), now, PAYLOAD, stranger)
    assert javascript([{"headers": headers, "body": body}]) == [{"v1": changed == "v1a", "v1a": False}]


def parts(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The signatures of a request by version."""
    found = (one.partition(",") for one in request["headers"]["webhook-signature"].split(" "))
    return [(version, signature) for version, _, signature in found]
