"""A partner's contact: who sets it, who sees it, and which addresses are none."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.tables import partner_told, partners
from services.notifications.tests.builders import NOW, a_partner, a_subscription
from services.notifications.tests.test_api import PARTNER, problem
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

CONTACT = "accueil@mission-locale.example.fr"


class Contacts:
    """Officers who set contacts."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens) -> None:
        self.api, self.tokens = api, tokens

    async def set(self, partner: UUID, body: Any, by: str = "partner_admin") -> httpx.Response:
        headers = self.tokens.bearer(by) | once()
        return await self.api.post(f"/v1/partners/{partner}/contact", json=body, headers=headers)

    async def take_in(self, contact: Any) -> httpx.Response:
        headers = self.tokens.bearer("partner_admin") | once()
        return await self.api.post("/v1/partners", json=PARTNER | {"contact": contact}, headers=headers)


@pytest.fixture
def contacts(api: httpx.AsyncClient, tokens: Tokens) -> Contacts:
    return Contacts(api, tokens)


async def test_a_contact_is_given_with_the_partner_changed_and_removed(
    contacts: Contacts, engine: AsyncEngine, bench: Bench
) -> None:
    taken = await contacts.take_in(CONTACT)
    assert (taken.status_code, taken.json()["contact"]) == (201, CONTACT)
    assert not any(CONTACT in str(told.body) for told in await bench.published())
    partner = UUID(taken.json()["id"])
    for contact in ("technique@mission-locale.example.fr", None):
        changed = await contacts.set(partner, {"contact": contact})
        assert (changed.status_code, changed.json()) == (200, taken.json() | {"contact": contact})
        for officer in ("partner_admin", "inspector", "operator"):
            listed = await contacts.api.get("/v1/partners", headers=contacts.tokens.bearer(officer))
            assert listed.json()["items"] == [changed.json()]
    async with engine.connect() as conn:
        row = (await conn.execute(sa.select(partners))).one()
    assert (row.contact, row.contact_at) == (None, NOW)
    assert row.contact_by is not None


@pytest.mark.parametrize(
    "contact",
    [
        "accueil",
        "mailto:accueil@mission-locale.example.fr",
        "Accueil <accueil@mission-locale.example.fr>",
        "accueil@mission-locale.example.fr, autre@mission-locale.example.fr",
        "accueil@localhost",
        "accueil@127.0.0.1",
        "accueil@mission-locale.example.fr\r\nBcc: x@example.fr",
        "accueil@écoute.fr",
        "",
    ],
)
async def test_what_is_not_one_plain_address_is_no_contact(
    contacts: Contacts, engine: AsyncEngine, contact: str
) -> None:
    partner = await a_partner(engine, contact=CONTACT)
    for answer in (await contacts.set(partner, {"contact": contact}), await contacts.take_in(contact)):
        assert problem(answer) == (422, "contact-not-allowed")
        assert not contact or contact not in answer.text
    async with engine.connect() as conn:
        assert (await conn.scalars(sa.select(partners.c.contact))).all() == [CONTACT]


async def test_nothing_is_removed_by_leaving_it_out(contacts: Contacts, engine: AsyncEngine) -> None:
    partner = await a_partner(engine, contact=CONTACT)
    assert problem(await contacts.set(partner, {})) == (422, "validation-failed")
    assert problem(await contacts.set(partner, {"contact": "a" * 255})) == (422, "validation-failed")


async def test_a_partner_that_does_not_exist_has_none(contacts: Contacts) -> None:
    assert problem(await contacts.set(uuid7(), {"contact": CONTACT})) == (404, "no-such-partner")


async def test_only_the_partners_administrator_sets_it(contacts: Contacts, engine: AsyncEngine) -> None:
    partner = await a_partner(engine)
    for officer in ("spip", "inspector", "operator"):
        assert problem(await contacts.set(partner, {"contact": CONTACT}, officer)) == (403, "role-missing"), officer
    own = contacts.tokens.bearer("partner", partner=str(partner)) | once()
    answer = await contacts.api.post(f"/v1/partners/{partner}/contact", json={"contact": CONTACT}, headers=own)
    assert problem(answer) == (403, "role-missing")
    async with engine.connect() as conn:
        assert (await conn.scalars(sa.select(partners.c.contact))).all() == [None]


async def test_another_mailbox_has_been_told_nothing(contacts: Contacts, engine: AsyncEngine) -> None:
    partner, other = await a_partner(engine, contact=CONTACT), await a_partner(engine)
    ours, theirs = await a_subscription(engine, partner), await a_subscription(engine, other)
    lines = [{"subscription_id": one, "matter": "proof_missing", "told_at": NOW} for one in (ours, theirs)]
    async with engine.begin() as conn:
        await conn.execute(partner_told.insert(), lines)

    async def told() -> set[UUID]:
        async with engine.connect() as conn:
            return set(await conn.scalars(sa.select(partner_told.c.subscription_id)))

    await contacts.set(partner, {"contact": CONTACT})
    assert await told() == {ours, theirs}
    await contacts.set(partner, {"contact": "technique@mission-locale.example.fr"})
    assert await told() == {theirs}
