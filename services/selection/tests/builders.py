"""Builders of fictitious files, officers and replies: each argument overrides one fact."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.selection import domain, handlers
from shared.messaging import Tx

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
DECIDING = domain.Editor(DIRECTOR.id, SITE, None)
GROUNDS = domain.Grounds(
    reasons="A solid project, and commitment shown.", authority="DISP Strasbourg", delegation="2026-014"
)

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


def a_submission(**overrides: Any) -> handlers.Submission:
    """A favourable file of somebody new, as handed in."""
    identity = replace(IDENTITY, first_names=another_name())
    submission = handlers.Submission(
        site="DON", prepared_by=PREPARER, establishment=None, identity=identity, facts=FACTS, wishes=WISHES
    )
    return replace(submission, **overrides)


async def an_assessed_candidacy(tx: Tx, **overrides: Any) -> tuple[UUID, UUID]:
    """Opens a file and assesses it.

    Returns:
        Ids of the candidacy and of its opinion.
    """
    candidacy_id = await handlers.create_candidacy(tx, a_submission(**overrides), POLICY)
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
