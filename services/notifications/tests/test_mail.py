"""Notices by e-mail: a real SMTP conversation, and what is read in the mail at its other end."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Notice, payload
from services.notifications.domain.answer import RETRIES
from services.notifications.tests.builders import NOW, a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.hostile import Line, certificate, hostile
from services.notifications.tests.postbox import HOST, PASSWORD, RETURNS, SENDER, USER, Postbox, posting
from services.notifications.tests.worker import Desk
from shared.testing.kernel import Bench

MAILBOX = "accueil@mission-locale.example.fr"
URL = f"mailto:{MAILBOX}"
BODY = json.dumps(
    json.loads(payload(Notice.APPROVED, NOW, "r_0123456789abcdef0123456789abcdef")) | {"sequence": 1}
).encode()


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


@pytest.fixture
async def subscription(engine: AsyncEngine) -> UUID:
    return await a_subscription(engine, await a_partner(engine), url=URL)


@pytest.fixture
def desk(engine: AsyncEngine, bench: Bench, clock: SettableClock, subscription: UUID, postbox: Postbox) -> Desk:
    desk = Desk(engine, bench, clock)
    desk.mailer = postbox.mailer(clock)
    return desk


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Its plain text and its HTML."""
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    return plain, html


async def reference_of(engine: AsyncEngine) -> str:
    async with engine.connect() as conn:
        return str((await conn.execute(sa.text("SELECT reference FROM partner_references"))).scalar_one())


async def test_both_notices_arrive_as_mails_that_say_what_to_do_and_not_whom_it_is_about(
    desk: Desk, postbox: Postbox, engine: AsyncEngine
) -> None:
    await desk.approve()
    async with desk.working():
        (delivery,) = await desk.become("delivered")
        await desk.withdraw()
        _, retraction = await desk.become("delivered", "delivered")
    reserved, taken_back = postbox.mails
    link = f"https://partenaires.example.fr/references/{await reference_of(engine)}"
    for number, (mail, row) in enumerate(((reserved, delivery), (taken_back, retraction)), 1):
        assert (mail["From"], mail["To"], mail["Reply-To"]) == (SENDER, MAILBOX, "contact@inserre.example.fr")
        assert mail["Message-ID"] == f"<{row.id}@inserre.example.fr>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert parsedate_to_datetime(mail["Date"]) == NOW
        plain, html = parts(mail)
        for text in (plain, html):
            assert link in text
            assert "Ce que nous vous demandons" in text
            assert f"Avis n° {number}" in text
        assert '<html lang="fr">' in html
        assert f'<a href="{link}">' in html
        # Nothing that we know of the person, of the act or of the place.
        for known in (str(desk.candidacy), "DON", "2026", "Donchery", "Mission locale des Ardennes"):
            assert known not in plain + html + mail["Subject"], known
    assert reserved["Subject"] == "[InSERRE] Une place est réservée"
    assert taken_back["Subject"] == "[InSERRE] Une place n'est plus réservée"
    assert "n'est plus d'actualité" in " ".join(parts(taken_back)[0].split())
    assert postbox.paths == [(RETURNS.path(row.id), [MAILBOX]) for row in (delivery, retraction)]
    assert await desk.tries() == [(1, "accepted", 202)] * 2


async def test_a_second_attempt_is_the_same_message(desk: Desk, postbox: Postbox, clock: SettableClock) -> None:
    postbox.ends = ["451 4.3.0 try later"]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        clock.forward(RETRIES[0] * 2)
        await desk.become("delivered")
    first, second = postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert parts(first) == parts(second)
    assert postbox.paths[0] == postbox.paths[1]
    assert await desk.tries() == [(1, "mail_deferred", None), (2, "accepted", 202)]


