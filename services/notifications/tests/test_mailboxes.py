"""Mailboxes: which are taken, and how one proves itself by a link that its reader follows."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.api.proofs import Post
from services.notifications.domain import mailbox
from services.notifications.settings import PROOF_PATH
from services.notifications.store.proofs import claim_due
from services.notifications.tests.builders import NOW, a_partner
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.postbox import SENDER, Postbox, posting
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually

MAILBOX = "accueil@mission-locale.example.fr"
URL = f"mailto:{MAILBOX}"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    "address",
    [
        MAILBOX,
        "a@b.example",
        "prenom.nom+avis_1-2@FRANCETRAVAIL.FR",
        "x@xn--prfet-bsa.example.fr",
        "a" * 64 + "@" + "b" * 60 + ".example.fr",
    ],
)
def test_one_plain_address_of_a_public_domain_is_taken(address: str) -> None:
    assert mailbox(f"mailto:{address}") == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto:",
        "MAILTO:a@b.example",
        "a@b.example",
        "mailto://a@b.example",
        "mailto:a",
        "mailto:@b.example",
        "mailto:a@",
        "mailto:a@b",
        "mailto:a@localhost",
        "mailto:a@relay.local",
        "mailto:a@relay.LOCAL",
        "mailto:a@127.0.0.1",
        "mailto:a@[127.0.0.1]",
        "mailto:a@2130706433",
        "mailto:a@b.example.",
        "mailto:a@b..example",
        "mailto:a@-.example ",
        "mailto:a@b@c.example",
        "mailto:a@b.example,c@d.example",
        "mailto:a@b.example;c@d.example",
        "mailto:a@b.example?bcc=c@d.example",
        "mailto:a@b.example?subject=x",
        "mailto:a%40b@c.example",
        "mailto:a%0d%0aBcc:c@d.example",
        "mailto:a\r\nBcc: c@d.example",
        "mailto:a@b.example\r\nBcc: c@d.example",
        "mailto:a@b.example\n",
        "mailto:a\x00@b.example",
        "mailto:a b@c.example",
        'mailto:"a b"@c.example',
        "mailto:<a@b.example>",
        "mailto:A <a@b.example>",
        "mailto:.a@b.example",
        "mailto:a.@b.example",
        "mailto:a..b@c.example",
        "mailto:é@b.example",
        "mailto:a@é.example",
        "mailto:a\uff20b.example",
        "mailto:٣@b.example",
        "mailto:" + "a" * 65 + "@b.example",
        "mailto:" + "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".example",
    ],
)
def test_anything_else_is_no_mailbox(url: str) -> None:
    assert mailbox(url) is None


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


@pytest.fixture
def post(postbox: Postbox, clock: SettableClock) -> Post | None:
    return postbox.mailer(clock).prove


class Desk:
    """An officer who takes in a mailbox, and the person who reads it."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, partner: UUID, postbox: Postbox) -> None:
        self.api, self.tokens, self.partner, self.postbox = api, tokens, partner, postbox
        self.id = ""

    async def subscribe(self, url: str = URL) -> httpx.Response:
        body = {"partner_id": str(self.partner), "url": url, "event_types": ["candidacy.approved"]}
        answer = await self.post("/v1/subscriptions", body)
        self.id = answer.json().get("id", "")
        return answer

    async def post(
        self, path: str, body: Any = None, by: str = "partner_admin", key: str | None = None
    ) -> httpx.Response:
        return await self.api.post(path, json=body, headers=self.tokens.bearer(by) | once(key))

    async def act(
        self, act: str, body: Any = None, by: str = "partner_admin", key: str | None = None
    ) -> httpx.Response:
        return await self.post(f"/v1/subscriptions/{self.id}/{act}", body, by, key)

    def link(self) -> str:
        """The path of the link in the last mail, as both of its forms give it."""
        plain, html = (part.get_content() for part in self.postbox.mails[-1].iter_parts())
        (found,) = set(re.findall(rf"https://api\.example\.fr({PROOF_PATH}\?token=[\w-]+)", plain + html))
        return str(found)

    async def shown(self) -> dict[str, Any]:
        listed = await self.api.get("/v1/subscriptions", headers=self.tokens.bearer("operator"))
        (one,) = listed.json()["items"]
        return dict(one)


