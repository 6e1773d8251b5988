"""A partner's contact is told what keeps notices from it: once, again after a week, and nothing of anybody else's."""

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications import letters
from services.notifications.delivery.settlement import disable
from services.notifications.domain import Matter, Trouble, day_in_france, news
from services.notifications.letters import words
from services.notifications.mail.warning import warn
from services.notifications.store import contacts
from services.notifications.tables.told import partner_told
from services.notifications.tests.account import Account
from services.notifications.tests.builders import NOW, SEED, a_consent, a_partner, a_subscription, an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.postbox import SENDER, Postbox, posting
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.messaging.transaction import Transaction
from shared.process import Exit

CONTACT = "accueil-technique@mission-locale.example.fr"
DAY = timedelta(days=1)
FAILED = "UPDATE deliveries SET state = 'failed', next_attempt_at = NULL"
LAPSED = "UPDATE subscriptions SET state = 'proposed', proven_at = NULL, proof_failed_since = :at"
PROVEN = "UPDATE subscriptions SET state = 'active', proven_at = :at, proof_failed_since = NULL"


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


@pytest.fixture
async def partner(engine: AsyncEngine) -> UUID:
    return await a_partner(engine, contact=CONTACT)


@pytest.fixture
async def subscription(engine: AsyncEngine, partner: UUID, receiver: Receiver) -> UUID:
    return await a_subscription(engine, partner, url=receiver.url)


class Run:
    """The command, on the test's database, relay and clock."""

    def __init__(self, desk: Desk, postbox: Postbox, clock: SettableClock) -> None:
        self.desk, self.postbox, self.clock = desk, postbox, clock

    async def __call__(self) -> list[str]:
        """Runs it: what was mailed, each mail as its plain text in one line."""
        before = len(self.postbox.mails)
        assert await warn(self.desk.transaction, self.postbox.mailer(self.clock)) is Exit.OK
        return [self.text(number) for number in range(before, len(self.postbox.mails))]

    async def days(self, number: int) -> list[int]:
        """Runs it daily, for so many days from tomorrow: on which of them something was mailed."""
        mailed = []
        for day in range(1, number + 1):
            self.clock.forward(DAY)
            mailed += [day] * len(await self())
        return mailed

    def text(self, number: int) -> str:
        plain, _ = self.postbox.mails[number].iter_parts()
        return " ".join(str(plain.get_content()).split())


@pytest.fixture
def run(desk: Desk, postbox: Postbox, clock: SettableClock) -> Run:
    return Run(desk, postbox, clock)


async def change(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement), values)


async def matters(desk: Desk, partner: UUID) -> list[tuple[str, int]]:
    async with desk.engine.connect() as conn:
        return [(one.matter.value, one.notices) for one in await contacts.troubles(conn, partner, desk.clock())]


async def test_where_all_goes_well_nothing_is_sent(desk: Desk, run: Run) -> None:
    await desk.approve()
    assert await run() == []
    async with desk.working():
        await desk.become("delivered")
    assert await run() == []


async def test_an_endpoint_that_is_gone_is_told_once_and_then_weekly(
    desk: Desk, run: Run, postbox: Postbox, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(410)]
    await desk.approve()
    async with desk.working():
        await desk.become("failed")
    async with desk.engine.connect() as conn:
        reference = str((await conn.execute(sa.text("SELECT reference FROM partner_references"))).scalar_one())
    (text,) = await run()
    (mail,) = postbox.mails
    assert (mail["To"], postbox.paths) == (CONTACT, [(SENDER, [CONTACT])])
    assert (mail["Auto-Submitted"], mail["Subject"]) == ("auto-generated", "[InSERRE] Des avis ne vous parviennent pas")
    html = " ".join(str(list(mail.iter_parts())[1].get_content()).replace("&#39;", "'").split())
    for said in (text, html):
        assert "127.0.0.1 : plus rien n'est envoyé à cette adresse depuis le " in said
        assert "Avis non remis : 1." in said
        assert "donnez-en une autre" in said
        assert "https://api.example.fr/v1/partner/feed" in said
        assert "https://partenaires.example.fr/" in said
        # What was given up with it is said with it, and an address that is gone is nothing to repair.
        assert "abandonné" not in said
        assert "échec" not in said
        for known in (reference, "r_", str(desk.candidacy), receiver.url, "/notices", "Mission locale", "DON"):
            assert known not in said, known
    assert '<html lang="fr">' in html
    assert await run() == []
    assert await run.days(15) == [7, 14]


