"""The pull feed: a partner that missed a notice, or cannot listen, gets the same envelopes by asking."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.notifications.api.self_service import partner_of
from services.notifications.domain import Notice, day_in_france
from services.notifications.store.feed import Place, pull
from shared.boundary import Record, recording
from shared.messaging import Tx
from shared.problems import Problem

router = APIRouter(tags=["partner"])

_FIRST = Place(0, UUID(int=0))
_NUMBER = 8


class Envelope(BaseModel):
    """What was sent, or would have been, to one of the partner's endpoints."""

    id: UUID
    """The `webhook-id`: drop what you have seen, by either way."""
    subscription_id: UUID
    type: Notice
    body: dict[str, Any] | None
    """Exactly what is sent to the endpoint; null where it is withheld."""
    sequence: int | None
    """Its number among those of its subscription, as in the body; null for what was never to be told."""
    sha256: str | None
    """Of the body's bytes, also where it is withheld, as it stands in the day's manifest; null without a number."""
    withheld: str | None
    """Why it may not be told now: `convention_ended`, `not_allowed`, or `withdrawn` before it was accepted."""
    planned_at: datetime
    """UTC."""


class Feed(BaseModel):
    """Envelopes in the order in which they came to be."""

    items: tuple[Envelope, ...]
    next_cursor: str | None
    """Give it as `cursor` the next time; what comes later stands behind it. Null before anything was there."""


@router.get("/partner/feed", response_model=Feed)
async def show_feed(
    record: Annotated[Record, Depends(recording("partner"))],
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the answer before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The partner's own envelopes. Whether each may be told is asked again, and what is shown is noted as told."""
    partner = partner_of(record.principal)
    after = _place(cursor, partner)

    async def query(tx: Tx) -> Feed:
        rows = await pull(tx.conn, partner, after=after, limit=limit, today=day_in_france(tx.now), at=tx.now)
        items = tuple(
            Envelope(
                id=row.id,
                subscription_id=row.subscription_id,
                type=Notice(row.notice),
                body=None if row.body is None else json.loads(row.body),
                sequence=row.sequence,
                sha256=row.sha256,
                withheld=row.withheld,
                planned_at=row.created_at,
            )
            for row in rows
        )
        return Feed(
            items=items, next_cursor=_cursor(Place(rows[-1].written_in, rows[-1].id), partner) if rows else cursor
        )

    return await record(query)


def _cursor(place: Place, partner: UUID) -> str:
    known = partner.bytes[-_NUMBER:] + place.written_in.to_bytes(_NUMBER) + place.id.bytes
    return urlsafe_b64encode(known).decode().rstrip("=")


def _place(cursor: str | None, partner: UUID) -> Place:
    if cursor is None:
        return _FIRST
    try:
        known = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        whose, number, id_ = known[:_NUMBER], known[_NUMBER : 2 * _NUMBER], UUID(bytes=known[2 * _NUMBER :])
    except ValueError:
        raise Problem(422, "cursor-invalid", "The cursor was not given by this list.") from None
    if whose != partner.bytes[-_NUMBER:]:
        raise Problem(422, "cursor-of-another", "The cursor was given to another partner: begin without one.")
    return Place(int.from_bytes(number), id_)