@pytest.fixture
async def desk(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, postbox: Postbox) -> Desk:
    return Desk(api, tokens, await a_partner(engine), postbox)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_mailbox_is_served_once_its_reader_and_a_second_officer_have_said_so(
    desk: Desk, engine: AsyncEngine, clock: SettableClock
) -> None:
    made = (await desk.subscribe()).json()
    assert (made["channel"], made["url"], made["state"], made["secret"]) == ("email", URL, "proposed", None)
    assert (await desk.act("secret", {})).json()["secret"] is None
    asked = (await desk.act("prove")).json()
    assert (asked["outcome"], asked["proven_at"]) == ("mailed", None)
    (mail,) = desk.postbox.mails
    assert (mail["To"], mail["Subject"]) == (MAILBOX, "[InSERRE] Confirmez cette adresse")
    assert desk.postbox.paths == [(SENDER, [MAILBOX])]
    link = desk.link()
    token = link.partition("=")[2]
    assert len(token) >= 43
    async with engine.connect() as conn:
        row = (await conn.execute(sa.text("SELECT * FROM subscriptions"))).one()
    assert token not in str(row)
    assert len(row.link_digest) == 32
    assert (await desk.act("approve", by="partner_approver")).json()["state"] == "proposed"
    # A mail scanner follows links: looking is not confirming.
    for _ in range(2):
        page = await desk.api.get(link, headers=HTML)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert '<form method="post"><button type="submit">Confirmer cette adresse</button></form>' in page.text
        assert MAILBOX not in page.text
    assert (await desk.shown())["proven_at"] is None
    assert (await desk.api.head(link)).status_code == 405
    confirmed = await desk.api.post(link, headers=HTML)
    assert (confirmed.status_code, "Cette adresse est confirmée" in confirmed.text) == (200, True)
    shown = await desk.shown()
    assert (shown["state"], shown["proven_at"]) == ("active", "2026-11-23T09:00:00Z")
    assert not {"link_digest", "link_until"} & set(shown)


async def refused(desk: Desk, link: str) -> tuple[int, str]:
    """How looking and confirming are both refused, and that a person is told it in French."""
    looked, pressed = await desk.api.get(link), await desk.api.post(link)
    page = await desk.api.post(link, headers=HTML)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<button" not in page.text
    assert (page.status_code, problem(looked)) == (pressed.status_code, problem(pressed))
    return problem(pressed)


async def test_a_link_that_is_forged_used_too_old_or_replaced_proves_nothing(desk: Desk, clock: SettableClock) -> None:
    await desk.subscribe()
    await desk.act("prove")
    first = desk.link()
    for forged in (PROOF_PATH, f"{PROOF_PATH}?token=", f"{first}x", first[:-1], f"{PROOF_PATH}?token=é%00"):
        assert await refused(desk, forged) == (404, "mailbox-proof-unknown"), forged
    await desk.act("prove")
    second = desk.link()
    assert second != first
    assert await refused(desk, first) == (404, "mailbox-proof-unknown")
    clock.forward(timedelta(days=7))
    assert await refused(desk, second) == (410, "mailbox-proof-expired")
    await desk.act("prove")
    clock.forward(timedelta(days=7) - timedelta(seconds=1))
    assert (await desk.shown())["proven_at"] is None
    assert (await desk.api.post(desk.link())).status_code == 200
    assert await refused(desk, desk.link()) == (409, "mailbox-proof-used")


async def test_another_address_ends_the_link_of_the_one_before(desk: Desk) -> None:
    await desk.subscribe()
    await desk.act("prove")
    link = desk.link()
    await desk.act("endpoint", {"url": "mailto:autre@mission-locale.example.fr"})
    assert await refused(desk, link) == (404, "mailbox-proof-unknown")


async def test_what_has_ended_is_neither_asked_nor_confirmed(desk: Desk, engine: AsyncEngine) -> None:
    await desk.subscribe()
    await desk.act("prove")
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET state = 'disabled'"))
    assert problem(await desk.api.post(desk.link())) == (409, "subscription-disabled")
    assert problem(await desk.act("prove")) == (409, "subscription-disabled")
    assert len(desk.postbox.mails) == 1