async def test_no_such_mailbox_ends_the_subscription_like_410(desk: Desk, postbox: Postbox, subscription: UUID) -> None:
    postbox.recipients = ["550 5.1.1 no such user"]
    await desk.approve()
    async with desk.working():
        await desk.become("failed")
    assert (await desk.subscription(subscription)).state == "disabled"
    assert await desk.tries() == [(1, "mailbox_gone", None)]
    assert (await desk.rows())[0].reached is False
    said = (await desk.bench.published())[-1]
    assert (said.event_type.split(".")[2], said.body["reason"]) == ("partner_alert_failed", "endpoint_gone")


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("recipients", "550 5.7.1 not from you", "mail_refused"),
        ("recipients", "550 no words", "mail_refused"),
        ("recipients", "553 5.1.8 your own address is none", "mail_refused"),
        ("recipients", "450 4.2.1 busy", "mail_deferred"),
        ("recipients", "552 5.2.2 5.1.1 full", "mail_refused"),
        ("ends", "554 5.6.0 not like that", "mail_refused"),
        ("ends", "452 4.3.1 no room", "mail_deferred"),
    ],
)
async def test_any_other_refusal_is_tried_again_and_counts_as_unread(
    desk: Desk, postbox: Postbox, subscription: UUID, step: str, answer: str, outcome: str
) -> None:
    setattr(postbox, step, [answer])
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.reached, await desk.tries()) == ("pending", False, [(1, outcome, None)])
    assert (await desk.subscription(subscription)).state == "active"


@pytest.mark.parametrize(("end", "outcome"), [("drop", "disconnected"), ("hang", "timeout")])
async def test_what_was_sent_whole_may_have_been_read_whatever_is_answered(
    desk: Desk, postbox: Postbox, clock: SettableClock, end: str, outcome: str
) -> None:
    desk.mailer = postbox.mailer(clock, deadline=0.5)
    postbox.ends = [end]
    await desk.approve()
    async with desk.working():
        (row,) = await desk.tried(1)
    assert (row.state, row.reached, await desk.tries()) == ("pending", True, [(1, outcome, None)])


async def test_without_settings_for_mail_what_is_due_waits(desk: Desk, postbox: Postbox, clock: SettableClock) -> None:
    mailer, desk.mailer = desk.mailer, None
    await desk.approve()
    clock.forward(timedelta(days=2))
    async with desk.working() as worker:
        # One round of the loop, at least: a delivery by webhook ends meanwhile.
        other = await a_subscription(
            desk.engine, await a_partner(desk.engine), url="https://10.0.0.1/", state="disabled"
        )
        async with desk.engine.begin() as conn:
            await conn.execute(
                sa.text(
                    "INSERT INTO deliveries (id, subscription_id, candidacy_id, event_id, notice, body, state,"
                    " next_attempt_at, header_names, header_values, created_at) SELECT :id, :other, candidacy_id,"
                    " event_id, notice, body, state, next_attempt_at, header_names, header_values, created_at"
                    " FROM deliveries"
                ),
                {"id": uuid7(), "other": other},
            )
        await desk.become("pending", "failed")
        assert worker.counts["failed"] == 1
    (mail, _) = await desk.rows()
    assert (mail.attempts, postbox.mails) == (0, [])
    desk.mailer = mailer
    async with desk.working():
        await desk.become("delivered", "failed")


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path, HOST)


async def test_a_relay_is_spoken_to_over_tls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], clock: SettableClock
) -> None:
    server, client = contexts
    user = f"{USER}:p%40ss%3Aword%2F@"
    assert PASSWORD == "p@ss:word/"
    for scheme in ("smtp", "smtps"):
        async with posting(server, implicit=scheme == "smtps", login=True) as postbox:
            mailer = postbox.mailer(clock, scheme=scheme, user=user, allow_loopback=False, tls=client)
            answer = await mailer.deliver(URL, uuid7(), BODY)
        assert (answer.outcome, postbox.logins) == ("accepted", [USER.encode()]), scheme
        assert scheme == "smtps" or postbox.over_tls == [True]


async def test_nothing_is_said_in_clear_and_no_stranger_s_certificate_is_believed(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], clock: SettableClock
) -> None:
    server, client = contexts
    async with posting() as plain:
        answer = await plain.mailer(clock, allow_loopback=False, tls=client).deliver(URL, uuid7(), BODY)
        assert (answer.error, answer.reached, plain.mails) == ("tls_failed", False, [])
    for scheme in ("smtp", "smtps"):
        async with posting(server, implicit=scheme == "smtps") as postbox:
            answer = await postbox.mailer(clock, scheme=scheme, allow_loopback=False).deliver(URL, uuid7(), BODY)
            assert (answer.error, answer.reached, postbox.mails) == ("tls_failed", False, []), scheme
            named = postbox.mailer(clock, scheme=scheme, host="127.0.0.1", allow_loopback=False, tls=client)
            assert (await named.deliver(URL, uuid7(), BODY)).error == "tls_failed", scheme


