"""Queries on the sittings of the commission."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import advice, agenda_items, candidacies, opinions, sittings


async def insert_sitting(
    conn: AsyncConnection, sitting_id: UUID, sits_on: date, agenda: Sequence[UUID], *, by: str, at: datetime
) -> None:
    """Plans a sitting with an agenda, in its order."""
    await conn.execute(sittings.insert(), {"id": sitting_id, "sits_on": sits_on, "planned_by": by, "planned_at": at})
    await conn.execute(
        agenda_items.insert(),
        [
            {"sitting_id": sitting_id, "rank": rank, "candidacy_id": candidacy_id}
            for rank, candidacy_id in enumerate(agenda, start=1)
        ],
    )


async def lock_sitting(conn: AsyncConnection, sitting_id: UUID) -> AnyRow:
    """A sitting that was not held yet, locked.

    Raises:
        domain.Refused: `sitting-unknown` or `sitting-held`.
    """
    row = (await conn.execute(sa.select(sittings).where(sittings.c.id == sitting_id).with_for_update())).first()
    if row is None:
        raise domain.Refused(domain.Refusal.SITTING_UNKNOWN)
    if row.held_at is not None:
        raise domain.Refused(domain.Refusal.SITTING_HELD)
    return row


async def close_sitting(
    conn: AsyncConnection,
    sitting_id: UUID,
    minutes: domain.Minutes,
    given: Mapping[UUID, UUID],
    *,
    by: str,
    at: datetime,
) -> None:
    """Keeps the minutes, and which advice was given on which file.

    Args:
        given: ids of advice by candidacy.
    """
    held = {
        "held_at": at,
        "held_by": by,
        "chair": asdict(minutes.chair),
        "members": [asdict(member) for member in minutes.members],
        "words": minutes.words,
    }
    await conn.execute(sa.update(sittings).where(sittings.c.id == sitting_id).values(held))
    for candidacy_id, advice_id in given.items():
        await conn.execute(
            sa.update(agenda_items)
            .where(agenda_items.c.sitting_id == sitting_id, agenda_items.c.candidacy_id == candidacy_id)
            .values(advice_id=advice_id)
        )


async def sitting_row(conn: AsyncConnection, sitting_id: UUID) -> AnyRow:
    """A sitting.

    Raises:
        domain.Refused: `sitting-unknown`.
    """
    row = (await conn.execute(sa.select(sittings).where(sittings.c.id == sitting_id))).first()
    if row is None:
        raise domain.Refused(domain.Refusal.SITTING_UNKNOWN)
    return row


async def agenda_rows(conn: AsyncConnection, sitting_id: UUID) -> list[AnyRow]:
    """The agenda in its order: file numbers, and the advice where it was given. No identity."""
    found = await conn.execute(
        sa.select(agenda_items.c.candidacy_id, candidacies.c.file_number, advice.c.sense, advice.c.words)
        .join(candidacies, candidacies.c.id == agenda_items.c.candidacy_id)
        .outerjoin(advice, advice.c.id == agenda_items.c.advice_id)
        .where(agenda_items.c.sitting_id == sitting_id)
        .order_by(agenda_items.c.rank)
    )
    return list(found)


async def agenda_files(conn: AsyncConnection, sitting_id: UUID) -> list[AnyRow]:
    """The files of an agenda in their order: whose they are, where they stand, and the latest opinion's `result`."""
    found = await conn.execute(
        sa.select(
            candidacies.c.person_id,
            candidacies.c.file_number,
            candidacies.c.establishment,
            candidacies.c.state,
            opinions.c.result,
            candidacies.c.planned_entry,
            candidacies.c.sentence_end,
        )
        .join_from(agenda_items, candidacies, candidacies.c.id == agenda_items.c.candidacy_id)
        .outerjoin(opinions, opinions.c.id == candidacies.c.opinion_id)
        .where(agenda_items.c.sitting_id == sitting_id)
        .order_by(agenda_items.c.rank)
    )
    return list(found)


async def sitting_rows(conn: AsyncConnection, *, before: tuple[date, UUID] | None, limit: int) -> list[AnyRow]:
    """The sittings, the latest first, each with the number of files on its agenda (`files`).

    Args:
        before: (sits_on, id) of the last line of the page before.
        limit: lines at most.
    """
    files = (
        sa.select(sa.func.count())
        .where(agenda_items.c.sitting_id == sittings.c.id)
        .correlate(sittings)
        .scalar_subquery()
        .label("files")
    )
    query = sa.select(sittings.c.id, sittings.c.sits_on, sittings.c.held_at, files)
    if before is not None:
        query = query.where(sa.tuple_(sittings.c.sits_on, sittings.c.id) < sa.tuple_(*map(sa.literal, before)))
    return list(await conn.execute(query.order_by(sittings.c.sits_on.desc(), sittings.c.id.desc()).limit(limit)))
