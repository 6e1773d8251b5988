"""The routes: who may, what is stored, what is shown, and how each wrong request is answered."""

from base64 import b64decode
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tables import partners, subscriptions
from services.notifications.tests.builders import DECISION, KEYS, NOW, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from shared.contracts.notifications import PartnerConventionRecorded
from shared.contracts.selection import PartnerCategory
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

PARTNER = {
    "name": "France Travail Charleville-Mézières",
    "category": "employment_service",
    "convention_from": "2026-01-01",
    "convention_to": "2027-01-01",
}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def subscribe(
    api: httpx.AsyncClient, tokens: Tokens, partner: UUID, key: str | None = None, **changed: object
) -> httpx.Response:
    body = {
        "partner_id": str(partner),
        "url": "https://partner.example.org/notices",
        "event_types": ["candidacy.withdrawn", "candidacy.approved"],
    } | changed
    return await api.post("/v1/subscriptions", json=body, headers=tokens.bearer("partner_admin") | once(key))


async def test_a_partner_is_taken_in_and_listed(api: httpx.AsyncClient, tokens: Tokens) -> None:
    answer = await api.post("/v1/partners", json=PARTNER, headers=tokens.bearer("partner_admin") | once())
    assert answer.status_code == 201
    assert answer.json() == PARTNER | {
        "id": answer.json()["id"],
        "fields": ["last_name", "first_names", "ecrou_number", "projected_exit"],
        "window_months": 6,
        "created_at": "2026-11-23T09:00:00Z",
        "contact": None,
    }
    listed = await api.get("/v1/partners", headers=tokens.bearer("inspector"))
    assert listed.json() == {"items": [answer.json()], "next_cursor": None}


async def test_what_a_convention_permits_is_told_in_the_same_transaction(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    body = PARTNER | {"fields": ["projected_exit", "last_name"], "window_months": 3}
    partner = (await api.post("/v1/partners", json=body, headers=tokens.bearer("partner_admin") | once())).json()
    (told,) = await bench.published()
    assert (told.event_type, told.topic) == (PartnerConventionRecorded.type, "notifications.partner.v1")
    assert told.body == {
        "partner_id": partner["id"],
        "partner": PARTNER["name"],
        "category": "employment_service",
        "convention_from": "2026-01-01",
        "convention_to": "2027-01-01",
        "fields": ["last_name", "projected_exit"],
        "window_months": 3,
    }
    assert (str(told.key), told.headers["ce_aggregateversion"]) == (partner["id"], "1")


async def test_no_convention_permits_more_than_the_law_grants_its_category(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, engine: AsyncEngine
) -> None:
    for category, field in (
        ("training_body", "ecrou_number"),
        ("training_body", "projected_exit"),
        ("region", "last_name"),
        ("social_employer", "first_names"),
    ):
        body = PARTNER | {"category": category, "fields": [field]}
        refused = await api.post("/v1/partners", json=body, headers=tokens.bearer("partner_admin") | once())
        assert problem(refused) == (422, "field-not-lawful"), category
        partner = await a_partner(engine, category=PartnerCategory(category))
        change = sa.update(partners).where(partners.c.id == partner).values(fields=[field])
        with pytest.raises(IntegrityError, match="ck_partners_lawful_fields"):
            async with engine.begin() as conn:
                await conn.execute(change)
    assert await bench.published() == []


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"category": "friend"}, "/category"),
    ({"name": ""}, "/name"),
    ({"name": "a\nb"}, "/name"),
    ({"name": "a" * 201}, "/name"),
    ({"convention_from": "2026-02-31"}, "/convention_from"),
    ({"convention_to": "2025-01-01"}, ""),
    ({"convention_to": "2026-01-01"}, ""),
    ({"fields": ["offence"]}, "/fields/0"),
    ({"window_months": 0}, "/window_months"),
    ({"window_months": 13}, "/window_months"),
    ({"telephone": "+33 3 24 00 00 00"}, ""),
]


async def test_a_malformed_partner_is_refused_without_repeating_it(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    for changed, pointer in MALFORMED:
        answer = await api.post("/v1/partners", json=PARTNER | changed, headers=tokens.bearer("partner_admin") | once())
        code = "unknown-field" if "telephone" in changed else "validation-failed"
        assert problem(answer) == (422, code), changed
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], changed
        assert not any(value and str(value) in answer.text for value in changed.values()), changed
    async with engine.connect() as conn:
        assert (await conn.execute(sa.select(partners))).all() == []


