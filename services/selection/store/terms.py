"""Queries on what is due by a date, and on what somebody has to look at."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import readable
from services.selection.tables import candidacies, deadlines, reviews


async def insert_deadline(conn: AsyncConnection, deadline: domain.Deadline, opened_at: datetime) -> None:
    """Notes what is due."""
    await conn.execute(
        deadlines.insert(),
        {
            "id": deadline.id,
            "candidacy_id": deadline.candidacy_id,
            "kind": deadline.kind.value,
            "subject": deadline.subject,
            "owner": deadline.owner.value,
            "due_on": deadline.due_on,
            "remind_on": deadline.remind_on,
            "opened_at": opened_at,
        },
    )


async def meet_deadline(conn: AsyncConnection, kind: domain.Due, subject: UUID, at: datetime) -> UUID | None:
    """Marks what was due as done; its id, or None when nothing of that kind was open."""
    met = await conn.execute(
        sa.update(deadlines)
        .where(deadlines.c.kind == kind.value, deadlines.c.subject == subject, deadlines.c.met_at.is_(None))
        .values(met_at=at)
        .returning(deadlines.c.id)
    )
    found: UUID | None = met.scalar_one_or_none()
    return found


async def meet_all(conn: AsyncConnection, candidacy_id: UUID, at: datetime) -> list[UUID]:
    """Marks everything that is open on a file as done, because the file is closed; their ids."""
    met = await conn.execute(
        sa.update(deadlines)
        .where(deadlines.c.candidacy_id == candidacy_id, deadlines.c.met_at.is_(None))
        .values(met_at=at)
        .returning(deadlines.c.id)
    )
    return list(met.scalars())


async def lock_deadline(conn: AsyncConnection, deadline_id: UUID) -> AnyRow | None:
    """A deadline that is still open, locked; None when it was met."""
    found = await conn.execute(
        sa.select(deadlines).where(deadlines.c.id == deadline_id, deadlines.c.met_at.is_(None)).with_for_update()
    )
    return found.first()


async def mark_deadline(conn: AsyncConnection, deadline_id: UUID, step: domain.Escalation, at: datetime) -> None:
    """Notes that the owner was reminded, or that the matter was escalated."""
    column = {domain.Escalation.REMIND: "reminded_at", domain.Escalation.ESCALATE: "escalated_at"}[step]
    await conn.execute(sa.update(deadlines).where(deadlines.c.id == deadline_id).values({column: at}))


async def deadline_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All that was ever due on a file, the earliest due first."""
    found = await conn.execute(
        sa.select(deadlines)
        .where(deadlines.c.candidacy_id == candidacy_id)
        .order_by(deadlines.c.due_on, deadlines.c.opened_at, deadlines.c.id)
    )
    return list(found)


async def open_review(conn: AsyncConnection, review_id: UUID, review: domain.Review, at: datetime) -> None:
    """Puts a file on the review list; one that is there for the same cause gets the newer detail."""
    await open_many_reviews(conn, [(review_id, review)], at)


async def open_many_reviews(conn: AsyncConnection, made: Sequence[tuple[UUID, domain.Review]], at: datetime) -> None:
    """As `open_review`, for several files, each with the id of its line; at least one."""
    new = insert(reviews)
    new = new.on_conflict_do_update(
        index_elements=["candidacy_id", "cause"],
        index_where=reviews.c.closed_at.is_(None),
        set_={"detail": new.excluded.detail},
    )
    lines = [
        {
            "id": review_id,
            "candidacy_id": review.candidacy_id,
            "cause": review.cause.value,
            "detail": dict(review.detail),
            "opened_at": at,
        }
        for review_id, review in made
    ]
    await conn.execute(new, lines)


async def open_reviews(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """Why a file is on the review list now, the oldest first."""
    found = await conn.execute(
        sa.select(reviews)
        .where(reviews.c.candidacy_id == candidacy_id, reviews.c.closed_at.is_(None))
        .order_by(reviews.c.opened_at, reviews.c.id)
    )
    return list(found)


async def close_reviews(
    conn: AsyncConnection, candidacy_id: UUID, *, outcome: str, by: str, at: datetime, review_id: UUID | None = None
) -> int:
    """Takes a file off the review list; how many lines that were.

    Args:
        outcome: code of what was done.
        by: subject of the officer.
        review_id: this line alone; None for all.
    """
    closed = await conn.execute(
        sa.update(reviews)
        .where(
            reviews.c.candidacy_id == candidacy_id,
            reviews.c.closed_at.is_(None),
            sa.true() if review_id is None else reviews.c.id == review_id,
        )
        .values(closed_at=at, closed_by=by, outcome=outcome)
        .returning(reviews.c.id)
    )
    return len(closed.all())


async def overdue(
    conn: AsyncConnection,
    on: date,
    scope: domain.Scope,
    *,
    owner: domain.Role | None = None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[AnyRow]:
    """What is past its date and not done, the longest overdue first: the escalation list.

    Args:
        on: today, Europe/Paris.
        scope: whose files.
        owner: role of who has to act; None for all.
        after: (due_on, id) of the last line of the page before.
        limit: lines at most.
    """
    query = (
        sa.select(deadlines, candidacies.c.file_number, candidacies.c.establishment, candidacies.c.referent)
        .join_from(deadlines, candidacies)
        .where(deadlines.c.met_at.is_(None), deadlines.c.due_on < on, readable(scope))
    )
    if owner is not None:
        query = query.where(deadlines.c.owner == owner.value)
    if after is not None:
        query = query.where(sa.tuple_(deadlines.c.due_on, deadlines.c.id) > sa.tuple_(*map(sa.literal, after)))
    return list(await conn.execute(query.order_by(deadlines.c.due_on, deadlines.c.id).limit(limit)))
