"""What waits for a function is told to its mailbox once a day: as counts, and only if something waits."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any, get_args
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.consumers import consumer
from services.notifications.domain import Matter, day_in_france
from services.notifications.letters import words
from services.notifications.mail.digest import tell
from services.notifications.settings import StaffRole
from services.notifications.store.waiting import ELSEWHERE, HERE, SILENT, waiting
from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.postbox import SENDER, Postbox, posting
from services.notifications.tests.worker import Desk
from shared.contracts.desk import WaitingCounted
from shared.contracts.placement import PlacementMatter, PlacementWaitingCounted
from shared.contracts.selection import SelectionMatter, SelectionWaitingCounted
from shared.process import Exit

ALL = {role: f"{role.replace('_', '-')}@site.example.fr" for role in get_args(StaffRole)}
STAFF = {"partner_admin": "conventions@site.example.fr", "operator": "exploitation@site.example.fr"}


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with posting() as postbox:
        yield postbox


@pytest.fixture(autouse=True)
async def _nothing_waits_elsewhere(desk: Desk) -> None:
    for event in (SelectionWaitingCounted, PlacementWaitingCounted):
        await said(desk, event, {"operator": {"held_keys": 0}})


async def counts(desk: Desk) -> dict[str, int]:
    """All matters for which somebody is waited for."""
    async with desk.engine.connect() as conn:
        found = await waiting(conn, desk.clock())
    return {matter: count for matters in found.values() for (_, matter), count in matters.items() if count}


async def said(desk: Desk, event: type[WaitingCounted], counts: dict[str, dict[str, int]], **given: Any) -> None:
    """What a service says in the morning of the test's day."""
    day = day_in_france(desk.clock())
    made = event(day=day, counts=counts)
    await desk.bench.deliver(made, subject=UUID(int=0), **({"version": day.toordinal()} | given))


async def mailed(desk: Desk, postbox: Postbox, clock: SettableClock) -> dict[str, list[str]]:
    """By role, the lines of the mail that it got."""
    postbox.mails.clear()
    assert await tell(ALL.items(), desk.transaction(), postbox.mailer(clock)) is Exit.OK
    roles = {address: role for role, address in ALL.items()}
    pages = {roles[mail["To"]]: str(list(mail.iter_parts())[1].get_content()) for mail in postbox.mails}
    return {role: list(map(unescape, re.findall(r"<li>(.*)</li>", page))) for role, page in pages.items()}


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
    here = {one.value for one in Matter} | {"held_keys", "dead_events", "forgotten", SILENT}
    assert here | {*SelectionMatter, *PlacementMatter} == set(words.MATTERS)
    assert len({*words.MATTERS.values(), words.OTHER}) == len(words.MATTERS) + 1
    counting = {one.event.type.split(".")[0] for one in consumer.events.values() if ".desk." in one.event.type}
    assert {*counting, HERE} == {*ELSEWHERE, HERE} == set(words.SERVICES)


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


async def test_each_function_is_told_in_one_mail_what_waits_for_it_in_all_services(
    desk: Desk, postbox: Postbox, clock: SettableClock
) -> None:
    await change(desk.engine, "UPDATE subscriptions SET state = 'proposed', proven_at = NULL")
    clock.forward(timedelta(days=1))
    await said(
        desk,
        SelectionWaitingCounted,
        {
            "decision_authority": {"to_sign": 3, "late": 1, "due_soon": 0},
            "spip": {"to_complete": 0, "late": 0},
            "operator": {"reply_missing": 2, "held_keys": 0},
            # A role that has no mailbox.
            "inspector": {"late": 7},
        },
    )
    counted = {"placement_officer": {"proposal_overdue": 4}, "operator": {"held_keys": 5, "dead_events": 1}}
    await said(desk, PlacementWaitingCounted, counted)
    assert await mailed(desk, postbox, clock) == {
        "decision_authority": [
            "[Candidatures] échéances dépassées : 1",
            "[Candidatures] dossiers instruits, en attente de décision : 3",
        ],
        "operator": [
            "[Candidatures] dossiers auxquels un autre service n'a pas répondu (anomalie) : 2",
            "[Hébergement] dossiers dont les événements sont retenus : 5",
            "[Hébergement] événements abandonnés, à relancer ou à écarter : 1",
        ],
        "partner_admin": ["[Avis aux partenaires] adresses de partenaires à faire confirmer : 1"],
        "placement_officer": ["[Hébergement] propositions de cellule à confirmer, hors délai : 4"],
    }