MATTERS = [
    (
        "UPDATE subscriptions SET state = 'disabled', disabled_at = :at, disabled_because = 'endpoint_gone'",
        "UPDATE subscriptions SET state = 'active', disabled_at = NULL, disabled_because = NULL",
    ),
    (LAPSED, PROVEN),
    (FAILED, "UPDATE deliveries SET set_aside_by = 'x', set_aside_at = :at"),
]


@pytest.mark.parametrize(("worse", "better"), MATTERS)
async def test_each_matter_is_told_once_weekly_while_it_lasts_and_anew_when_it_comes_back(
    desk: Desk, run: Run, clock: SettableClock, worse: str, better: str
) -> None:
    await desk.approve()
    at = {"at": clock.now}
    await change(desk.engine, worse, **({} if worse is FAILED else at))
    assert len(await run()) == 1
    assert await run.days(8) == [7]
    await change(desk.engine, better, **(at if ":at" in better else {}))
    assert await run.days(8) == []
    async with desk.engine.connect() as conn:
        assert (await conn.execute(sa.select(partner_told))).all() == []
    again = "UPDATE deliveries SET set_aside_by = NULL, set_aside_at = NULL" if worse is FAILED else worse
    await change(desk.engine, again, **({} if worse is FAILED else at))
    assert await run.days(2) == [1]


async def test_a_matter_that_came_back_while_nobody_looked_is_news(desk: Desk, run: Run, clock: SettableClock) -> None:
    await change(desk.engine, LAPSED, at=clock.now)
    assert len(await run()) == 1
    await change(desk.engine, LAPSED, at=clock.now + timedelta(hours=30))
    clock.forward(2 * DAY)
    assert len(await run()) == 1


async def test_a_second_matter_of_the_same_day_is_told_the_next_day_alone(
    desk: Desk, run: Run, clock: SettableClock
) -> None:
    clock.now = NOW
    await desk.approve()
    await change(desk.engine, LAPSED, at=NOW)
    (first,) = await run()
    assert "ne confirme plus" in first
    clock.forward(timedelta(hours=3))
    await change(desk.engine, FAILED)
    assert await run() == []
    clock.forward(timedelta(hours=20, minutes=59))
    (second,) = await run()
    assert "Avis abandonnés : 1." in second
    assert "ne confirme plus" not in second
    assert await run.days(8) == [6, 7]


def test_a_week_is_counted_in_days_of_france() -> None:
    trouble = Trouble(uuid7(), Matter.PROOF_MISSING, "https://a.example.org/", NOW - DAY, 0)
    told = {(trouble.subscription, trouble.matter): NOW}
    assert news([trouble], told, NOW + 7 * DAY - timedelta(hours=9)).tell == (trouble,)
    # 22:59 UTC is still the sixth day.
    assert news([trouble], told, datetime(2026, 11, 29, 22, 59, tzinfo=NOW.tzinfo)).tell == ()


async def test_an_address_that_never_said_yes_is_no_change_for_the_worse(desk: Desk, partner: UUID) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'proposed', proven_at = NULL")
    assert await matters(desk, partner) == []


async def test_who_has_no_contact_is_told_nothing(desk: Desk, run: Run, clock: SettableClock) -> None:
    await change(desk.engine, "UPDATE partners SET contact = NULL")
    await change(desk.engine, LAPSED, at=clock.now)
    assert await run() == []


async def test_each_partner_is_told_of_its_own_addresses_alone(
    desk: Desk, run: Run, postbox: Postbox, engine: AsyncEngine, clock: SettableClock
) -> None:
    other = await a_partner(engine, name="Cap emploi", contact="technique@cap-emploi.example.fr")
    silent = await a_partner(engine, name="Région", contact="technique@region.example.fr")
    for owner, host in ((other, "avis.cap-emploi.example.org"), (silent, "avis.region.example.org")):
        await a_subscription(engine, owner, url=f"https://{host}/secret-path?token=canary")
    await change(engine, LAPSED + " WHERE partner_id <> :silent", at=clock.now, silent=silent)
    texts = await run()
    said = {mail["To"]: text for mail, text in zip(postbox.mails, texts, strict=True)}
    assert said.keys() == {CONTACT, "technique@cap-emploi.example.fr"}
    assert "avis.cap-emploi.example.org : cette adresse ne confirme plus" in said["technique@cap-emploi.example.fr"]
    assert "127.0.0.1" not in said["technique@cap-emploi.example.fr"]
    assert "cap-emploi" not in said[CONTACT]
    assert not any(known in text for text in texts for known in ("secret-path", "canary", "region"))


