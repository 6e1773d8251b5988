"""Builders of fictitious files, officers and replies: each argument overrides one fact."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.selection import domain, handlers, store
from shared.contracts.placement import Arrived
from shared.messaging import Tx
from shared.testing.kernel import Bench

TODAY = date(2026, 11, 23)
"""The reference date of the test vectors."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """Gives the time it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


PREPARER = "cpip-1"
DIRECTOR = domain.Signer(id="director-1", name="Camille Exemple", function="director")
POLICY = domain.Policy()
SITE = domain.Scope("DON", None)
PREPARING = domain.Editor(PREPARER, SITE, None)
REGISTRAR = domain.Editor("registrar-1", SITE, None)
DECIDING = domain.Editor(DIRECTOR.id, SITE, None)
GROUNDS = domain.Grounds(
    reasons="A solid project, and commitment shown.", authority="DISP Strasbourg", delegation="2026-014"
)
COMPETENT = domain.Signer(id="agent-2002", name="Célestin Aubrac", function="interregional_director")
"""Decides in own competence."""


def a_delegation(**overrides: Any) -> domain.Delegation:
    """To the director, of every kind of decision, by the reference that `GROUNDS` names."""
    delegation = domain.Delegation(
        reference=GROUNDS.delegation,
        delegate_id=DIRECTOR.id,
        delegate_name=DIRECTOR.name,
        authority=GROUNDS.authority,
        kinds=frozenset(domain.Kind),
        valid_from=date(2026, 1, 1),
        valid_until=date(2029, 12, 31),
    )
    return replace(delegation, **overrides)


FACTS = domain.Facts(
    penal_status=domain.PenalStatus.FINALLY_CONVICTED,
    sentences=(domain.Sentence(domain.Duration(4, 0, 0)),),
    sentence_end=date(2028, 11, 23),
    extract_on=date(2026, 11, 20),
    consent_signed_on=date(2026, 11, 2),
    consent_withdrawn_on=None,
    planned_entry=date(2027, 1, 11),
)
"""A favourable file on `TODAY`."""

WISHES = domain.Wishes(
    adapted_cell=False,
    training=("DON-WEB", "DON-BASIC"),
    partner_categories=(domain.PartnerCategory.EMPLOYMENT_SERVICE, domain.PartnerCategory.REGION),
)

IDENTITY = domain.Identity(
    last_name="Fictif",
    first_names="Dominique",
    birth_date=date(1990, 2, 28),
    ecrou_number="000123",
    sex=domain.Sex.MALE,
)


_namesakes = itertools.count(1)


def another_name() -> str:
    """First names that nobody was given yet."""
    return f"Dominique-{next(_namesakes)}"


def some_facts(**overrides: Any) -> domain.Facts:
    """Favourable facts but for the overrides."""
    return replace(FACTS, **overrides)


def a_case(facts: domain.Facts = FACTS, **overrides: Any) -> domain.Case:
    """The case of a favourable file but for the overrides."""
    case = domain.Case(facts, domain.Gathered(), IDENTITY.sex, IDENTITY.birth_date, "DON")
    return replace(case, **overrides)


def a_sentence(
    years: int = 0, months: int = 0, days: int = 0, *, firm: domain.Duration | None = None
) -> domain.Sentence:
    """A sentence as pronounced."""
    return domain.Sentence(domain.Duration(years, months, days), firm)


def an_extract(**overrides: Any) -> domain.Extract:
    """A new extract that says what `FACTS` say, made on `TODAY`, but for the overrides."""
    extract = domain.Extract(
        status=FACTS.penal_status,
        sentences=FACTS.sentences,
        sentence_end=FACTS.sentence_end,
        extract_on=TODAY,
        source=domain.ExtractSource.NATIONAL_SYSTEM,
    )
    return replace(extract, **overrides)


async def record_penal(tx: Tx, candidacy_id: UUID, **overrides: Any) -> UUID:
    """The registry enters a new extract."""
    return await handlers.record_penal(tx, candidacy_id, an_extract(**overrides), REGISTRAR, POLICY)


async def adopt(tx: Tx, candidacy_id: UUID, signer: domain.Signer = DIRECTOR) -> UUID:
    """The deciding officer takes the moved exit over."""
    adoption = handlers.Adoption("The exit was brought forward.", signer)
    return await handlers.adopt_projected_exit(tx, candidacy_id, adoption, domain.Editor(signer.id, SITE, None))


