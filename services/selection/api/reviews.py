"""Routes of the review list: what a human has to look at, without any identity."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, View, scope_of
from shared.boundary import Read, Write, reading, writing
from shared.paging import Cursor, Limit, Places

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])
_REVIEWS = Places(store.ReviewPlace)

_CLOSERS = ("decision_authority", "spip", "head", "registry")


class ReviewBody(Body):
    """What was done about it."""

    outcome: Literal["kept", "followed_up"]


class ReviewView(View):
    """One file to look at, and why."""

    id: UUID
    candidacy_id: UUID
    file_number: int
    state: domain.State
    """Of the file."""
    cause: domain.Cause
    detail: dict[str, Any]
    """Codes, figures and dates."""
    opened_at: datetime
    closed_at: datetime | None
    outcome: domain.ReviewOutcome | None


class ReviewsView(View):
    """A page of the list: open ones first, then the longest there."""

    items: list[ReviewView]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.get("", response_model=ReviewsView)
async def list_reviews(
    read: Annotated[Read, Depends(reading(*_CLOSERS, "inspector"))], cursor: Cursor = None, limit: Limit = 50
) -> ReviewsView:
    """The review list of the files that the officer may see."""
    scope = scope_of(read.principal, read.site)
    rows = await store.review_rows(read.conn, scope, after=_REVIEWS.place(cursor), limit=limit + 1)
    return ReviewsView(
        items=[ReviewView.model_validate(row._asdict()) for row in rows[:limit]],
        next_cursor=_cursor(rows[limit - 1]) if len(rows) > limit else None,
    )


@router.post("/{review_id}/close", response_model=ReviewView)
async def close_review(
    review_id: UUID, body: ReviewBody, write: Annotated[Write, Depends(writing(*_CLOSERS))]
) -> Response:
    """Takes one line off the list, in the officer's name. The file itself is not changed, so no version is named."""
    outcome, officer = domain.ReviewOutcome(body.outcome), write.principal.subject
    scope = scope_of(write.principal, write.site)
    return await write(lambda tx: handlers.close_review(tx, review_id, outcome, officer, scope), _show, status=200)


async def _show(conn: AsyncConnection, review_id: UUID) -> ReviewView:
    row = await store.review_row(conn, review_id)
    assert row is not None
    return ReviewView.model_validate(row._asdict())


def _cursor(row: store.AnyRow) -> str:
    return _REVIEWS.cursor(store.ReviewPlace(row.closed_at is not None, row.opened_at, row.id))
