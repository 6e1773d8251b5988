"""Queries on what is gathered on a file: advice, interviews, references to documents."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import advice, candidacies, documents, interviews

ADVICE_GATHERED = sa.type_coerce(
    sa.func.array(
        sa.select(advice.c.kind)
        .where(
            advice.c.candidacy_id == candidacies.c.id, advice.c.replaced_at.is_(None), advice.c.received_at.is_not(None)
        )
        .correlate(candidacies)
        .scalar_subquery()
    ),
    ARRAY(sa.Text),
).label("advice_gathered")
INTERVIEWED_ON = (
    sa.select(sa.func.max(interviews.c.held_on))
    .where(interviews.c.candidacy_id == candidacies.c.id)
    .correlate(candidacies)
    .scalar_subquery()
    .label("interviewed_on")
)
"""Columns of a query on candidacies, for `gathered_of`."""


def gathered_of(row: AnyRow) -> domain.Gathered:
    """From a row with the two columns above."""
    return domain.Gathered(frozenset(map(domain.AdviceKind, row.advice_gathered)), row.interviewed_on)


async def replace_advice(
    conn: AsyncConnection, candidacy_id: UUID, kind: domain.AdviceKind, at: datetime
) -> UUID | None:
    """Takes the standing advice of a kind, received or awaited, out of what counts; its id, None when there is none."""
    replaced = await conn.execute(
        sa.update(advice)
        .where(advice.c.candidacy_id == candidacy_id, advice.c.kind == kind.value, advice.c.replaced_at.is_(None))
        .values(replaced_at=at)
        .returning(advice.c.id)
    )
    found: UUID | None = replaced.scalar_one_or_none()
    return found


async def insert_advice_request(
    conn: AsyncConnection,
    advice_id: UUID,
    candidacy_id: UUID,
    kind: domain.AdviceKind,
    *,
    due_on: date,
    by: str,
    at: datetime,
) -> None:
    """Notes that an advice was asked for, by whom, and until when."""
    await conn.execute(
        advice.insert(),
        {
            "id": advice_id,
            "candidacy_id": candidacy_id,
            "kind": kind.value,
            "asked_at": at,
            "asked_by": by,
            "due_on": due_on,
        },
    )


async def insert_advice(
    conn: AsyncConnection,
    advice_id: UUID,
    candidacy_id: UUID,
    kind: domain.AdviceKind,
    given: domain.Advice,
    *,
    by: str,
    at: datetime,
) -> None:
    """Keeps an advice that came in unasked."""
    row = {"id": advice_id, "candidacy_id": candidacy_id, "kind": kind.value}
    await conn.execute(advice.insert(), row | _received(given, by, at))


async def receive_advice(
    conn: AsyncConnection, advice_id: UUID, given: domain.Advice, *, by: str, at: datetime
) -> None:
    """Keeps the answer to a request."""
    await conn.execute(sa.update(advice).where(advice.c.id == advice_id).values(_received(given, by, at)))


async def advice_request(conn: AsyncConnection, candidacy_id: UUID, advice_id: UUID) -> AnyRow:
    """What was asked for on a file that the caller has locked.

    Raises:
        domain.Refused: `advice-unknown`, or `advice-not-awaited`: it was received, or a newer one stands for it.
    """
    query = sa.select(advice).where(advice.c.id == advice_id, advice.c.candidacy_id == candidacy_id)
    row = (await conn.execute(query)).first()
    if row is None:
        raise domain.Refused(domain.Refusal.ADVICE_UNKNOWN)
    if row.received_at is not None or row.replaced_at is not None:
        raise domain.Refused(domain.Refusal.ADVICE_NOT_AWAITED)
    return row


async def advice_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All advice that was ever asked for or received on a file, oldest first."""
    query = sa.select(advice).where(advice.c.candidacy_id == candidacy_id).order_by(advice.c.id)
    return list(await conn.execute(query))


async def advice_row(conn: AsyncConnection, advice_id: UUID) -> AnyRow:
    """One of them, with the `version` of its file now."""
    return (await conn.execute(_with_version(advice).where(advice.c.id == advice_id))).one()


async def insert_interview(
    conn: AsyncConnection,
    interview_id: UUID,
    candidacy_id: UUID,
    report: domain.Interview,
    *,
    by: str,
    at: datetime,
) -> None:
    """Keeps the report of an interview; another one is another row."""
    await conn.execute(
        interviews.insert(),
        {
            "id": interview_id,
            "candidacy_id": candidacy_id,
            "interviewer_name": report.interviewer.name,
            "interviewer_function": report.interviewer.function,
            "held_on": report.held_on,
            "discussed": [topic.value for topic in report.discussed],
            "words": report.words,
            "recorded_by": by,
            "recorded_at": at,
        },
    )


async def interview_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All interviews on a file, the first recorded first."""
    query = sa.select(interviews).where(interviews.c.candidacy_id == candidacy_id).order_by(interviews.c.id)
    return list(await conn.execute(query))


async def interview_row(conn: AsyncConnection, interview_id: UUID) -> AnyRow:
    """One of them, with the `version` of its file now."""
    return (await conn.execute(_with_version(interviews).where(interviews.c.id == interview_id))).one()


async def insert_document(
    conn: AsyncConnection,
    document_id: UUID,
    candidacy_id: UUID,
    document: domain.Document,
    *,
    by: str,
    function: str,
    at: datetime,
) -> None:
    """Notes where a document of a file lies."""
    await conn.execute(
        documents.insert(),
        {
            "id": document_id,
            "candidacy_id": candidacy_id,
            "kind": document.kind.value,
            "reference": document.reference,
            "dated": document.dated,
            "recorded_by": by,
            "recorded_by_function": function,
            "recorded_at": at,
        },
    )


async def document_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All documents of a file, the first recorded first."""
    query = sa.select(documents).where(documents.c.candidacy_id == candidacy_id).order_by(documents.c.id)
    return list(await conn.execute(query))


async def document_row(conn: AsyncConnection, document_id: UUID) -> AnyRow:
    """One of them, with the `version` of its file now."""
    return (await conn.execute(_with_version(documents).where(documents.c.id == document_id))).one()


def _received(given: domain.Advice, by: str, at: datetime) -> dict[str, object]:
    return {
        "received_at": at,
        "received_by": by,
        "author_name": given.author.name,
        "author_function": given.author.function,
        "given_on": given.given_on,
        "sense": given.sense.value,
        "words": given.words,
        "reference": given.reference,
    }


def _with_version(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    return sa.select(table, candidacies.c.version).join(candidacies, candidacies.c.id == table.c.candidacy_id)
