"""Queries on the review list as a whole."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import candidacies, reviews


class ReviewPlace(NamedTuple):
    """Where a line stands in the list: open ones first, then the longest there (UTC)."""

    is_closed: bool
    opened_at: datetime
    id: UUID


_PLACE = (reviews.c.closed_at.is_not(None), reviews.c.opened_at, reviews.c.id)
_REVIEWS = sa.select(
    reviews,
    candidacies.c.file_number,
    candidacies.c.state,
    candidacies.c.version,
    candidacies.c.establishment,
    candidacies.c.arrived_on,
).join(candidacies, candidacies.c.id == reviews.c.candidacy_id)


async def review_rows(
    conn: AsyncConnection, scope: domain.Scope, *, after: ReviewPlace | None, limit: int
) -> list[AnyRow]:
    """A page of the list with number, state and version of each file, without identity.

    Args:
        scope: whose files the caller may see.
        after: the place that the page begins behind.
        limit: lines at most.
    """
    query = _REVIEWS
    if scope.establishment == scope.site:
        query = query.where(
            sa.or_(candidacies.c.establishment == scope.establishment, candidacies.c.arrived_on.is_not(None))
        )
    elif scope.establishment is not None:
        query = query.where(candidacies.c.establishment == scope.establishment)
    if after is not None:
        query = query.where(sa.tuple_(*_PLACE) > sa.tuple_(*map(sa.literal, after)))
    return list(await conn.execute(query.order_by(*_PLACE).limit(limit)))


async def review_row(conn: AsyncConnection, review_id: UUID) -> AnyRow | None:
    """One line of the list; None when there is no such."""
    return (await conn.execute(_REVIEWS.where(reviews.c.id == review_id))).first()