async def test_an_endpoint_is_told_to_fail_once_it_has_for_a_day(
    desk: Desk, run: Run, partner: UUID, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.answers = [answering(500)] * 2
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        clock.forward(timedelta(seconds=10))
        await desk.tried(2)
    # As if that had been yesterday: now is when the endpoint works again.
    began = clock.now - DAY
    for number in (1, 2):
        moved = "UPDATE attempts SET started_at = :at WHERE number = :number"
        await change(desk.engine, moved, at=began + timedelta(hours=number - 1), number=number)
    await change(desk.engine, "UPDATE subscriptions SET served_since = :at", at=began)
    await change(desk.engine, "UPDATE deliveries SET next_attempt_at = :at", at=clock.now)
    probed = "UPDATE subscriptions SET failures = :failures"
    await change(desk.engine, probed, failures=4)
    assert await matters(desk, partner) == []
    await change(desk.engine, probed, failures=5)
    clock.now = began + DAY - timedelta(seconds=1)
    assert await matters(desk, partner) == []
    clock.now = began + DAY
    assert await matters(desk, partner) == [("endpoint_failing", 1)]
    (text,) = await run()
    assert f"échouent depuis le {day_in_france(began):%d/%m/%Y}" in text
    # An attempt whose worker died says nothing of the endpoint.
    first = "UPDATE attempts SET outcome = :outcome WHERE number = 1"
    await change(desk.engine, first, outcome="lost")
    assert await matters(desk, partner) == []
    await change(desk.engine, first, outcome="server_error")
    # An officer holds it, or gave it another address: nothing of that is the endpoint's failure any more.
    for held in ("paused_by = 'x', paused_because = 'y', paused_until = :at", "served_since = :at"):
        await change(desk.engine, f"UPDATE subscriptions SET {held}", at=clock.now + timedelta(hours=1))
        assert await matters(desk, partner) == []
        free = (
            "UPDATE subscriptions SET paused_by = NULL, paused_because = NULL, paused_until = NULL, served_since = :at"
        )
        await change(desk.engine, free, at=began)
        assert await matters(desk, partner) == [("endpoint_failing", 1)]
    # It worked in between: what failed before that does not count.
    async with desk.working():
        await desk.become("delivered")
    await change(desk.engine, probed, failures=5)
    assert await matters(desk, partner) == []


async def test_a_mailbox_is_not_told_that_our_own_relay_fails(
    desk: Desk, partner: UUID, subscription: UUID, clock: SettableClock
) -> None:
    await desk.approve()
    await change(
        desk.engine, "UPDATE subscriptions SET url = 'mailto:jean.valjean@mission-locale.example.fr', failures = 5"
    )
    tried = (
        "INSERT INTO attempts (delivery_id, number, started_at, outcome)"
        " SELECT id, :number, :at, :outcome FROM deliveries"
    )
    for number, outcome in enumerate(("connect_failed", "login_refused"), 1):
        await change(desk.engine, tried, number=number, at=clock.now, outcome=outcome)
    clock.forward(2 * DAY)
    assert await matters(desk, partner) == []
    await change(desk.engine, tried, number=3, at=clock.now - DAY, outcome="mail_deferred")
    assert await matters(desk, partner) == [("endpoint_failing", 1)]


class TestGivenUp:
    """What was given up is told while the partner lacks it and may still have it."""

    @pytest.mark.parametrize(
        "change_",
        [
            "UPDATE deliveries SET set_aside_by = 'x', set_aside_at = now()",
            "UPDATE deliveries SET superseded_by = id",
            "UPDATE deliveries SET body = ''",
            "UPDATE approvals SET allowed = '{}'",
            "UPDATE partners SET convention_to = convention_from + 1",
            "UPDATE deliveries SET state = 'delivered'",
        ],
    )
    async def test_it_is_over(self, desk: Desk, partner: UUID, change_: str) -> None:
        await desk.approve()
        await change(desk.engine, FAILED)
        assert await matters(desk, partner) == [("deliveries_failed", 1)]
        await change(desk.engine, change_)
        assert await matters(desk, partner) == []

    async def test_what_the_partner_pulled_it_has(self, desk: Desk, partner: UUID, account: Account) -> None:
        await desk.approve()
        await desk.bench.deliver(an_approval(), subject=uuid7())
        await change(desk.engine, FAILED)
        assert await matters(desk, partner) == [("deliveries_failed", 2)]
        (one,) = await account.get("feed", limit=1)
        assert one["body"] is not None
        assert await matters(desk, partner) == [("deliveries_failed", 1)]

    async def test_a_category_that_the_person_allows_no_more_counts_not(self, desk: Desk, partner: UUID) -> None:
        await desk.approve()
        await change(desk.engine, FAILED)
        await desk.bench.deliver(a_consent(), subject=desk.candidacy, version=2)
        assert await matters(desk, partner) == []


async def test_an_address_that_ended_is_told_weekly_only_where_the_partner_is_served_nowhere(
    desk: Desk, run: Run, engine: AsyncEngine, partner: UUID, subscription: UUID, clock: SettableClock
) -> None:
    other = await a_subscription(engine, partner, url="https://newer.example.org/")
    url = (await desk.subscription(subscription)).url
    async with desk.transaction() as tx:
        await disable(tx.conn, [(subscription, url)], tx.now)
    assert len(await run()) == 1
    assert await run.days(8) == []
    await change(engine, "UPDATE subscriptions SET state = 'proposed' WHERE id = :id", id=other)
    assert await run.days(8) == [1, 8]


async def test_a_convention_that_is_over_with_nothing_lost_is_no_reason_to_write(
    desk: Desk, partner: UUID, clock: SettableClock
) -> None:
    await change(desk.engine, LAPSED, at=clock.now)
    assert await matters(desk, partner) == [("proof_missing", 0)]
    ended = "UPDATE partners SET convention_from = '2020-01-01', convention_to = '2021-01-01'"
    await change(desk.engine, ended)
    assert await matters(desk, partner) == []
    # What is held, such as a retraction, is.
    await change(desk.engine, "UPDATE partners SET convention_to = '2100-01-01'")
    await change(desk.engine, PROVEN, at=clock.now)
    await desk.approve()
    await change(desk.engine, LAPSED, at=clock.now)
    await change(desk.engine, ended)
    assert await matters(desk, partner) == [("proof_missing", 1)]


@pytest.mark.parametrize("state", ["disabled", "active"])
async def test_a_mailbox_that_ended_its_own_subscription_is_not_written_to(
    desk: Desk, run: Run, engine: AsyncEngine, partner: UUID, clock: SettableClock, state: str
) -> None:
    await a_subscription(engine, partner, url=f"mailto:{CONTACT.upper()}", state=state)
    await change(engine, LAPSED + " WHERE url LIKE 'http%'", at=clock.now)
    assert len(await run()) == (1 if state == "active" else 0)
    # Once it has proved itself again it is one to write to.
    await a_subscription(engine, partner, url=f"mailto:{CONTACT}")
    clock.forward(DAY)
    assert len(await run()) == (0 if state == "active" else 1)


async def test_a_mail_that_does_not_leave_is_tried_again_and_keeps_no_other_from_leaving(
    desk: Desk, run: Run, postbox: Postbox, engine: AsyncEngine, clock: SettableClock
) -> None:
    other = await a_partner(engine, contact="technique@cap-emploi.example.fr")
    await a_subscription(engine, other)
    await change(engine, LAPSED, at=clock.now)
    postbox.ends = ["451 4.3.0 later"]
    assert await warn(desk.transaction, postbox.mailer(clock)) is Exit.EX_TEMPFAIL
    first, second = (mail["To"] for mail in postbox.mails)
    assert {first, second} == {CONTACT, "technique@cap-emploi.example.fr"}
    assert len(await run()) == 1
    assert postbox.mails[-1]["To"] == first
    assert await run() == []


class Died(Exception):
    """The process is gone before the transaction ends."""


async def test_a_death_before_the_end_repeats_one_mail_and_no_more(
    desk: Desk, run: Run, postbox: Postbox, clock: SettableClock
) -> None:
    await change(desk.engine, LAPSED, at=clock.now)

    @asynccontextmanager
    async def dying() -> AsyncIterator[Transaction]:
        async with desk.transaction() as tx:
            yield tx
            if postbox.mails:
                raise Died

    with pytest.raises(Died):
        await warn(dying, postbox.mailer(clock))
    assert len(postbox.mails) == 1
    assert len(await run()) == 1
    assert await run.days(6) == []


async def test_of_two_that_run_at_once_one_writes(desk: Desk, run: Run, partner: UUID, clock: SettableClock) -> None:
    await change(desk.engine, LAPSED, at=clock.now)
    async with desk.transaction() as tx:
        assert await contacts.take_contact(tx.conn, partner) == CONTACT
        assert await run() == []
    assert len(await run()) == 1


def test_every_matter_of_a_partner_has_its_words() -> None:
    known = set(words.OBSERVED)
    assert known == set(words.REMEDIES)
    (check,) = (str(one.sqltext) for one in partner_told.constraints if isinstance(one, sa.CheckConstraint))
    assert all(f"'{matter}'" in check for matter in known)
    assert known < {one.value for one in Matter}


def test_a_mail_shows_hosts_and_no_more_of_addresses() -> None:
    urls = ("https://u:canary@avis.cap-emploi.example.org:8443/canary?t=canary", "mailto:canary@ml.example.fr")
    found = [Trouble(uuid7(), Matter.SUBSCRIPTION_DISABLED, url, None, 0) for url in urls]
    letter = letters.troubles(found, "https://api.example.fr/v1/partner/feed", "https://partenaires.example.fr/")
    for said in (letter.text, letter.html):
        assert "canary" not in said
        assert "avis.cap-emploi.example.org : plus rien" in said
        assert "ml.example.fr : plus rien" in said
        # When it ended is not known.
        assert "depuis" not in said
    assert letter.text.count("donnez-en une autre") == 1


class TestTheCommand:
    """`python -m services.notifications digest`, as it is run once a day."""

    async def ended(self, desk: Desk, **changed: str) -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "SITE": "DON",
            "NOTIFICATIONS_DATABASE_URL": desk.engine.url.render_as_string(hide_password=False),
            "NOTIFICATIONS_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "NOTIFICATIONS_OIDC_ISSUER": "http://127.0.0.1:1",
            "NOTIFICATIONS_IDEMPOTENCY_SECRET": "s" * 32,
            "NOTIFICATIONS_SECRETS_KEY": b64encode(bytes(range(32))).decode(),
            "NOTIFICATIONS_SIGNING_KEYS": (
                f'[{{"id":"1","seed":"{SEED}","not_before":"2020-01-01T00:00Z","not_after":"2100-01-01T00:00Z"}}]'
            ),
            "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
            "NOTIFICATIONS_API_PORT": "1",
            "NOTIFICATIONS_WORKER_PORT": "1",
        }
        command = (sys.executable, "-m", "services.notifications", "digest")
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, check=False, timeout=60, env=environment | changed
        )
        assert CONTACT.encode() not in done.stdout + done.stderr
        return done.returncode

    async def test_it_writes_to_partners_too_where_mail_is_sent(
        self, desk: Desk, postbox: Postbox, clock: SettableClock
    ) -> None:
        await change(desk.engine, LAPSED, at=clock.now)
        mail = {
            "NOTIFICATIONS_SMTP_URL": f"smtp://localhost:{postbox.port}",
            "NOTIFICATIONS_MAIL_FROM": SENDER,
            "NOTIFICATIONS_PARTNER_URL": "https://partenaires.example.fr/{reference}",
            "NOTIFICATIONS_PUBLIC_URL": "https://api.example.fr",
        }
        assert await self.ended(desk) == Exit.EX_CONFIG
        assert postbox.mails == []
        postbox.ends = ["451 4.3.0 later"]
        assert await self.ended(desk, **mail) == Exit.EX_TEMPFAIL
        assert await self.ended(desk, **mail) == Exit.OK
        assert [one["To"] for one in postbox.mails] == [CONTACT] * 2
        assert await self.ended(desk, **mail) == Exit.OK
        assert len(postbox.mails) == 2
