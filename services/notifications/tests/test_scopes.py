"""What a subscription is told: less at once, more only by two officers, and never nothing at all."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Notice, Refusal, Refused, Scope, widens
from services.notifications.tables import subscription_changes
from services.notifications.tests.builders import NOW, a_partner, a_subscription, an_approval
from services.notifications.tests.office import Office
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

TOLD, TAKEN_BACK = Notice.APPROVED.value, Notice.WITHDRAWN.value
BOTH = {"event_types": [TOLD, TAKEN_BACK]}
ONE = {"event_types": [TOLD]}
OTHER = "partner_approver"


@pytest.fixture
async def subscription(engine: AsyncEngine) -> UUID:
    return await a_subscription(engine, await a_partner(engine), event_types=(Notice.APPROVED,))


@pytest.fixture
def office(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> Office:
    return Office(api, tokens, subscription)


async def count(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return int((await conn.execute(sa.text("SELECT count(*) FROM deliveries"))).scalar_one())


async def test_more_is_told_only_once_another_officer_approves(
    office: Office, bench: Bench, engine: AsyncEngine
) -> None:
    # Subscribed before it was refused: to nothing that is ever told by itself.
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET event_types = ARRAY['candidacy.withdrawn']"))
    asked = await office.must("scope", BOTH)
    assert (asked["event_types"], asked["wider_event_types"]) == ([TAKEN_BACK], [TOLD, TAKEN_BACK])
    await bench.deliver(an_approval(), subject=uuid7())
    assert await count(engine) == 0
    assert await office.refused("scope/approve", BOTH) == (403, "approval-by-the-same")
    assert await office.refused("scope/approve", ONE, OTHER) == (409, "scope-changed")
    approved = await office.must("scope/approve", BOTH, OTHER)
    assert (approved["event_types"], approved["wider_event_types"]) == ([TOLD, TAKEN_BACK], None)
    assert approved["scope_approved_at"] is not None
    await bench.deliver(an_approval(), subject=uuid7())
    assert await count(engine) == 1
    assert await office.refused("scope/approve", BOTH, OTHER) == (409, "scope-not-asked")


async def test_less_is_told_at_once_and_more_again_waits_again(office: Office) -> None:
    await office.must("scope", BOTH)
    await office.must("scope/approve", BOTH, OTHER)
    less = await office.must("scope", ONE, OTHER)
    assert (less["event_types"], less["wider_event_types"], less["scope_approved_at"]) == ([TOLD], None, None)
    again = await office.must("scope", BOTH, OTHER)
    assert (again["event_types"], again["wider_event_types"]) == ([TOLD], [TOLD, TAKEN_BACK])
    assert await office.refused("scope/approve", BOTH, OTHER) == (403, "approval-by-the-same")


async def test_a_wider_scope_is_taken_back_by_who_asked_for_it_alone(office: Office) -> None:
    assert await office.refused("scope/withdraw") == (409, "scope-not-asked")
    await office.must("scope", BOTH)
    assert await office.refused("scope/withdraw", by=OTHER) == (403, "scope-asked-by-another")
    assert await office.refused("scope", ONE, OTHER) == (409, "scope-unchanged")
    back = await office.must("scope/withdraw")
    assert (back["event_types"], back["wider_event_types"], back["scope_asked_at"]) == ([TOLD], None, None)
    assert await office.refused("scope/approve", BOTH, OTHER) == (409, "scope-not-asked")


async def test_the_second_officer_of_an_address_has_not_approved_a_wider_scope(office: Office) -> None:
    await office.must("scope", BOTH)
    shown = await office.must("approve", by=OTHER)
    assert (shown["event_types"], shown["wider_event_types"]) == ([TOLD], [TOLD, TAKEN_BACK])


async def test_who_changed_what_is_kept_and_shown(office: Office, engine: AsyncEngine) -> None:
    await office.must("scope", BOTH)
    await office.must("scope/withdraw")
    await office.must("scope", BOTH)
    await office.must("scope/approve", BOTH, OTHER)
    await office.must("scope", ONE)
    for reader in ("inspector", "partner_admin", "operator"):
        shown = (await office.get("changes", reader)).json()["items"]
        assert [(one["by"], one["change"], one["what"]) for one in shown] == [
            ("agent-6001", "scope_asked", [TOLD, TAKEN_BACK]),
            ("agent-6001", "scope_withdrawn", []),
            ("agent-6001", "scope_asked", [TOLD, TAKEN_BACK]),
            ("agent-6002", "scope_approved", [TOLD, TAKEN_BACK]),
            ("agent-6001", "scope_narrowed", [TOLD]),
        ]
    for statement in (sa.delete(subscription_changes), sa.update(subscription_changes).values(by="nobody")):
        with pytest.raises(DBAPIError, match="never edited"):
            async with engine.begin() as conn:
                await conn.execute(statement)


async def test_who_let_a_partner_be_told_where_is_kept_too(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    asked = ONE | {"partner_id": str(await a_partner(engine)), "url": "https://partner.example.org/"}
    made = await api.post("/v1/subscriptions", json=asked, headers=tokens.bearer("partner_admin") | once())
    office = Office(api, tokens, UUID(made.json()["id"]))
    await office.must("endpoint", {"url": "https://partner.example.org/other"}, OTHER)
    await office.must("approve")
    await office.must("secret", {}, OTHER)
    await office.must("secret", {"forced": True})
    shown = (await office.get("changes", "inspector")).json()["items"]
    assert [(one["by"], one["change"], one["what"]) for one in shown] == [
        ("agent-6001", "proposed", ["https://partner.example.org/", TOLD]),
        ("agent-6002", "endpoint_changed", ["https://partner.example.org/other"]),
        ("agent-6001", "endpoint_approved", []),
        ("agent-6002", "secret_changed", []),
        ("agent-6001", "secret_changed", ["forced"]),
    ]


async def test_a_scope_that_can_match_nothing_is_refused(
    office: Office, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    over = await a_partner(engine, convention=(NOW.date().replace(year=2025), NOW.date()))
    partner = await a_partner(engine)
    for body in (
        {"partner_id": str(partner), "event_types": [TAKEN_BACK]},
        {"partner_id": str(over), "event_types": [TOLD]},
    ):
        asked = body | {"url": "https://partner.example.org/"}
        answer = await api.post("/v1/subscriptions", json=asked, headers=tokens.bearer("partner_admin") | once())
        assert (answer.status_code, answer.json()["code"]) == (422, "scope-matches-nothing")
    assert await office.refused("scope", {"event_types": [TAKEN_BACK]}) == (422, "scope-matches-nothing")
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE partners SET convention_to = :now"), {"now": NOW.date()})
    assert await office.refused("scope", BOTH) == (422, "scope-matches-nothing")


async def test_what_has_ended_or_never_was_is_not_changed(
    office: Office, engine: AsyncEngine, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    acts: dict[str, Any] = {"scope": BOTH, "scope/approve": BOTH, "scope/withdraw": None}
    stranger = Office(api, tokens, uuid7())
    for act, body in acts.items():
        assert await stranger.refused(act, body) == (404, "subscription-unknown"), act
        assert await office.refused(act, body, "inspector") == (403, "role-missing"), act
        assert await office.refused(act, body, "operator") == (403, "role-missing"), act
    assert (await stranger.get("changes", "inspector")).json() == {"items": []}
    assert (await office.get("changes", "spip")).json()["code"] == "role-missing"
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET state = 'disabled'"))
    for act, body in acts.items():
        assert await office.refused(act, body) == (409, "subscription-disabled"), act


BROKEN = {
    "wider": (
        "wider_event_types = event_types, scope_asked_by = 'x', scope_asked_at = now()",
        "wider_event_types = ARRAY['candidacy.assessed'], scope_asked_by = 'x', scope_asked_at = now()",
        "wider_event_types = ARRAY['candidacy.withdrawn']",
        "wider_event_types = ARRAY['candidacy.withdrawn'], scope_asked_by = 'x', scope_asked_at = now(),"
        " scope_approved_by = 'y', scope_approved_at = now()",
    ),
    "scope_approved_by_another": (
        "scope_asked_by = 'x'",
        "scope_asked_by = 'x', scope_asked_at = now(), scope_approved_by = 'x', scope_approved_at = now()",
        "scope_asked_by = 'x', scope_asked_at = now(), scope_approved_by = 'y'",
        "scope_approved_by = 'y', scope_approved_at = now()",
    ),
}


@pytest.mark.usefixtures("subscription")
@pytest.mark.parametrize(("rule", "change"), [(rule, one) for rule, changes in BROKEN.items() for one in changes])
async def test_the_database_keeps_the_rules_of_scopes(rule: str, change: str, engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError, match=f"ck_subscriptions_{rule}"):
        async with engine.begin() as conn:
            await conn.execute(sa.text(f"UPDATE subscriptions SET {change}"))


def test_what_adds_nothing_needs_no_second_officer() -> None:
    scope = Scope(frozenset("ab"))
    assert (widens(scope, "a"), widens(scope, "abc"), widens(scope, "c")) == (False, True, True)
    with pytest.raises(Refused, match=Refusal.SCOPE_UNCHANGED):
        widens(scope, "ba")
