"""Queries on files: a file is read with sex and birth date of its person, and with nothing else of the vault."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, sentence_of
from services.selection.store.gathering import ADVICE_GATHERED, INTERVIEWED_ON, gathered_of
from services.selection.store.scope import OPEN
from services.selection.store.waiting import OTHERS_WAIT
from services.selection.tables import candidacies, identities, opinions

_FILE = (
    candidacies.c.id,
    candidacies.c.person_id,
    candidacies.c.site,
    candidacies.c.file_number,
    candidacies.c.state,
    candidacies.c.version,
    candidacies.c.round,
    candidacies.c.prepared_by,
    candidacies.c.preparers,
    candidacies.c.referent,
    candidacies.c.establishment,
    candidacies.c.arrived_on,
    candidacies.c.departed_on,
    candidacies.c.penal_status,
    candidacies.c.sentences,
    candidacies.c.sentence_end,
    candidacies.c.extract_on,
    candidacies.c.consent_signed_on,
    candidacies.c.consent_withdrawn_on,
    candidacies.c.planned_entry,
    candidacies.c.specially_flagged,
    candidacies.c.terrorism,
    candidacies.c.separation,
    candidacies.c.other_proceedings,
    candidacies.c.adjustment_requested,
    candidacies.c.local_project,
    candidacies.c.adapted_cell,
    candidacies.c.training_wishes,
    candidacies.c.partner_categories,
    candidacies.c.opinion_id,
    candidacies.c.decision_number,
    identities.c.sex,
    identities.c.birth_date,
    OTHERS_WAIT,
    ADVICE_GATHERED,
    INTERVIEWED_ON,
)
_OF_PERSON = candidacies.join(identities, identities.c.person_id == candidacies.c.person_id)
_ID = candidacies.c.id == sa.bindparam("candidacy_id", type_=sa.Uuid)

# The candidacy and its person are locked, and not against foreign keys. After a wait for the lock PostgreSQL reads only
# locked rows anew: a rectification of the person is seen; the opinions that are joined never change; what was gathered
# meanwhile is not seen, but has raised the version, so that whoever decides is told `stale-version`.
_LOCKED = (candidacies, identities)
_ONE_FILE = sa.select(*_FILE).select_from(_OF_PERSON).where(_ID)
_LOCKED_FILE = _ONE_FILE.with_for_update(of=_LOCKED, key_share=True)
_IDLE_FILE = _ONE_FILE.with_for_update(of=_LOCKED, key_share=True, skip_locked=True)
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
    .with_for_update(of=_LOCKED, key_share=True)
)
_TO_PREVIEW = (
    sa.select(*_FILE, *_NAMED)
    .select_from(_OF_PERSON.outerjoin(opinions, opinions.c.id == candidacies.c.opinion_id))
    .where(_ID)
)

_again = opinions.alias("again")
_TO_REASSESS = (
    sa.select(*_FILE, *_NAMED)
    .select_from(_OF_PERSON.join(opinions, opinions.c.id == candidacies.c.opinion_id))
    .where(
        OPEN,
        candidacies.c.arrived_on.is_(None),
        candidacies.c.file_number > sa.bindparam("after", type_=sa.BigInteger),
        candidacies.c.file_number % sa.bindparam("lanes", type_=sa.BigInteger)
        == sa.bindparam("lane", type_=sa.BigInteger),
        ~sa.exists().where(
            _again.c.candidacy_id == candidacies.c.id,
            _again.c.rule_version == sa.bindparam("rule_version", type_=sa.Text),
            _again.c.reference_on == sa.bindparam("today", type_=sa.Date),
        ),
    )
    .order_by(candidacies.c.file_number)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)


async def lock_file(conn: AsyncConnection, candidacy_id: UUID) -> domain.File:
    """The file, locked until the end of the transaction.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    return _file(await _once_locked(conn, _LOCKED_FILE, {"candidacy_id": candidacy_id}))


async def lock_file_if_idle(conn: AsyncConnection, candidacy_id: UUID) -> domain.File | None:
    """As `lock_file`, but None at once when somebody else works on it."""
    row = (await conn.execute(_IDLE_FILE, {"candidacy_id": candidacy_id})).first()
    return None if row is None else _file(row)