async def test_of_two_who_press_the_button_at_once_one_confirms(desk: Desk, engine: AsyncEngine) -> None:
    await desk.subscribe()
    await desk.act("prove")

    async def both_wait() -> bool:
        async with engine.connect() as conn:
            waiting = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return bool((await conn.execute(waiting)).scalar_one() == 2)

    async with engine.connect() as blocking:
        await blocking.execute(sa.text("SELECT FROM subscriptions FOR UPDATE"))
        pressed = [asyncio.create_task(desk.api.post(desk.link())) for _ in range(2)]
        await eventually(both_wait)
        await blocking.rollback()
    answers = await asyncio.gather(*pressed)
    assert sorted(one.status_code for one in answers) == [200, 409]


async def test_a_mail_that_does_not_leave_is_told_and_leaves_no_link(desk: Desk, engine: AsyncEngine) -> None:
    await desk.subscribe()
    desk.postbox.recipients = ["550 5.1.1 no such user"]
    answer = await desk.act("prove", key="same")
    assert problem(answer) == (409, "endpoint-not-proven")
    assert answer.json()["state"] == "mailbox_gone"
    async with engine.connect() as conn:
        assert (await conn.execute(sa.text("SELECT link_digest FROM subscriptions"))).scalar_one() is None
    # The same request again may succeed, and then sends once.
    for _ in range(2):
        assert (await desk.act("prove", key="same")).json()["outcome"] == "mailed"
    assert len(desk.postbox.mails) == 1
    assert (await desk.api.post(desk.link())).status_code == 200


async def test_a_mailbox_is_neither_asked_every_month_nor_sent_an_example(
    desk: Desk, engine: AsyncEngine, clock: SettableClock
) -> None:
    await desk.subscribe()
    await desk.act("prove")
    await desk.api.post(desk.link())
    await desk.act("approve", by="partner_approver")
    async with engine.begin() as conn:
        assert await claim_due(conn, NOW + timedelta(days=60), NOW + timedelta(days=61)) is None
        await conn.execute(sa.text("UPDATE subscriptions SET url = 'https://partner.example.org/'"))
        assert await claim_due(conn, NOW + timedelta(days=60), NOW + timedelta(days=61)) is not None
        await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": URL})
    assert problem(await desk.act("test", {})) == (409, "not-for-mailboxes")


async def test_an_address_that_is_none_is_refused_without_repeating_it(desk: Desk) -> None:
    for url in ("mailto:a@b.example?bcc=c@d.example", "mailto:a@10.0.0.1", "mailto:a@b.example,c@d.example"):
        answer = await desk.subscribe(url)
        assert problem(answer) == (422, "endpoint-not-allowed"), url
        assert "example" not in answer.text


async def test_only_the_partners_administrator_asks_a_mailbox(desk: Desk) -> None:
    await desk.subscribe()
    for officer in ("spip", "inspector", "operator", "partner"):
        assert problem(await desk.act("prove", by=officer)) == (403, "role-missing")
    assert desk.postbox.mails == []


class TestWithoutMail:
    """A site that has no settings for mail."""

    @pytest.fixture
    def post(self) -> Post | None:
        return None

    async def test_no_mailbox_is_taken(self, desk: Desk, engine: AsyncEngine) -> None:
        assert problem(await desk.subscribe()) == (422, "channel-not-offered")
        made = await desk.subscribe("https://partner.example.org/")
        assert made.status_code == 201
        assert problem(await desk.act("endpoint", {"url": URL})) == (422, "channel-not-offered")
        async with engine.begin() as conn:
            await conn.execute(sa.text("UPDATE subscriptions SET url = :url"), {"url": URL})
        assert problem(await desk.act("prove")) == (422, "channel-not-offered")


async def test_the_database_keeps_channel_and_address_in_step(desk: Desk, engine: AsyncEngine) -> None:
    await desk.subscribe()
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE subscriptions SET url = 'https://partner.example.org/'"))
        assert (await conn.execute(sa.text("SELECT channel FROM subscriptions"))).scalar_one() == "webhook"
    for change in ("link_until = now()", "link_digest = NULL, link_until = now()"):
        with pytest.raises(IntegrityError, match="ck_subscriptions_link"):
            async with engine.begin() as conn:
                await conn.execute(sa.text(f"UPDATE subscriptions SET {change}"))
