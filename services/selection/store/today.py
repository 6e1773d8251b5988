"""What an officer has to do today: for each heading how many, and the first of them, the most urgent first."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import OPEN, readable
from services.selection.tables import candidacies, deadlines, opinions, reviews

_FILE = (
    candidacies.c.id.label("candidacy_id"),
    candidacies.c.file_number,
    candidacies.c.state,
    candidacies.c.referent,
    candidacies.c.establishment,
    sa.func.count().over().label("count"),
)
_NOTHING = sa.null().label("what")
_SUBMITTED_ON = sa.cast(sa.func.timezone("Europe/Paris", candidacies.c.submitted_at), sa.Date).label("on")
_LACKING = opinions.c.result == domain.Result.TO_COMPLETE.value
TO_SIGN = candidacies.c.state == "assessed"
TO_COMPLETE = sa.and_(
    OPEN, sa.or_(candidacies.c.state.in_(("draft", "submitted")), sa.and_(candidacies.c.state == "assessed", _LACKING))
)
"""Of a file and its opinion, if it has one."""


async def to_sign(conn: AsyncConnection, scope: domain.Scope, officer: str, *, limit: int) -> list[AnyRow]:
    """Assessed files that this officer did not prepare, the first handed in first.

    Returns:
        Rows of the file, `what`, `on`, and the `count` of all: as everything here.
    """
    query = (
        sa.select(*_FILE, _NOTHING, _SUBMITTED_ON)
        .where(TO_SIGN, sa.literal(officer) != sa.all_(candidacies.c.preparers), readable(scope))
        .order_by(candidacies.c.submitted_at, candidacies.c.id)
    )
    return list(await conn.execute(query.limit(limit)))


async def to_complete(conn: AsyncConnection, scope: domain.Scope, *, limit: int) -> list[AnyRow]:
    """Drafts, files that were handed in and not assessed, and those of which the opinion says that something lacks.

    `what` is the state, or `to_complete` where the opinion says so.
    """
    what = sa.case((_LACKING, opinions.c.result), else_=candidacies.c.state).label("what")
    query = (
        sa.select(*_FILE, what, _SUBMITTED_ON)
        .join_from(candidacies, opinions, opinions.c.id == candidacies.c.opinion_id, isouter=True)
        .where(TO_COMPLETE, readable(scope))
        .order_by(candidacies.c.created_at, candidacies.c.id)
    )
    return list(await conn.execute(query.limit(limit)))


async def late(
    conn: AsyncConnection, scope: domain.Scope, owners: Sequence[domain.Role], on: date, *, limit: int
) -> list[AnyRow]:
    """What these roles should have done before a date; `what` is its kind."""
    return await _due(conn, scope, owners, deadlines.c.due_on < on, limit)


async def reminders(
    conn: AsyncConnection, scope: domain.Scope, owners: Sequence[domain.Role], on: date, *, limit: int
) -> list[AnyRow]:
    """What these roles are to be reminded of on a date, and which is still in time; `what` is its kind."""
    condition = sa.and_(deadlines.c.due_on >= on, deadlines.c.remind_on <= on)
    return await _due(conn, scope, owners, condition, limit)


async def to_review(conn: AsyncConnection, scope: domain.Scope, *, limit: int) -> list[AnyRow]:
    """What is on the review list, the oldest first; `what` is the cause."""
    on = sa.cast(sa.func.timezone("Europe/Paris", reviews.c.opened_at), sa.Date).label("on")
    query = (
        sa.select(*_FILE, reviews.c.cause.label("what"), on)
        .join_from(reviews, candidacies)
        .where(reviews.c.closed_at.is_(None), readable(scope))
        .order_by(reviews.c.opened_at, reviews.c.id)
    )
    return list(await conn.execute(query.limit(limit)))


async def _due(
    conn: AsyncConnection,
    scope: domain.Scope,
    owners: Sequence[domain.Role],
    condition: sa.ColumnElement[bool],
    limit: int,
) -> list[AnyRow]:
    query = (
        sa.select(*_FILE, deadlines.c.kind.label("what"), deadlines.c.due_on.label("on"))
        .join_from(deadlines, candidacies)
        .where(deadlines.c.met_at.is_(None), deadlines.c.owner.in_([one.value for one in owners]), readable(scope))
        .where(condition)
        .order_by(deadlines.c.due_on, deadlines.c.id)
    )
    return list(await conn.execute(query.limit(limit)))
