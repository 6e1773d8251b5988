"""What waits for a function is told to its mailbox once a day: as counts, and only if something waits."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.domain import Matter
from services.notifications.letters import words
from services.notifications.mail.digest import tell
from services.notifications.store.waiting import waiting
from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.postbox import SENDER, Postbox, posting
from services.notifications.tests.worker import Desk
from shared.process import Exit

STAFF = {"partner_admin": "conventions@site.example.fr", "operator": "exploitation@site.example.fr"}


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


async def counts(desk: Desk) -> dict[str, int]:
    """All matters for which somebody is waited for."""
    async with desk.engine.connect() as conn:
        found = await waiting(conn, desk.clock())
    return {matter: count for matters in found.values() for matter, count in matters.items() if count}


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text(statement))


async def test_where_nothing_waits_nothing_is_sent(desk: Desk, postbox: Postbox, clock: SettableClock) -> None:
    assert await counts(desk) == {}
    assert await tell(STAFF.items(), desk.transaction(), postbox.mailer(clock)) is Exit.OK
    assert postbox.mails == []


async def test_each_function_is_told_what_waits_for_it_and_nothing_of_anybody(
    desk: Desk, postbox: Postbox, clock: SettableClock, subscription: UUID
) -> None:
    await desk.approve()
    await desk.claim()
    await desk.withdraw()
    # Nothing of ours does this: a retraction that nobody releases.
    await change(desk.engine, "UPDATE deliveries SET lease_token = NULL, lease_until = NULL")
    other = await a_subscription(desk.engine, await a_partner(desk.engine, name="Cap emploi"), state="proposed")
    await change(desk.engine, f"UPDATE subscriptions SET approved_by = NULL, approved_at = NULL WHERE id = '{other}'")
    assert await counts(desk) == {"approval_missing": 1, "forgotten": 1}
    assert await tell(STAFF.items(), desk.transaction(), postbox.mailer(clock)) is Exit.OK
    admin, operator = postbox.mails
    assert ([admin["To"], operator["To"]], postbox.paths[0][0]) == (list(STAFF.values()), SENDER)
    said = [" ".join(str(part.get_content()) for part in mail.iter_parts()) for mail in (admin, operator)]
    assert "à approuver par un second agent : 1" in said[0]
    assert "anomalie" not in said[0]
    assert "avis ni terminés ni programmés (anomalie) : 1" in said[1]
    for known in ("Cap emploi", "Mission locale", "r_", str(desk.candidacy), "http"):
        assert not any(known in text for text in said), known


def test_every_matter_has_its_words() -> None:
    assert {one.value for one in Matter} | {"held_keys", "dead_events", "forgotten"} == set(words.MATTERS)


async def test_what_was_given_up_waits_for_an_officer(desk: Desk) -> None:
    await desk.approve()
    await change(desk.engine, "UPDATE deliveries SET state = 'failed', next_attempt_at = NULL")
    assert await counts(desk) == {"deliveries_failed": 1}


async def test_a_mail_that_does_not_leave_is_to_be_tried_again(
    desk: Desk, postbox: Postbox, clock: SettableClock
) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'proposed', proven_at = NULL")
    postbox.ends = ["451 4.3.0 later"]
    assert await tell(STAFF.items(), desk.transaction(), postbox.mailer(clock)) is Exit.EX_TEMPFAIL
    assert await tell(STAFF.items(), desk.transaction(), postbox.mailer(clock)) is Exit.OK