async def test_a_wrong_password_is_told_apart(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], clock: SettableClock
) -> None:
    server, client = contexts
    async with posting(server, login=True) as postbox:
        mailer = postbox.mailer(clock, user=f"{USER}:wrong@", allow_loopback=False, tls=client)
        answer = await mailer.deliver(URL, uuid7(), BODY)
    assert (answer.error, answer.reached, postbox.mails) == ("login_refused", False, [])


async def hangs(line: Line) -> None:
    await line.left()


async def drips(line: Line) -> None:
    await line.drip(b"220-wait\r\n")


async def is_slow_at_each_step(line: Line) -> None:
    for answer in (b"220 relay\r\n", b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        await asyncio.sleep(0.2)
        await line.say(answer)
    await line.left()


async def hangs_up(line: Line) -> None:
    line.reset()


async def turns_away(line: Line) -> None:
    await line.say(b"421 4.3.2 closing\r\n")
    await line.left()


async def floods(line: Line) -> None:
    await line.say(b"2" * 10_000_000)
    await line.left()


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (hangs, "connect_timeout"),
        (drips, "connect_timeout"),
        (is_slow_at_each_step, "connect_timeout"),
        (hangs_up, "connect_failed"),
        (turns_away, "connect_failed"),
        (floods, "connect_failed"),
    ],
)
async def test_a_relay_that_does_not_work_is_no_disclosure(behave: object, outcome: str, clock: SettableClock) -> None:
    async with hostile(behave) as relay:  # type: ignore[arg-type]
        mailer = Postbox(port=relay.port).mailer(clock, deadline=0.4)
        answer = await mailer.deliver(URL, uuid7(), BODY)
    assert (answer.error, answer.reached) == (outcome, False)
    assert answer.duration < timedelta(seconds=3)


async def test_a_relay_that_is_not_there_is_no_disclosure(unused_tcp_port: int, clock: SettableClock) -> None:
    nobody = Postbox(port=unused_tcp_port)
    assert (await nobody.mailer(clock).deliver(URL, uuid7(), BODY)).error == "connect_failed"
    unknown = nobody.mailer(clock, host="relay.invalid")
    assert (await unknown.deliver(URL, uuid7(), BODY)).error == "dns_failed"


async def test_an_address_that_was_let_in_by_mistake_is_not_written_to(postbox: Postbox, clock: SettableClock) -> None:
    answer = await postbox.mailer(clock).deliver("mailto:a@b.example?bcc=c@d.example", uuid7(), BODY)
    assert (answer.error, postbox.mails) == ("egress_refused", [])


async def talks_then_breaks_tls(line: Line) -> None:
    """Takes the whole mail, and then ends the connection with what is no TLS."""
    await line.say(b"220 relay\r\n")
    for answer in (b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        await line.line()
        await line.say(answer)
    while await line.line() != b".\r\n":
        pass
    line.garble(b"\x00" * 64)
    await line.left()


async def test_a_mail_whose_connection_broke_after_it_was_sent_whole_may_have_been_read(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], clock: SettableClock
) -> None:
    server, client = contexts
    async with hostile(talks_then_breaks_tls, server) as relay:
        mailer = Postbox(port=relay.port).mailer(clock, scheme="smtps", allow_loopback=False, tls=client)
        answer = await mailer.deliver(URL, uuid7(), BODY)
    assert (answer.error, answer.reached) == ("disconnected", True)


async def logs_in_then_hangs_up(line: Line) -> None:
    for answer in (b"220 relay\r\n", b"250-relay\r\n250 AUTH PLAIN\r\n", b"235 2.7.0 welcome\r\n"):
        await line.say(answer)
        await line.line()


async def test_a_login_that_was_taken_is_not_blamed_for_what_breaks_later(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], clock: SettableClock
) -> None:
    server, client = contexts
    async with hostile(logs_in_then_hangs_up, server) as relay:
        mailer = Postbox(port=relay.port).mailer(
            clock, scheme="smtps", user=f"{USER}:x@", allow_loopback=False, tls=client
        )
        answer = await mailer.deliver(URL, uuid7(), BODY)
    assert (answer.error, answer.reached) == ("connect_failed", False)