async def lock_file_to_decide(
    conn: AsyncConnection, candidacy_id: UUID, opinion_id: UUID
) -> tuple[domain.File, domain.NamedOpinion | None]:
    """The file, locked, and the opinion that the officer names, None when this file has no such opinion.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = await _once_locked(conn, _TO_DECIDE, {"candidacy_id": candidacy_id, "opinion_id": opinion_id})
    return _file(row), _named(row)


async def _once_locked(conn: AsyncConnection, query: sa.Select[Any], parameters: Mapping[str, object]) -> AnyRow | None:
    """The row; None only when there is none.

    Whoever held the lock may have given the file to another person: what was joined before the wait then fits no more,
    and nothing is found, until a new statement looks.
    """
    row: AnyRow | None = (await conn.execute(query, parameters)).first()
    if row is None:
        row = (await conn.execute(query, parameters)).first()
    return row


async def file_to_preview(conn: AsyncConnection, candidacy_id: UUID) -> tuple[domain.File, domain.NamedOpinion | None]:
    """The file and its latest opinion, unlocked.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = (await conn.execute(_TO_PREVIEW, {"candidacy_id": candidacy_id})).first()
    return _file(row), _named(row)


async def files_to_reassess(
    conn: AsyncConnection, rule_version: str, today: date, *, after: int, limit: int, lane: tuple[int, int] = (0, 1)
) -> list[tuple[domain.File, domain.NamedOpinion]]:
    """The next open files before arrival, each with the opinion that stands; none of which that is of today already.

    Args:
        rule_version: of today's rules.
        today: Europe/Paris.
        after: file number of the last one before.
        limit: files at most.
        lane: number and count of the lanes that share the files out among them, by file number.
    """
    found = {"rule_version": rule_version, "today": today, "after": after, "most": limit}
    found |= {"lane": lane[0], "lanes": lane[1]}
    rows = [(_file(row), _named(row)) for row in await conn.execute(_TO_REASSESS, found)]
    return [(file, named) for file, named in rows if named is not None]


async def candidacy_row(conn: AsyncConnection, candidacy_id: UUID, scope: domain.Scope | None = None) -> AnyRow:
    """The candidacy's own columns, without identity.

    Args:
        scope: whose files the caller may see; None where that was checked before.

    Raises:
        domain.Refused: `candidacy-unknown`.
    """
    row = (await conn.execute(sa.select(candidacies).where(_ID), {"candidacy_id": candidacy_id})).first()
    if row is None:
        raise domain.Refused(domain.Refusal.CANDIDACY_UNKNOWN)
    if scope is not None:
        scope.check_read(row.establishment, row.arrived_on)
    return row


def _file(row: AnyRow | None) -> domain.File:
    if row is None:
        raise domain.Refused(domain.Refusal.CANDIDACY_UNKNOWN)
    return domain.File(
        id=row.id,
        person_id=row.person_id,
        site=row.site,
        file_number=row.file_number,
        state=domain.State(row.state),
        version=row.version,
        round=row.round,
        prepared_by=row.prepared_by,
        preparers=tuple(row.preparers),
        referent=row.referent,
        establishment=row.establishment,
        arrived_on=row.arrived_on,
        case=domain.Case(
            facts=_facts(row),
            gathered=gathered_of(row),
            sex=domain.Sex(row.sex),
            born_on=row.birth_date,
            site=row.site,
            adapted_cell=row.adapted_cell,
            others_wait=row.others_wait,
        ),
        wishes=domain.Wishes(
            adapted_cell=row.adapted_cell,
            training=tuple(row.training_wishes),
            partner_categories=tuple(domain.PartnerCategory(category) for category in row.partner_categories),
        ),
        opinion_id=row.opinion_id,
        decision_number=row.decision_number,
        departed_on=row.departed_on,
    )


def _facts(row: AnyRow) -> domain.Facts:
    """Back from `facts_data`."""
    return domain.Facts(
        penal_status=row.penal_status and domain.PenalStatus(row.penal_status),
        sentences=tuple(sentence_of(data) for data in row.sentences),
        sentence_end=row.sentence_end,
        extract_on=row.extract_on,
        consent_signed_on=row.consent_signed_on,
        consent_withdrawn_on=row.consent_withdrawn_on,
        planned_entry=row.planned_entry,
        specially_flagged=row.specially_flagged,
        terrorism=row.terrorism,
        separation=row.separation,
        other_proceedings=row.other_proceedings,
        adjustment_requested=row.adjustment_requested,
        local_project=row.local_project,
    )


def _named(row: AnyRow | None) -> domain.NamedOpinion | None:
    if row is None or row.named_id is None:
        return None
    return domain.NamedOpinion(id=row.named_id, rule_version=row.rule_version, result=domain.Result(row.result))
