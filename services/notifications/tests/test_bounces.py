"""What mail systems send back: who may be believed, and what follows."""

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery.bounces import take
from services.notifications.domain import Resend
from services.notifications.handlers import Who, resend_delivery
from services.notifications.mail.reports import Forged, Kind, read
from services.notifications.mail.returns import Returns
from services.notifications.tests.builders import NOW, SEED, a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.postbox import RETURNS, Postbox, posting
from services.notifications.tests.replaying import Replaying
from services.notifications.tests.worker import Desk
from shared.process import Exit
from shared.testing.api import Tokens
from shared.testing.kernel import Bench

MAILBOX = "accueil@mission-locale.example.fr"
OURS = UUID("01931c9e-3f1a-7c44-9b0e-5d8f6a7b8c9d")


def a_bounce(to: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery status notification as mail systems write it (RFC 3464)."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@relay.example.fr
To: {to}
Auto-Submitted: auto-replied
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

It did not work. Status: 5.1.1

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.fr
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0100

Final-Recipient: rfc822; {MAILBOX}
Action: {action}
Status: {status} (what it means)
Diagnostic-Code: smtp; 550 no

--b
Content-Type: text/rfc822-headers

From: avis@inserre.example.fr
To: {MAILBOX}

--b--
""".replace("\n", "\r\n").encode()


def a_complaint(path: str, *, kind: str = "abuse") -> bytes:
    """A complaint as providers write it (RFC 5965): it comes to another address, and holds the mail."""
    return f"""\
From: <fbl@provider.example.fr>
To: <avis@inserre.example.fr>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1

--b
Content-Type: message/rfc822

Return-Path: <{path}>
From: avis@inserre.example.fr
To: {MAILBOX}

Bonjour
--b--
""".encode()


def an_absence(to: str) -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Auto-Submitted"], mail["Subject"] = to, "auto-replied", "Absence. Status: 5.1.1"
    mail.set_content("Action: failed\nStatus: 5.1.1\n")
    return mail.as_bytes()


def other_domain(path: str) -> str:
    return path.replace("inserre.example.fr", "inserre.example.fr.evil.example")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (a_bounce(RETURNS.path(OURS)), Kind.GONE),
        (a_bounce(RETURNS.path(OURS).upper()), Kind.GONE),
        (a_bounce(RETURNS.path(OURS), status="5.7.1"), Kind.GONE),
        (a_bounce(RETURNS.path(OURS), status="4.4.7"), Kind.UNDELIVERED),
        (a_bounce(RETURNS.path(OURS), status="4.4.1", action="delayed"), Kind.NOTED),
        (a_bounce(RETURNS.path(OURS), status="5.1.1", action="delayed"), Kind.NOTED),
        (a_bounce(RETURNS.path(OURS), status="2.0.0", action="delivered"), Kind.NOTED),
        (a_bounce(RETURNS.path(OURS), status="five", action="failed"), Kind.NOTED),
        (a_bounce(RETURNS.path(OURS), status="", action=""), Kind.NOTED),
        (a_complaint(RETURNS.path(OURS)), Kind.COMPLAINT),
        (a_complaint(RETURNS.path(OURS), kind="Opt-Out"), Kind.COMPLAINT),
        (a_complaint(RETURNS.path(OURS), kind="not-spam"), Kind.NOTED),
        (a_complaint(RETURNS.path(OURS), kind="auth-failure"), Kind.NOTED),
        (an_absence(RETURNS.path(OURS)), Kind.NOTED),
        (f"To: {RETURNS.path(OURS)}\n\n".encode() + b"\xff\x00" * 100, Kind.NOTED),
        (f"To: {RETURNS.path(OURS)}\nContent-Type: multipart/report\n\nno parts".encode(), Kind.NOTED),
        (f"To: {RETURNS.path(OURS)}\nContent-Type: message/delivery-status\n\nStatus: 5.1.1".encode(), Kind.NOTED),
    ],
)
def test_a_report_is_read_for_what_it_says_in_its_fields(raw: bytes, kind: Kind) -> None:
    assert read(raw, RETURNS) == (OURS, kind)


def test_the_mail_system_may_say_whom_a_report_came_to() -> None:
    assert read(a_bounce("undisclosed"), RETURNS, RETURNS.path(OURS)) == (OURS, Kind.GONE)


def test_a_return_path_fits_in_what_smtp_allows() -> None:
    local = RETURNS.path(OURS).partition("@")[0]
    assert len(local) == 64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        a_bounce("avis@inserre.example.fr"),
        a_bounce(f"bounce+{OURS.hex}@inserre.example.fr"),
        a_bounce(f"bounce+{OURS.hex}.{'0' * 24}@inserre.example.fr"),
        a_bounce(RETURNS.path(OURS).replace(OURS.hex, uuid7().hex)),
        a_bounce(Returns(b"another secret", "inserre.example.fr").path(OURS)),
        a_bounce(other_domain(RETURNS.path(OURS))),
        a_bounce(f"{RETURNS.path(OURS)}, {RETURNS.path(uuid7())}"),
        an_absence("avis@inserre.example.fr").replace(b"Action", f"Action {RETURNS.path(OURS)}".encode()),
    ],
)
def test_what_does_not_show_one_genuine_return_path_is_believed_in_nothing(raw: bytes) -> None:
    with pytest.raises(Forged):
        read(raw, RETURNS)


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


@pytest.fixture
async def subscription(engine: AsyncEngine) -> UUID:
    return await a_subscription(engine, await a_partner(engine), url=f"mailto:{MAILBOX}")


@pytest.fixture
def desk(engine: AsyncEngine, bench: Bench, clock: SettableClock, subscription: UUID, postbox: Postbox) -> Desk:
    desk = Desk(engine, bench, clock)
    desk.mailer = postbox.mailer(clock)
    return desk


@pytest.fixture
async def path(desk: Desk, postbox: Postbox) -> str:
    """The return path of a mail that a relay took."""
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    return postbox.paths[0][0]


async def state(desk: Desk, subscription: UUID) -> tuple[list[str], str]:
    return await desk.states(), (await desk.subscription(subscription)).state


async def change(desk: Desk, statement: str, **values: object) -> None:
    async with desk.engine.begin() as conn:
        await conn.execute(sa.text(statement), values)


async def test_no_such_mailbox_after_all_ends_the_subscription_and_takes_back_what_was_said(
    desk: Desk, path: str, subscription: UUID
) -> None:
    *_, told = await desk.bench.published()
    for _ in range(2):
        assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["failed"], "disabled")
    (said,) = await desk.bench.published()
    assert (told.event_type.split(".")[2], said.event_type.split(".")[2]) == ("partner_alerted", "partner_alert_failed")
    assert (said.body["reason"], said.body["candidacy_id"]) == ("endpoint_gone", str(desk.candidacy))
    versions = [int(one.headers["ce_aggregateversion"]) for one in (told, said)]
    assert versions == [1, 2]
    assert said.headers["ce_subject"] == told.headers["ce_subject"]
    # A withdrawal has nobody to go to there, and says so.
    await desk.withdraw()
    async with desk.working():
        await desk.become("failed", "failed")


async def test_a_complaint_ends_the_subscription_and_leaves_what_was_read(
    desk: Desk, path: str, subscription: UUID
) -> None:
    await desk.bench.published()
    assert await take(a_complaint(path), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["delivered"], "disabled")
    assert await desk.bench.published() == []


async def test_a_mail_given_up_for_now_has_failed_and_the_mailbox_stays(
    desk: Desk, path: str, subscription: UUID
) -> None:
    assert await take(a_bounce(path, status="4.4.7"), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["failed"], "active")
    assert (await desk.bench.published())[-1].body["reason"] == "retries_exhausted"


@pytest.mark.parametrize("raw", ["delay", "absence", "forged", "unknown"])
async def test_anything_else_changes_nothing(desk: Desk, path: str, subscription: UUID, raw: str) -> None:
    await desk.bench.published()
    given, code = {
        "delay": (a_bounce(path, status="4.4.1", action="delayed"), Exit.OK),
        "absence": (an_absence(path), Exit.OK),
        "forged": (a_bounce(path.replace(".", ".0", 1)), Exit.EX_NOPERM),
        "unknown": (a_bounce(RETURNS.path(uuid7())), Exit.EX_NOPERM),
    }[raw]
    assert await take(given, RETURNS, desk.transaction) is code
    assert await state(desk, subscription) == (["delivered"], "active")
    assert await desk.bench.published() == []


async def test_a_mailbox_that_proved_itself_since_is_not_ended_by_an_old_bounce(
    desk: Desk, path: str, subscription: UUID
) -> None:
    await change(desk, "UPDATE subscriptions SET proven_at = :at", at=NOW + timedelta(seconds=1))
    assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["failed"], "active")


async def test_an_endpoint_that_took_the_mailbox_s_place_is_not_ended(
    desk: Desk, path: str, subscription: UUID
) -> None:
    await change(desk, "UPDATE subscriptions SET url = 'https://partner.example.org/'")
    assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["failed"], "active")


async def test_what_was_taken_back_since_is_not_failed_once_more(desk: Desk, path: str, subscription: UUID) -> None:
    await desk.withdraw()
    await desk.bench.published()
    assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    assert await state(desk, subscription) == (["delivered", "pending"], "disabled")
    assert await desk.bench.published() == []


async def test_a_bounce_that_is_faster_than_our_own_record_has_to_come_again(
    desk: Desk, postbox: Postbox, subscription: UUID
) -> None:
    await desk.approve()
    (claimed,) = await desk.claim()
    raw = a_bounce(RETURNS.path(claimed.id))
    assert await take(raw, RETURNS, desk.transaction) is Exit.EX_TEMPFAIL
    assert await state(desk, subscription) == (["pending"], "active")


async def resend(desk: Desk) -> None:
    """An officer has the one delivery sent again."""
    (row,) = await desk.rows()
    async with desk.transaction() as tx:
        await resend_delivery(tx, row.id, Who("agent-6001", "partner_admin"), Resend.LOST_BY_PARTNER)


async def test_what_came_back_and_is_sent_again_is_news_again(desk: Desk, path: str, postbox: Postbox) -> None:
    await resend(desk)
    async with desk.working():
        await desk.become("delivered")
    assert await take(a_bounce(path, status="4.4.7"), RETURNS, desk.transaction) is Exit.OK
    await resend(desk)
    async with desk.working():
        (row,) = await desk.become("delivered")
    said = [(one.event_type.split(".")[2], one.headers["ce_aggregateversion"]) for one in await desk.bench.published()]
    assert said[-3:] == [("partner_alerted", "1"), ("partner_alert_failed", "2"), ("partner_alerted", "3")]
    assert row.version == 3


async def test_what_came_back_while_it_waits_to_be_sent_again_has_failed_all_the_same(desk: Desk, path: str) -> None:
    await resend(desk)
    await desk.bench.published()
    for _ in range(2):
        assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    (said,) = await desk.bench.published()
    assert (said.event_type.split(".")[2], said.body["reason"]) == ("partner_alert_failed", "endpoint_gone")
    async with desk.working():
        await desk.become("failed")
    (said,) = await desk.bench.published()
    assert (said.body["reason"], said.headers["ce_aggregateversion"]) == ("subscription_disabled", "3")


async def test_what_came_back_after_it_could_not_be_sent_again_has_failed_all_the_same(
    desk: Desk, path: str, postbox: Postbox
) -> None:
    await change(desk, "UPDATE deliveries SET attempts = 8")
    await resend(desk)
    postbox.ends = ["451 4.3.0 try later"]
    async with desk.working():
        await desk.tried(2)
        await desk.become("delivered")
    await desk.bench.published()
    for _ in range(2):
        assert await take(a_bounce(path, status="4.4.7"), RETURNS, desk.transaction) is Exit.OK
    (said,) = await desk.bench.published()
    assert (said.event_type.split(".")[2], said.headers["ce_aggregateversion"]) == ("partner_alert_failed", "2")


async def test_what_came_back_while_a_replay_has_it_is_not_delivered_once_the_replay_is_over(
    desk: Desk, path: str, subscription: UUID, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    clock.forward(timedelta(seconds=1))
    replaying = Replaying(desk, clock, api, tokens, subscription)
    replaying.begun = NOW - timedelta(days=1)
    job = await replaying.order(states=["failed", "delivered"])
    await replaying.step()
    assert await replaying.taken() == 1
    await desk.bench.published()
    assert await take(a_bounce(path, status="4.4.7"), RETURNS, desk.transaction) is Exit.OK
    (said,) = await desk.bench.published()
    assert said.body["reason"] == "retries_exhausted"
    await replaying.cancel(job)
    assert await desk.states() == ["failed"]


async def test_a_bounce_of_what_went_to_two_mailboxes_does_not_end_the_newer(
    desk: Desk, path: str, subscription: UUID, clock: SettableClock
) -> None:
    clock.forward(timedelta(minutes=1))
    url = "mailto:equipe@mission-locale.example.fr"
    await change(desk, "UPDATE subscriptions SET url = :url, proven_at = :at", url=url, at=clock())
    clock.forward(timedelta(minutes=1))
    await resend(desk)
    async with desk.working():
        await desk.become("delivered")
    # It is the first that comes back late: which of the two it was is not said.
    assert await take(a_bounce(path), RETURNS, desk.transaction) is Exit.OK
    assert (await desk.subscription(subscription)).state == "active"


class TestTheCommand:
    """`python -m services.notifications bounced`, as a mail system's pipe calls it."""

    SECRETS_KEY = b64encode(bytes(range(32))).decode()

    def run(self, raw: bytes, *arguments: str, **changed: str) -> subprocess.CompletedProcess[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "SITE": "DON",
            "NOTIFICATIONS_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "NOTIFICATIONS_OIDC_ISSUER": "http://127.0.0.1:1",
            "NOTIFICATIONS_IDEMPOTENCY_SECRET": "s" * 32,
            "NOTIFICATIONS_SECRETS_KEY": self.SECRETS_KEY,
            "NOTIFICATIONS_SIGNING_KEYS": (
                f'[{{"id":"1","seed":"{SEED}","not_before":"2020-01-01T00:00Z","not_after":"2100-01-01T00:00Z"}}]'
            ),
            "NOTIFICATIONS_API_PORT": "1",
            "NOTIFICATIONS_WORKER_PORT": "1",
            "NOTIFICATIONS_SMTP_URL": "smtps://u:canary@relay.example.fr",
            "NOTIFICATIONS_MAIL_FROM": "avis@inserre.example.fr",
            "NOTIFICATIONS_PARTNER_URL": "https://partenaires.example.fr/{reference}",
            "NOTIFICATIONS_PUBLIC_URL": "https://api.example.fr",
        }
        command = (sys.executable, "-m", "services.notifications", "bounced", *arguments)
        wanted = {name: value for name, value in (environment | changed).items() if value}
        return subprocess.run(command, input=raw, capture_output=True, check=False, timeout=60, env=wanted)

    async def test_it_ends_with_the_codes_that_mail_systems_know(
        self, desk: Desk, path: str, subscription: UUID
    ) -> None:
        delivery = (await desk.rows())[0].id
        genuine = Returns(self.SECRETS_KEY.encode(), "inserre.example.fr").path(delivery)
        database = {"NOTIFICATIONS_DATABASE_URL": desk.engine.url.render_as_string(hide_password=False)}
        nowhere = {"NOTIFICATIONS_DATABASE_URL": "postgresql+asyncpg://u:p@127.0.0.1:1/none"}

        async def ended(raw: bytes, *arguments: str, **changed: str) -> int:
            done = await asyncio.to_thread(self.run, raw, *arguments, **changed)
            assert b"canary" not in done.stdout + done.stderr
            assert MAILBOX.encode() not in done.stdout + done.stderr
            return done.returncode

        assert await ended(a_bounce(path), **database) == 77
        assert await ended(a_bounce(genuine), **nowhere) == 75
        assert await ended(a_bounce(genuine), "one", "two", **database) == 64
        no_mail = dict.fromkeys(
            (
                "NOTIFICATIONS_SMTP_URL",
                "NOTIFICATIONS_MAIL_FROM",
                "NOTIFICATIONS_PARTNER_URL",
                "NOTIFICATIONS_PUBLIC_URL",
            ),
            "",
        )
        assert await ended(a_bounce(genuine), **database, **no_mail) == 78
        assert await state(desk, subscription) == (["delivered"], "active")
        assert await ended(a_bounce("undisclosed"), genuine, **database) == 0
        assert await state(desk, subscription) == (["failed"], "disabled")
