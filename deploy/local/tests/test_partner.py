"""The partner accepts what the standard library verifies, and nothing else."""

import base64
import json
from datetime import UTC, datetime

from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks.webhooks import Webhook

from deploy.local.partner import Partner, create_app

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def signed(identifier: str, secret: str = SECRET, kind: str = "approved") -> tuple[str, dict[str, str]]:
    now = datetime.now(UTC)
    body = json.dumps({"type": kind})
    signature = Webhook(secret).sign(identifier, now, body)
    return body, {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


async def test_a_verified_notice_is_kept_and_counted() -> None:
    async with TestClient(TestServer(create_app(Partner()))) as client:
        await client.post("/secret", json={"secret": SECRET})
        for _ in range(2):
            body, headers = signed("msg_1")
            assert (await client.post("/webhook", data=body, headers=headers)).status == 204
        notices = await (await client.get("/notices?count=2&timeout=5&type=approved")).json()

    assert [(one["id"], one["times"], one["body"]) for one in notices] == [
        ("msg_1", 1, {"type": "approved"}),
        ("msg_1", 2, {"type": "approved"}),
    ]


async def test_a_wrong_signature_is_refused_and_an_older_secret_still_fits() -> None:
    stranger = "whsec_" + base64.b64encode(b"x" * 32).decode()
    async with TestClient(TestServer(create_app(Partner()))) as client:
        body, headers = signed("msg_1")
        assert (await client.post("/webhook", data=body, headers=headers)).status == 503
        await client.post("/secret", json={"secret": SECRET})
        await client.post("/secret", json={"secret": "whsec_" + base64.b64encode(b"n" * 32).decode()})
        assert (await client.post("/webhook", data=body, headers=headers)).status == 204
        body, headers = signed("msg_2", stranger)
        assert (await client.post("/webhook", data=body, headers=headers)).status == 400
        assert await (await client.get("/refused")).json() == {"refused": 1}
        assert len(await (await client.get("/notices")).json()) == 1


async def test_inboxes_are_apart_and_faults_end_after_their_number() -> None:
    async with TestClient(TestServer(create_app(Partner()))) as client:
        await client.post("/secret", json={"inbox": "mission", "secret": SECRET})
        await client.post("/faults", json={"inbox": "mission", "times": 2})
        statuses = []
        for _ in range(3):
            body, headers = signed("msg_1")
            statuses.append((await client.post("/webhook/mission", data=body, headers=headers)).status)
        assert len(await (await client.get("/notices?inbox=mission")).json()) == 1
        assert await (await client.get("/notices?inbox=default")).json() == []

    assert statuses == [500, 500, 204]


async def test_waiting_for_a_notice_ends_with_its_timeout() -> None:
    async with TestClient(TestServer(create_app(Partner()))) as client:
        assert await (await client.get("/notices?count=1&timeout=0.05")).json() == []
