"""Routes of the review list: what a human has to look at, without any identity; and the lapse, which it leads to."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.decisions import ActView, GroundsBody, show_act
from services.selection.api.fields import Body, SitePolicy, View, editor_of, scope_of, signer_of
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.problems import Problem

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])
candidacies = APIRouter(prefix="/v1/candidacies", tags=["reviews"])

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
    read: Annotated[Read, Depends(reading(*_CLOSERS, "inspector"))],
    cursor: Annotated[str | None, Query(max_length=128, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReviewsView:
    """The review list of the files that the officer may see."""
    scope = scope_of(read.principal, read.site)
    rows = await store.review_rows(read.conn, scope, after=_place(cursor), limit=limit + 1)
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


@candidacies.post("/{candidacy_id}/lapse", status_code=201, response_model=ActView)
async def lapse(
    candidacy_id: UUID,
    body: GroundsBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.LAPSE)))],
    policy: SitePolicy,
) -> Response:
    """Signs that the candidacy has lapsed: only of a file on the review list, and never after arrival."""
    editor, grounds = editor_of(write.principal, write.site, version), body.grounds()
    signer = signer_of(write.principal)
    return await write(
        lambda tx: handlers.lapse(tx, candidacy_id, grounds, signer, editor, policy), show_act, status=201
    )


async def _show(conn: AsyncConnection, review_id: UUID) -> ReviewView:
    row = await store.review_row(conn, review_id)
    assert row is not None
    return ReviewView.model_validate(row._asdict())


_PLACE = TypeAdapter(store.ReviewPlace)


def _cursor(row: store.AnyRow) -> str:
    place = _PLACE.dump_json(store.ReviewPlace(row.closed_at is not None, row.opened_at, row.id))
    return urlsafe_b64encode(place).decode().rstrip("=")


def _place(cursor: str | None) -> store.ReviewPlace | None:
    if cursor is None:
        return None
    try:
        return _PLACE.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, ValidationError):
        raise Problem(422, "cursor-invalid", "The cursor was not given by this list.") from None
