"""Queries on candidacies: a file is read with the sex of its person, and with nothing else of the vault."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, opinion_data, sentence_data, sentence_of
from services.selection.tables import candidacies, identities, opinions

_FILE = (
    candidacies.c.id,
    candidacies.c.site,
    candidacies.c.file_number,
    candidacies.c.state,
    candidacies.c.version,
    candidacies.c.prepared_by,
    candidacies.c.establishment,
    candidacies.c.penal_status,
    candidacies.c.sentences,
    candidacies.c.sentence_end,
    candidacies.c.extract_on,
    candidacies.c.consent_signed_on,
    candidacies.c.consent_withdrawn_on,
    candidacies.c.planned_entry,
    candidacies.c.adapted_cell,
    candidacies.c.training_wishes,
    candidacies.c.partner_categories,
    candidacies.c.opinion_id,
    candidacies.c.decision_number,
    identities.c.sex,
)
_OF_PERSON = candidacies.join(identities, identities.c.person_id == candidacies.c.person_id)
_ID = candidacies.c.id == sa.bindparam("candidacy_id", type_=sa.Uuid)

# The candidacy alone is locked, and not against foreign keys. What is joined never changes: after a wait for the lock
# PostgreSQL reads only the locked row anew.
_LOCKED_FILE = sa.select(*_FILE).select_from(_OF_PERSON).where(_ID).with_for_update(of=candidacies, key_share=True)
_NAMED = (opinions.c.id.label("named_id"), opinions.c.rule_version, opinions.c.result)
_TO_DECIDE = (
    sa.select(*_FILE, *_NAMED)
    .select_from(
        _OF_PERSON.outerjoin(
            opinions,
            sa.and_(
                opinions.c.candidacy_id == candidacies.c.id,
                opinions.c.id == sa.bindparam("opinion_id", type_=sa.Uuid),
            ),
        )
    )
    .where(_ID)
    .with_for_update(of=candidacies, key_share=True)
)
_TO_PREVIEW = (
    sa.select(*_FILE, *_NAMED)
    .select_from(_OF_PERSON.outerjoin(opinions, opinions.c.id == candidacies.c.opinion_id))
    .where(_ID)
)
_MOVE = (
    sa.update(candidacies)
    .where(_ID)
    .values(
        state=sa.bindparam("new_state"),
        version=sa.bindparam("new_version"),
        decision_number=sa.bindparam("new_decision_number"),
        consent_withdrawn_on=sa.bindparam("new_consent_withdrawn_on"),
    )
)
_ASSESSED = (
    sa.update(candidacies)
    .where(_ID)
    .values(
        state=sa.bindparam("new_state"), version=sa.bindparam("new_version"), opinion_id=sa.bindparam("new_opinion_id")
    )
)


async def insert_candidacy(
    conn: AsyncConnection,
    *,
    candidacy_id: UUID,
    person_id: UUID,
    site: str,
    prepared_by: str,
    establishment: str | None,
    facts: domain.Facts,
    wishes: domain.Wishes,
    estimate: domain.Opinion,
    submitted_at: datetime,
) -> None:
    """Opens a file: submitted, version 1, the next file number."""
    await conn.execute(
        candidacies.insert(),
        {
            "id": candidacy_id,
            "person_id": person_id,
            "site": site,
            "state": domain.State.SUBMITTED.value,
            "version": 1,
            "prepared_by": prepared_by,
            "establishment": establishment,
            "penal_status": facts.penal_status and facts.penal_status.value,
            "sentences": [sentence_data(sentence) for sentence in facts.sentences],
            "sentence_end": facts.sentence_end,
            "extract_on": facts.extract_on,
            "consent_signed_on": facts.consent_signed_on,
            "consent_withdrawn_on": facts.consent_withdrawn_on,
            "planned_entry": facts.planned_entry,
            "adapted_cell": wishes.adapted_cell,
            "training_wishes": list(wishes.training),
            "partner_categories": [category.value for category in wishes.partner_categories],
            "submitted_at": submitted_at,
            "estimate": opinion_data(estimate),
        },
    )


async def lock_file(conn: AsyncConnection, candidacy_id: UUID) -> domain.File:
    """The file, locked until the end of the transaction.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    return _file((await conn.execute(_LOCKED_FILE, {"candidacy_id": candidacy_id})).first())


