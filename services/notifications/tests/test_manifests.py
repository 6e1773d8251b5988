"""A day's manifest says what a partner was told, is signed, and never changes: by it alone a loss is noticed."""

import hashlib
import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import SETTLED
from services.notifications.http import sign
from services.notifications.tests.builders import SIGNING, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.worker import Desk
from shared.testing.api import Tokens
from shared.testing.waiting import eventually

EVENING = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
"""One minute before midnight in Paris."""
DAY = timedelta(days=1)


class Auditor:
    """A partner that asks for its manifests."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, partner: UUID | None) -> None:
        self.api, self.tokens, self.partner = api, tokens, partner

    async def ask(self, **query: str) -> httpx.Response:
        token = self.tokens.bearer("partner", partner=None if self.partner is None else str(self.partner))
        return await self.api.get("/v1/partner/manifests", params=query, headers=token)

    async def signed(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.ask(**query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def days(self, **query: str) -> dict[str, tuple[int, int | None, int | None]]:
        """Count, first and last by day, of days on which something was told."""
        bodies = [json.loads(one["body"]) for one in await self.signed(**query)]
        return {one["day"]: (one["count"], one["first"], one["last"]) for one in bodies if one["count"]}


@pytest.fixture
async def auditor(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID, engine: AsyncEngine) -> Auditor:
    async with engine.connect() as conn:
        return Auditor(api, tokens, (await conn.execute(sa.text("SELECT partner_id FROM subscriptions"))).scalar_one())


async def tell(desk: Desk, number: int) -> None:
    """Plans so many notices and claims them, which numbers them."""
    for _ in range(number):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    await desk.claim()


async def run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


async def test_a_manifest_counts_and_digests_what_was_told_on_a_day(
    desk: Desk, auditor: Auditor, clock: SettableClock, subscription: UUID
) -> None:
    await tell(desk, 3)
    rows = await desk.rows()
    clock.forward(DAY)
    (last,) = await auditor.signed()
    lines = [f"{row.sequence} {row.id} {hashlib.sha256(row.body).hexdigest()}\n" for row in rows]
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert json.loads(last["body"]) == {
        "type": "manifest",
        "subscription": str(subscription),
        "day": "2026-11-23",
        "count": 3,
        "first": 1,
        "last": 3,
        "digest": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
    assert (last["id"], last["subscription_id"]) == (f"manifest_{subscription}_2026-11-23", str(subscription))


async def test_a_manifest_is_signed_like_a_notice(desk: Desk, auditor: Auditor, clock: SettableClock) -> None:
    clock.forward(DAY)
    one = (await auditor.signed())[-1]
    assert one["timestamp"] == str(int(clock.now.timestamp()))
    key = SIGNING.at(clock.now)
    assert key is not None
    signature = b64decode(one["signature"].removeprefix("v1a,"))
    key.public_key().verify(signature, sign.content(one["id"], one["timestamp"], one["body"].encode()))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, sign.content(one["id"], one["timestamp"], one["body"].encode() + b" "))


async def test_each_day_of_paris_begins_where_the_one_before_ended(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    clock.now = EVENING
    await tell(desk, 2)
    clock.forward(timedelta(minutes=2))
    await tell(desk, 3)
    clock.forward(3 * DAY + SETTLED)
    assert await auditor.days() == {"2026-11-23": (2, 1, 2), "2026-11-24": (3, 3, 5)}
    silent = json.loads((await auditor.signed())[-1]["body"])
    assert (silent["day"], silent["count"], silent["first"], silent["last"]) == ("2026-11-26", 0, None, None)
    assert silent["digest"] == hashlib.sha256().hexdigest()
    assert await auditor.days(**{"from": "2026-11-24", "until": "2026-11-25"}) == {"2026-11-24": (3, 3, 5)}


async def test_no_number_is_lost_between_two_days_though_clocks_differ(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    clock.now = EVENING + timedelta(minutes=1, seconds=1)
    await tell(desk, 1)
    clock.now = EVENING
    await tell(desk, 2)
    clock.forward(DAY)
    await tell(desk, 1)
    clock.forward(DAY)
    assert await auditor.days() == {"2026-11-23": (3, 1, 3), "2026-11-24": (1, 4, 4)}


async def test_a_day_is_there_once_nothing_can_be_added_to_it(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    await tell(desk, 1)
    midnight = EVENING + timedelta(minutes=1)
    for now, there in (
        (midnight, False),
        (midnight + SETTLED - timedelta(seconds=1), False),
        (midnight + SETTLED, True),
    ):
        clock.now = now
        assert bool(await auditor.days()) == there


async def test_whatever_becomes_of_a_notice_its_days_manifest_stays(
    desk: Desk, auditor: Auditor, clock: SettableClock, engine: AsyncEngine
) -> None:
    await tell(desk, 2)
    clock.forward(DAY)
    before = [one["body"] for one in await auditor.signed()]
    await run(engine, "UPDATE deliveries SET lease_token = NULL, lease_until = NULL, state = 'refused', body = '',"
                      " next_attempt_at = NULL, version = version + 1")  # fmt: skip
    clock.forward(timedelta(hours=1))
    assert [one["body"] for one in await auditor.signed()] == before


async def test_an_attempt_the_day_after_belongs_to_the_day_of_the_first(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    await tell(desk, 1)
    clock.forward(DAY)
    before = await auditor.signed(until="2026-11-24")
    assert len(await desk.claim()) == 1
    assert [one["body"] for one in await auditor.signed(until="2026-11-24")] == [one["body"] for one in before]
    clock.forward(DAY)
    assert await auditor.days() == {"2026-11-23": (1, 1, 1)}


async def test_what_is_pulled_first_is_in_the_manifest_too_and_the_feed_has_its_hash(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    await desk.approve()

    async def pull(number: int) -> list[dict[str, Any]]:
        bearer = auditor.tokens.bearer("partner", partner=str(auditor.partner))

        async def enough() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = (await auditor.api.get("/v1/partner/feed", headers=bearer)).json()["items"]
            assert len(items) == number
            return items

        return await eventually(enough)

    (pulled,) = await pull(1)
    compact = json.dumps(pulled["body"], separators=(",", ":")).encode()
    assert pulled["sha256"] == hashlib.sha256(compact).hexdigest()
    await desk.withdraw()
    withheld, retraction = await pull(2)
    assert (withheld["body"], withheld["sha256"]) == (None, pulled["sha256"])
    clock.forward(DAY)
    manifest = json.loads((await auditor.signed())[-1]["body"])
    lines = "".join(f"{one['sequence']} {one['id']} {one['sha256']}\n" for one in (pulled, retraction))
    assert (manifest["last"], manifest["digest"]) == (2, hashlib.sha256(lines.encode()).hexdigest())


async def test_nobody_reads_anothers_manifests(
    desk: Desk, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, auditor: Auditor, clock: SettableClock
) -> None:
    await tell(desk, 1)
    stranger = await a_partner(engine, name="Somebody else")
    other = await a_subscription(engine, stranger)
    clock.forward(DAY)
    found = await Auditor(api, tokens, stranger).signed()
    assert {one["subscription_id"] for one in found} == {str(other)}
    assert await Auditor(api, tokens, uuid7()).signed() == []
    unnamed = await Auditor(api, tokens, None).ask()
    assert (unnamed.status_code, unnamed.json()["code"]) == (403, "partner-missing")
    for officer in ("partner_admin", "inspector", "operator", "spip"):
        refused = await api.get("/v1/partner/manifests", headers=tokens.bearer(officer))
        assert (refused.status_code, refused.json()["code"]) == (403, "role-missing")


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-11-23", "2026-11-23", "days-invalid"),
        ("2026-11-24", "2026-11-23", "days-invalid"),
        ("2026-10-01", "2026-11-02", "days-invalid"),
        ("yesterday", "2026-11-23", "validation-failed"),
    ],
)
async def test_days_that_are_none_are_refused(auditor: Auditor, since: str, until: str, code: str) -> None:
    answer = await auditor.ask(**{"from": since, "until": until})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_without_a_valid_key_there_is_no_unsigned_manifest(
    desk: Desk, auditor: Auditor, clock: SettableClock
) -> None:
    clock.now = datetime(2100, 1, 2, tzinfo=UTC)
    answer = await auditor.ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "signing-key-missing")
