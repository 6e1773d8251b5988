"""What partners are promised is what they get: every body is of the catalogue, in the version of its subscription."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import NEWEST, PLACEHOLDER, RENDER, Notice
from services.notifications.handlers.wording import worded
from services.notifications.tables import deliveries, subscriptions
from services.notifications.tests.builders import NOW, a_consent, a_partner, a_subscription, a_withdrawal, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.test_api import problem, subscribe
from services.notifications.tests.worker import Desk
from shared.contracts.notices import CATALOGUE, About, Numbered, check
from shared.messaging.event import utc_now
from shared.testing.api import Tokens
from shared.testing.kernel import Bench

FORMATS = Draft202012Validator.FORMAT_CHECKER


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def bodies(engine: AsyncEngine) -> list[tuple[int, dict[str, Any]]]:
    """Version and body of each notice planned, oldest first."""
    query = (
        sa.select(subscriptions.c.notice_version, deliveries.c.body)
        .join(deliveries, deliveries.c.subscription_id == subscriptions.c.id)
        .order_by(deliveries.c.id)
    )
    async with engine.connect() as conn:
        return [(version, json.loads(body)) for version, body in await conn.execute(query)]


async def pin(engine: AsyncEngine, subscription: UUID, version: int) -> None:
    async with engine.begin() as conn:
        change = sa.update(subscriptions).where(subscriptions.c.id == subscription)
        await conn.execute(change.values(notice_version=version))


async def test_every_notice_is_what_the_catalogue_says(
    bench: Bench, engine: AsyncEngine, desk: Desk, receiver: Receiver
) -> None:
    await a_subscription(engine, await a_partner(engine), url=receiver.url)
    await desk.approve()
    async with desk.working():
        await desk.become("delivered", "delivered")
    await bench.deliver(a_consent(), subject=desk.candidacy, version=2)
    await bench.deliver(an_approval(), subject=uuid7())
    async with desk.working():
        rows = await desk.become(*["delivered"] * 6)
    schemas = {
        name: Draft202012Validator(body.model_json_schema(), format_checker=FORMATS) for name, body in CATALOGUE.items()
    }
    assert {row.notice for row in rows} == set(Notice)
    for row in rows:
        check(row.notice, 1, row.body.decode())
        schemas[f"{row.notice}.v1"].validate(json.loads(row.body))
    assert len(receiver.notices) == len(rows)


def test_each_notice_has_a_body_and_a_promise_in_each_version() -> None:
    versions = {version for _, version in RENDER}
    assert set(RENDER) == {(notice, version) for notice in Notice for version in versions}
    assert {f"{notice}.v{version}" for notice, version in RENDER} <= set(CATALOGUE)
    assert max(versions) == NEWEST


def saying(**more: Any) -> Callable[[Notice, datetime], str]:
    def render(notice: Notice, at: datetime) -> str:
        said = {"type": notice.value, "timestamp": at.isoformat(), "data": {"reference": PLACEHOLDER}}
        return json.dumps(said | more)

    return render


WRONG: dict[str, dict[str, Any]] = {
    "a field that nobody was promised": {"site": "DON"},
    "one inside": {"data": {"reference": PLACEHOLDER, "ecrou_number": "000123"}},
    "no reference": {"data": {}},
    "a reference of another kind": {"data": {"reference": "Dominique Fictif"}},
    "an hour of nowhere": {"timestamp": "2026-11-23T09:00:00"},
    "another type": {"type": "candidacy.refused"},
}


@pytest.mark.parametrize("more", WRONG.values(), ids=WRONG)
async def test_nothing_is_planned_that_the_catalogue_does_not_describe(
    bench: Bench, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    await a_subscription(engine, await a_partner(engine))
    monkeypatch.setitem(RENDER, (Notice.APPROVED, 1), saying(**more))
    with pytest.raises(ValidationError):
        worded(Notice.APPROVED, NOW)
    with pytest.raises(AssertionError, match=r"approved\.v1 failed"):
        await bench.deliver(an_approval(), subject=uuid7())
    assert await bodies(engine) == []


class SecondApproved(Numbered):
    """One place is reserved, said in another way."""

    version: ClassVar[int] = 2
    type: Literal["candidacy.approved"]
    about: About


class SecondWithdrawn(Numbered):
    """It is no longer so, said in another way."""

    version: ClassVar[int] = 2
    type: Literal["candidacy.withdrawn"]
    about: About


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue has a second version."""

    def render(notice: Notice, at: datetime) -> str:
        return json.dumps({"type": notice.value, "timestamp": at.isoformat(), "about": {"reference": PLACEHOLDER}})

    for notice, body in ((Notice.APPROVED, SecondApproved), (Notice.WITHDRAWN, SecondWithdrawn)):
        monkeypatch.setitem(RENDER, (notice, 2), render)
        monkeypatch.setitem(CATALOGUE, body.label(), body)