async def test_a_matter_that_has_no_words_yet_is_told_in_other_words(
    desk: Desk, postbox: Postbox, clock: SettableClock
) -> None:
    clock.forward(timedelta(days=1))
    await said(desk, SelectionWaitingCounted, {"head": {"late": 1, "pending_oracle": 2, "further_matter": 3}})
    assert await mailed(desk, postbox, clock) == {
        "head": ["[Candidatures] échéances dépassées : 1", "[Candidatures] autres points à traiter : 5"]
    }


async def test_the_newest_counts_of_a_service_replace_its_older_ones_however_often_they_come(desk: Desk) -> None:
    day = day_in_france(desk.clock()).toordinal()
    await said(desk, PlacementWaitingCounted, {"placement_officer": {"move_due": 1}}, version=day + 1)
    newest: dict[str, Any] = {"version": day + 2, "event_id": str(uuid7())}
    for _ in range(2):
        await said(desk, SelectionWaitingCounted, {"spip": {"late": 2}, "head": {"late": 3}}, **newest)
    # Of a day before, and late: another id, an older version.
    await said(desk, SelectionWaitingCounted, {"spip": {"late": 9, "due_soon": 9}}, version=day + 1)
    assert await elsewhere(desk) == [
        ("placement", "placement_officer", "move_due", 1),
        ("selection", "head", "late", 3),
        ("selection", "spip", "late", 2),
    ]
    await said(desk, SelectionWaitingCounted, {"spip": {"due_soon": 1}}, version=day + 3)
    assert await elsewhere(desk) == [
        ("placement", "placement_officer", "move_due", 1),
        ("selection", "spip", "due_soon", 1),
    ]


async def elsewhere(desk: Desk) -> list[tuple[Any, ...]]:
    async with desk.engine.connect() as conn:
        kept = await conn.execute(
            sa.text("SELECT service, role, matter, count FROM waiting_elsewhere ORDER BY 1, 2, 3")
        )
        return [tuple(row) for row in kept]


async def test_counts_are_believed_for_two_days_and_then_it_is_said_that_none_came(
    desk: Desk, postbox: Postbox, clock: SettableClock
) -> None:
    clock.forward(timedelta(days=1))
    await said(desk, SelectionWaitingCounted, {"spip": {"late": 2}, "head": {"late": 0}, "operator": {"held_keys": 0}})
    clock.forward(timedelta(days=2))
    await said(desk, PlacementWaitingCounted, {"placement_officer": {"move_due": 0}})
    assert await mailed(desk, postbox, clock) == {"spip": ["[Candidatures] échéances dépassées : 2"]}
    clock.forward(timedelta(days=1))
    silent = ["[Candidatures] aucun décompte reçu depuis plus de deux jours ; consultez directement la plateforme"]
    assert await mailed(desk, postbox, clock) == {"spip": silent, "head": silent, "operator": silent}


async def test_operators_are_told_of_a_service_that_never_said_anything(
    desk: Desk, postbox: Postbox, clock: SettableClock
) -> None:
    await change(desk.engine, "DELETE FROM waiting_elsewhere WHERE service = 'placement'")
    (line,) = (await mailed(desk, postbox, clock))["operator"]
    assert line == "[Hébergement] aucun décompte reçu depuis plus de deux jours ; consultez directement la plateforme"