async def lock_file_to_decide(
    conn: AsyncConnection, candidacy_id: UUID, opinion_id: UUID
) -> tuple[domain.File, domain.NamedOpinion | None]:
    """The file, locked, and the opinion that the officer names, None when this file has no such opinion.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = (await conn.execute(_TO_DECIDE, {"candidacy_id": candidacy_id, "opinion_id": opinion_id})).first()
    return _file(row), _named(row)


async def file_to_preview(conn: AsyncConnection, candidacy_id: UUID) -> tuple[domain.File, domain.NamedOpinion | None]:
    """The file and its latest opinion, unlocked.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = (await conn.execute(_TO_PREVIEW, {"candidacy_id": candidacy_id})).first()
    return _file(row), _named(row)


async def set_assessed(conn: AsyncConnection, file: domain.File, state: domain.State, opinion_id: UUID) -> None:
    """Names the latest opinion of the file. The version rises by 1."""
    await conn.execute(
        _ASSESSED,
        {
            "candidacy_id": file.id,
            "new_state": state.value,
            "new_version": file.version + 1,
            "new_opinion_id": opinion_id,
        },
    )


async def move(
    conn: AsyncConnection,
    file: domain.File,
    state: domain.State,
    *,
    version: int,
    decision_number: str | None,
    withdrawn_on: date | None = None,
) -> None:
    """Puts the file into a state.

    Args:
        version: of the last event that the act publishes.
        decision_number: the decision that stands from now on.
        withdrawn_on: when the candidate took the consent back, if the act says so.
    """
    await conn.execute(
        _MOVE,
        {
            "candidacy_id": file.id,
            "new_state": state.value,
            "new_version": version,
            "new_decision_number": decision_number,
            "new_consent_withdrawn_on": withdrawn_on or file.facts.consent_withdrawn_on,
        },
    )


async def candidacy_row(conn: AsyncConnection, candidacy_id: UUID, scope: str | None = None) -> AnyRow:
    """The candidacy's own columns, without identity.

    Args:
        scope: the only establishment whose files the caller may see; None for all of the site.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = (await conn.execute(sa.select(candidacies).where(_ID), {"candidacy_id": candidacy_id})).first()
    if row is None:
        raise domain.Refused(domain.Refusal.CANDIDACY_UNKNOWN)
    domain.check_scope(row.establishment, scope)
    return row


def _file(row: AnyRow | None) -> domain.File:
    if row is None:
        raise domain.Refused(domain.Refusal.CANDIDACY_UNKNOWN)
    return domain.File(
        id=row.id,
        site=row.site,
        file_number=row.file_number,
        state=domain.State(row.state),
        version=row.version,
        prepared_by=row.prepared_by,
        establishment=row.establishment,
        sex=domain.Sex(row.sex),
        facts=domain.Facts(
            penal_status=row.penal_status and domain.PenalStatus(row.penal_status),
            sentences=tuple(sentence_of(data) for data in row.sentences),
            sentence_end=row.sentence_end,
            extract_on=row.extract_on,
            consent_signed_on=row.consent_signed_on,
            consent_withdrawn_on=row.consent_withdrawn_on,
            planned_entry=row.planned_entry,
        ),
        wishes=domain.Wishes(
            adapted_cell=row.adapted_cell,
            training=tuple(row.training_wishes),
            partner_categories=tuple(domain.PartnerCategory(category) for category in row.partner_categories),
        ),
        opinion_id=row.opinion_id,
        decision_number=row.decision_number,
    )


def _named(row: AnyRow | None) -> domain.NamedOpinion | None:
    if row is None or row.named_id is None:
        return None
    return domain.NamedOpinion(id=row.named_id, rule_version=row.rule_version, result=domain.Result(row.result))