@pytest.mark.usefixtures("second")
async def test_a_notice_and_its_retraction_are_worded_as_the_subscription_was_promised(
    bench: Bench, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    await a_subscription(engine, partner)
    await pin(engine, await a_subscription(engine, partner), 2)
    candidacy = uuid7()
    await bench.deliver(an_approval(), subject=candidacy)
    async with engine.begin() as conn:
        told = {"state": "delivered", "next_attempt_at": None, "reached": True}
        await conn.execute(sa.update(deliveries).values(told))
    await bench.deliver(a_withdrawal(), subject=candidacy, version=2)
    told_in = {(version, body["type"], "about" in body, "data" in body) for version, body in await bodies(engine)}
    assert told_in == {
        (1, "candidacy.approved", False, True),
        (2, "candidacy.approved", True, False),
        (1, "candidacy.withdrawn", False, True),
        (2, "candidacy.withdrawn", True, False),
    }


async def test_who_was_promised_a_version_that_is_gone_is_not_left_out_in_silence(
    bench: Bench, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    await a_subscription(engine, partner)
    await pin(engine, await a_subscription(engine, partner), 7)
    with pytest.raises(AssertionError, match=r"approved\.v1 failed"):
        await bench.deliver(an_approval(), subject=uuid7())
    assert await bodies(engine) == []


async def test_a_subscription_is_told_in_the_newest_version_unless_it_says_another(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    for made in (await subscribe(api, tokens, partner), await subscribe(api, tokens, partner, notice_version=1)):
        assert (made.status_code, made.json()["notice_version"]) == (201, NEWEST)
    listed = await api.get("/v1/subscriptions", headers=tokens.bearer("operator"))
    assert [one["notice_version"] for one in listed.json()["items"]] == [NEWEST, NEWEST]


async def test_a_version_that_there_is_not_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    for version in (NEWEST + 1, 2**63):
        refused = await subscribe(api, tokens, partner, notice_version=version)
        assert problem(refused) == (422, "notice-version-unknown"), version
    for wrong in (0, "newest", None):
        assert problem(await subscribe(api, tokens, partner, notice_version=wrong)) == (422, "validation-failed"), wrong
    subscription = await a_subscription(engine, partner)
    with pytest.raises(IntegrityError, match="ck_subscriptions_notice_version"):
        await pin(engine, subscription, 0)


@pytest.mark.usefixtures("second")
async def test_a_subscription_may_ask_for_a_version_once_there_is_one(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    made = await subscribe(api, tokens, await a_partner(engine), notice_version=2)
    assert made.json()["notice_version"] == 2


async def test_the_api_describes_what_it_sends(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).json()
    OpenAPIV31SpecValidator(described).validate()
    assert set(described["webhooks"]) == set(CATALOGUE)
    assert not set(described["paths"]) & set(CATALOGUE)


async def test_a_challenge_is_of_the_catalogue_too(
    api: httpx.AsyncClient, tokens: Tokens, subscription: UUID, receiver: Receiver
) -> None:
    await api.post(
        f"/v1/subscriptions/{subscription}/prove", headers=tokens.bearer("partner_admin") | {"Idempotency-Key": "1"}
    )
    (asked,) = receiver.notices
    check("endpoint.challenge", 1, json.dumps(asked))
    schema = CATALOGUE["endpoint.challenge.v1"].model_json_schema()
    Draft202012Validator(schema, format_checker=FORMATS).validate(asked)