def a_submission(**overrides: Any) -> handlers.Submission:
    """A favourable file of somebody new, as handed in."""
    identity = replace(IDENTITY, first_names=another_name())
    submission = handlers.Submission(
        site="DON", prepared_by=PREPARER, establishment=None, identity=identity, facts=FACTS, wishes=WISHES
    )
    return replace(submission, **overrides)


def an_advice(**overrides: Any) -> domain.Advice:
    """A favourable advice of `TODAY`."""
    return replace(
        domain.Advice(domain.Author("Nadia Fictive", "head"), TODAY, domain.Sense.FAVOURABLE, ""), **overrides
    )


async def gather(conn: AsyncConnection, candidacy_id: UUID) -> None:
    """Puts all that a decision needs into the database, past the acts that raise the file's version."""
    for kind in POLICY.required_advice:
        await store.insert_advice(conn, uuid7(), candidacy_id, kind, an_advice(), by=PREPARER, at=NOW)
    report = domain.Interview(domain.Author("Nadia Fictive", "cpip"), TODAY, tuple(domain.Topic), "")
    await store.insert_interview(conn, uuid7(), candidacy_id, report, by=PREPARER, at=NOW)


async def an_assessed_candidacy(tx: Tx, **overrides: Any) -> tuple[UUID, UUID]:
    """Opens a file, gathers it and assesses it.

    Returns:
        Ids of the candidacy and of its opinion.
    """
    candidacy_id = await handlers.create_candidacy(tx, a_submission(**overrides), POLICY)
    await gather(tx.conn, candidacy_id)
    opinion_id = await handlers.assess(tx, candidacy_id, PREPARING, POLICY)
    return candidacy_id, opinion_id


async def approve(tx: Tx, candidacy_id: UUID, **overrides: Any) -> UUID:
    """Previews and approves as an officer would; the overrides change what is signed."""
    shown = await handlers.preview_effects(tx.conn, candidacy_id, tx.now, SITE, POLICY)
    order = handlers.ApprovalOrder(
        opinion_id=shown.opinion_id, effects=shown.approval.effects.listed(), grounds=GROUNDS, signer=DIRECTOR
    )
    return await handlers.approve(tx, candidacy_id, replace(order, **overrides), DECIDING, POLICY)


async def withdraw(tx: Tx, candidacy_id: UUID, withdrawn_on: date | None = None) -> UUID:
    """The candidate withdraws."""
    return await handlers.withdraw(tx, candidacy_id, PREPARING, withdrawn_on=withdrawn_on)


async def an_approved_candidacy(tx: Tx, **overrides: Any) -> UUID:
    """Opens, assesses and approves a file; gives the id of the candidacy."""
    candidacy_id, _ = await an_assessed_candidacy(tx, **overrides)
    await approve(tx, candidacy_id)
    return candidacy_id


async def arrive(bench: Bench, candidacy_id: UUID, request: str, subject: UUID, **overrides: Any) -> None:
    """Placement says that the person came.

    Args:
        request: id of the accommodation request.
        subject: placement's request, whose second fact this is.
    """
    given = {"stay_id": subject, "arrived_on": TODAY} | overrides
    await bench.deliver(Arrived(**a_reply(candidacy_id, request), **given), subject=subject, version=2)


def a_reply(candidacy_id: UUID, request: str, number: str = "DON-2026-000001") -> dict[str, Any]:
    """What every event of placement and citizen space says."""
    return {"candidacy_id": candidacy_id, "request_id": request, "decision_number": number}


def a_body(**overrides: Any) -> dict[str, Any]:
    """A favourable file of somebody new, as an officer sends it."""
    return {
        "site": "DON",
        "identity": {
            "last_name": "Fictif",
            "first_names": another_name(),
            "birth_date": "1990-02-28",
            "ecrou_number": "000123",
            "sex": "M",
        },
        "penal": {
            "status": "finally_convicted",
            "sentences": [{"pronounced": {"years": 4}}],
            "sentence_end": "2028-11-23",
            "extract_on": "2026-11-20",
        },
        "consent": {"signed_on": "2026-11-02"},
        "planned_entry": "2027-01-11",
        "adapted_cell": False,
        "training_wishes": ["DON-WEB", "DON-BASIC"],
        "partner_categories": ["employment_service", "region"],
    } | overrides
