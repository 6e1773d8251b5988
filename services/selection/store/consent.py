"""Queries on amendments and consent: which fields were changed, and every answer ever given."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.writing import Written
from services.selection.tables import amendments, consent_history


async def insert_amendment(conn: AsyncConnection, candidacy_id: UUID, version: int, fields: list[str]) -> None:
    """Notes which fields an act changed, by name. The line of the history says who and when."""
    await conn.execute(amendments.insert(), {"candidacy_id": candidacy_id, "version": version, "fields": fields})


async def insert_answers(
    conn: AsyncConnection, candidacy_id: UUID, answers: Iterable[domain.Answer], written: Written
) -> None:
    """Keeps answers, for ever."""
    rows = [
        {
            "candidacy_id": candidacy_id,
            "version": written.version,
            "subject": answer.subject,
            "yes": answer.yes,
            "text_version": answer.text_version,
            "dated_on": answer.dated_on,
            "recorded_by": written.officer,
            "recorded_by_function": written.function,
            "recorded_at": written.at,
        }
        for answer in answers
    ]
    if rows:
        await conn.execute(consent_history.insert(), rows)


async def answer_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """Every answer ever given on a file, the newest first."""
    found = await conn.execute(
        sa.select(consent_history)
        .where(consent_history.c.candidacy_id == candidacy_id)
        .order_by(consent_history.c.version.desc(), consent_history.c.subject)
    )
    return list(found)