async def test_a_subscription_shows_its_secret_once(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    first = await subscribe(api, tokens, partner, "same")
    assert first.status_code == 201
    shown = first.json()
    secret = shown.pop("secret")
    assert shown == {
        "id": shown["id"],
        "partner_id": str(partner),
        "url": "https://partner.example.org/notices",
        "channel": "webhook",
        "event_types": ["candidacy.approved", "candidacy.withdrawn"],
        "state": "proposed",
        **dict.fromkeys(
            (
                "paused_until",
                "paused_because",
                "proven_at",
                "approved_at",
                "rate_per_minute",
                "disabled_at",
                "disabled_because",
            )
        ),
        "notice_version": 1,
        "ordered": True,
        "retry_waits": None,
        "give_up_after": 259_200,
        "client_errors": "again",
        **dict.fromkeys(("wider_event_types", "scope_asked_at", "scope_approved_at")),
        **dict.fromkeys(("proof_due_at", "proof_failed_since", "proof_outcome")),
        **dict.fromkeys(("token_url", "client_id", "certificate_fingerprint", "certificate_expires_at")),
        "credentials_set_at": None,
        "failures": 0,
        "pending": 0,
        "oldest_pending_at": None,
        "created_at": "2026-11-23T09:00:00Z",
    }
    again = await subscribe(api, tokens, partner, "same")
    assert (again.status_code, again.json()) == (201, shown | {"secret": None})
    listed = await api.get("/v1/subscriptions", headers=tokens.bearer("operator"))
    assert listed.json()["items"] == [shown]
    assert secret.startswith("whsec_")
    async with engine.connect() as conn:
        (row,) = (await conn.execute(sa.select(subscriptions))).all()
    plain = b64decode(secret.removeprefix("whsec_"))
    assert len(plain) == 32
    assert plain not in row.secret
    assert KEYS.open(row.secret, row.id) == plain


FORBIDDEN = (
    "http://partner.example.org/",
    "https://partner.example.org:6379/",
    "https://127.0.0.1/",
    "http://127.0.0.1:8099/",
    "https://[64:ff9b::7f00:1]/",
    "https://metadata.google.internal/",
    "https://user:word@partner.example.org/",
)


async def test_an_endpoint_that_we_never_call_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    for url in FORBIDDEN:
        answer = await subscribe(api, tokens, partner, url=url)
        assert problem(answer) == (422, "endpoint-not-allowed"), url
        assert "partner.example" not in answer.text
    async with engine.connect() as conn:
        assert (await conn.execute(sa.select(subscriptions))).all() == []


async def test_only_known_notices_can_be_subscribed_to(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    partner = await a_partner(engine)
    for event_types in ([], ["candidacy.assessed"], "candidacy.approved"):
        answer = await subscribe(api, tokens, partner, event_types=event_types)
        assert problem(answer) == (422, "validation-failed"), event_types


async def test_a_subscription_of_an_unknown_partner_is_refused(api: httpx.AsyncClient, tokens: Tokens) -> None:
    assert problem(await subscribe(api, tokens, uuid7())) == (422, "partner-unknown")


async def test_subscriptions_are_listed_by_partner(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
    first, second = await a_partner(engine), await a_partner(engine)
    subscription = await a_subscription(engine, first)
    await a_subscription(engine, second)
    listed = await api.get(f"/v1/subscriptions?partner_id={first}", headers=tokens.bearer("partner_admin"))
    assert [one["id"] for one in listed.json()["items"]] == [str(subscription)]


async def test_lists_come_in_pages_newest_first(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
    made = [str(await a_partner(engine, name=f"Partner {number}")) for number in range(5)]
    seen: list[str] = []
    path: str | None = "/v1/partners?limit=2"
    while path:
        page = (await api.get(path, headers=tokens.bearer("operator"))).json()
        seen += [one["id"] for one in page["items"]]
        path = f"/v1/partners?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert seen == made[::-1]


async def test_a_cursor_that_is_none_of_ours_is_refused(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for cursor in ("", "x", "AAAA", "é", "../..", "A" * 64):
        answer = await api.get("/v1/partners", params={"cursor": cursor}, headers=tokens.bearer("operator"))
        assert problem(answer) == (422, "cursor-invalid"), cursor


class Delivered:
    """One delivery of one subscription."""

    def __init__(self, engine: AsyncEngine, subscription: UUID, candidacy: UUID, row: sa.Row[Any]) -> None:
        self.engine, self.subscription, self.candidacy, self.id = engine, subscription, candidacy, row.id

    async def change(self, **values: object) -> None:
        async with self.engine.begin() as conn:
            names = ", ".join(f"{name} = :{name}" for name in values)
            await conn.execute(sa.text(f"UPDATE deliveries SET {names}"), values)

    async def row(self) -> sa.Row[Any]:
        async with self.engine.connect() as conn:
            found: sa.Row[Any] = (await conn.execute(sa.text("SELECT * FROM deliveries"))).one()
            return found


@pytest.fixture
async def delivery(bench: Bench, engine: AsyncEngine) -> Delivered:
    subscription, candidacy = await a_subscription(engine, await a_partner(engine)), uuid7()
    await bench.deliver(an_approval(), subject=candidacy)
    async with engine.begin() as conn:
        row = (await conn.execute(sa.text("SELECT * FROM deliveries"))).one()
        await conn.execute(
            sa.text(
                "INSERT INTO attempts VALUES (:id, 1, :now, 12, 'answered', 500, 1, 2, 9, 'not now'),"
                " (:id, 2, :now, NULL, 'lost', NULL, NULL, NULL, NULL, NULL)"
            ),
            {"id": row.id, "now": NOW},
        )
    return Delivered(engine, subscription, candidacy, row)


async def retry(api: httpx.AsyncClient, tokens: Tokens, delivery: UUID, key: str | None = None) -> httpx.Response:
    headers = tokens.bearer("partner_admin") | once(key)
    return await api.post(f"/v1/deliveries/{delivery}/retry", headers=headers)


async def test_a_delivery_is_shown_with_its_attempts_and_by_ids_alone(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered
) -> None:
    (shown,) = (await api.get("/v1/deliveries", headers=tokens.bearer("operator"))).json()["items"]
    assert shown.pop("partner_id")
    assert shown == {
        "id": str(delivery.id),
        "subscription_id": str(delivery.subscription),
        "candidacy_id": str(delivery.candidacy),
        "decision_number": DECISION,
        "notice": "candidacy.approved",
        "state": "pending",
        "next_attempt_at": "2026-11-23T09:00:00Z",
        "superseded_by": None,
        "set_aside_at": None,
        "expired": False,
        "created_at": "2026-11-23T09:00:00Z",
        "attempts": [
            {"number": 1, "started_at": "2026-11-23T09:00:00Z", "duration_ms": 12, "outcome": "answered",
             "http_status": 500, "dns_ms": 1, "connect_ms": 2, "first_byte_ms": 9, "head": "not now"},
            {"number": 2, "started_at": "2026-11-23T09:00:00Z", "duration_ms": None, "outcome": "lost",
             "http_status": None, "dns_ms": None, "connect_ms": None, "first_byte_ms": None, "head": None},
        ],
        "resends": [],
        "acknowledged": [],
    }  # fmt: skip


async def test_deliveries_are_found_by_state_and_subscription(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered
) -> None:
    for query, found in (
        ("state=pending", 1),
        ("state=failed", 0),
        (f"subscription_id={delivery.subscription}", 1),
        (f"subscription_id={uuid7()}", 0),
    ):
        listed = await api.get(f"/v1/deliveries?{query}", headers=tokens.bearer("inspector"))
        assert len(listed.json()["items"]) == found, query


async def test_a_failed_delivery_can_be_made_due_once_per_request(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered, clock: SettableClock
) -> None:
    await delivery.change(state="failed", next_attempt_at=None, attempts=2)
    answer = await retry(api, tokens, delivery.id, "same")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    row = await delivery.row()
    assert (row.state, row.next_attempt_at, row.attempts) == ("pending", clock.now, 2)
    await delivery.change(state="failed", next_attempt_at=None)
    again = await retry(api, tokens, delivery.id, "same")
    assert (again.status_code, again.json()["state"]) == (200, "failed")


@pytest.mark.parametrize("state", ["pending", "delivered", "cancelled"])
async def test_only_a_failed_delivery_can_be_tried_again(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered, state: str
) -> None:
    if state != "pending":
        await delivery.change(state=state, next_attempt_at=None)
    before = await delivery.row()
    assert problem(await retry(api, tokens, delivery.id)) == (409, "delivery-not-failed")
    assert await delivery.row() == before


async def test_what_is_no_longer_true_cannot_be_tried_again(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered
) -> None:
    await delivery.change(state="failed", next_attempt_at=None, superseded_by=delivery.id)
    assert problem(await retry(api, tokens, delivery.id)) == (409, "delivery-withdrawn")


async def test_nothing_is_tried_again_at_an_endpoint_that_is_gone(
    api: httpx.AsyncClient, tokens: Tokens, delivery: Delivered
) -> None:
    await delivery.change(state="failed", next_attempt_at=None)
    async with delivery.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET state = 'disabled'"))
    assert problem(await retry(api, tokens, delivery.id)) == (409, "subscription-disabled")


async def test_a_delivery_that_does_not_exist_cannot_be_tried_again(api: httpx.AsyncClient, tokens: Tokens) -> None:
    assert problem(await retry(api, tokens, uuid7())) == (404, "delivery-unknown")


async def test_only_the_partners_administrator_writes(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for path in (
        "/v1/partners",
        "/v1/subscriptions",
        f"/v1/deliveries/{uuid7()}/retry",
        f"/v1/deliveries/{uuid7()}/resend",
        f"/v1/deliveries/{uuid7()}/set-aside",
    ):
        for officer in ("spip", "inspector", "operator"):
            answer = await api.post(path, json=PARTNER, headers=tokens.bearer(officer) | once())
            assert problem(answer) == (403, "role-missing"), (path, officer)


async def test_who_has_no_part_in_it_reads_nothing(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for path in ("/v1/partners", "/v1/subscriptions", "/v1/deliveries", "/v1/attention"):
        assert problem(await api.get(path)) == (401, "token-missing")
        assert problem(await api.get(path, headers=tokens.bearer("spip"))) == (403, "role-missing")
