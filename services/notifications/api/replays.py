"""Replays: a range of deliveries sent again, under the same ids, behind whatever is live."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.domain import Notice, Refusal, Refused, ReplayState, State, spacing
from services.notifications.handlers import Asked, Forecast
from services.notifications.store import replays as store
from services.notifications.store.pages import Row
from shared.boundary import Read, Write, headers_of, reading, writing

router = APIRouter(tags=["replays"])

Admin = Annotated[Write, Depends(writing("partner_admin"))]
Reader = Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))]


class ReplayBody(BaseModel):
    """What is to be sent again. A range has a beginning and an end."""

    model_config = ConfigDict(extra="forbid")

    subscription_id: UUID
    since: AwareDatetime
    """Planned from then on."""
    until: AwareDatetime
    """Planned before then; past, and at most ninety days after `since`."""
    notices: Annotated[frozenset[Notice], Field(min_length=1)]
    states: Annotated[frozenset[Literal[State.FAILED, State.DELIVERED]], Field(min_length=1)] = frozenset(
        {State.FAILED}
    )
    """`delivered` as well, if the partner has lost what it had accepted."""
    per_minute: Annotated[int, Field(ge=1, le=240)] | None = None
    """Not above the rate of the subscription; 30, or that rate if it is lower, where none is given."""
    reason: Literal["outage", "data_lost", "asked_by_partner", "other"]


class CancelBody(BaseModel):
    """Why a replay is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["mistake", "load", "asked_by_partner", "other"]


class Count(BaseModel):
    """Deliveries of the range that are alike."""

    state: State
    notice: Notice
    deliveries: int


class ReplayForecast(BaseModel):
    """What a replay would do, were it ordered now. Nothing has been written."""

    counts: tuple[Count, ...]
    found: int
    to_take: int
    permitted: int
    """Of those to take, may be told now. It is asked again at each attempt."""
    forbidden: dict[str, int]
    """Of those to take, may not be told now, by reason."""
    skipped: dict[str, int]
    """Not to be taken: `overtaken` by a later notice, `body_gone`, or the state in which they stand."""
    per_minute: int
    minutes: int
    """How long it would take at least."""


class Replay(BaseModel):
    """A replay as it stands."""

    id: UUID
    subscription_id: UUID
    since: datetime
    until: datetime
    notices: tuple[Notice, ...]
    states: tuple[State, ...]
    per_minute: int
    reason: str
    state: ReplayState
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_by: str | None
    """Null also where the endpoint said that it is gone."""
    cancelled_because: str | None
    found: int
    """Deliveries of the range when it was ordered."""
    to_take: int
    """Of these, were to be taken then."""
    taken: int
    skipped: dict[str, int]
    """Passed and not taken, by reason: `overtaken` by a later notice, `body_gone`, or the state in which they stood."""
    remaining: int
    """Deliveries of the range that it has not come to."""
    delivered: int
    """Of those taken: accepted by the partner again."""
    failed: int
    """Given up again; what had been delivered before stays so."""
    refused: int
    """Not permitted any more when they were due: not sent, and their bodies are gone."""
    cancelled: int
    """Taken back by a retraction while they were being sent."""
    given_back: int
    """Not sent, and what they were before: the replay was cancelled, or a retraction went first."""
    pending: int
    """To be sent, or being sent."""
    estimated_end: datetime | None
    """When the last of them is taken if nothing is in the way, UTC; null when the replay is over."""


def asked(body: ReplayBody) -> Asked:
    """The order that a body gives."""
    notices = frozenset(one.value for one in body.notices)
    return Asked(
        body.subscription_id, body.since, body.until, notices, frozenset(body.states), body.per_minute, body.reason
    )


def forecast_shown(forecast: Forecast) -> ReplayForecast:
    """A forecast as the API shows it."""
    counts = Counter[tuple[State, str]]()
    for group in forecast.groups:
        counts[group.state, group.notice] += group.number
    return ReplayForecast(
        counts=tuple(Count(state=state, notice=Notice(notice), deliveries=n) for (state, notice), n in counts.items()),
        found=forecast.found,
        to_take=forecast.to_take,
        permitted=forecast.permitted,
        forbidden=forecast.forbidden,
        skipped=forecast.skipped,
        per_minute=forecast.per_minute,
        minutes=-(-forecast.to_take // forecast.per_minute),
    )


def shown(row: Row, ends: Mapping[str, int], now: datetime) -> Replay:
    """A row, and how what it took has ended, as the API shows it."""
    over = ReplayState(row.state).over
    left: timedelta = max(0, row.to_take - row.taken) * spacing(row.per_minute)
    counted = {name: ends.get(name, 0) for name in ("delivered", "failed", "refused", "cancelled", "given_back")}
    return Replay.model_validate(
        {
            **row._mapping,
            **counted,
            "pending": ends.get("pending", 0),
            "remaining": max(0, row.found - row.taken - sum(row.skipped.values())),
            "estimated_end": None if over else now + left,
        }
    )


async def show(conn: AsyncConnection, replay: UUID, now: datetime) -> Replay:
    """A replay as it is now.

    Raises:
        Refused: there is no such replay.
    """
    row = await store.replay(conn, replay)
    if row is None:
        raise Refused(Refusal.REPLAY_UNKNOWN)
    return shown(row, (await store.ends(conn, [replay]))[replay], now)


@router.get("/replays")
async def list_replays(
    read: Reader, subscription_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[Replay]:
    """Replays, the newest first."""
    rows = await store.replays_page(read.conn, before=before(cursor), limit=limit, subscription_id=subscription_id)
    ends = await store.ends(read.conn, [row.id for row in rows])
    items = tuple(shown(row, ends[row.id], read.now) for row in rows)
    return Page(items=items, next_cursor=next_cursor(rows, limit))


@router.get("/replays/{replay_id}")
async def get_replay(replay_id: UUID, read: Reader) -> Replay:
    """How far a replay has come."""
    return await show(read.conn, replay_id, read.now)


@router.post("/replays", status_code=201, response_model=Replay | ReplayForecast)
async def order_replay(
    body: ReplayBody,
    write: Admin,
    dry_run: Annotated[bool, Query(description="Only counts what would be sent again (200).")] = False,
) -> Response:
    """Has a range sent again, as fast as it is said and never before what is live."""
    order, by, now = asked(body), write.principal.subject, write.now
    if dry_run:
        counted = forecast_shown(await write.look(lambda conn: handlers.forecast_replay(conn, order, now)))
        return Response(counted.model_dump_json(), 200, headers_of(counted), "application/json")
    return await write(lambda tx: handlers.order_replay(tx, order, by), lambda conn, made: show(conn, made, now))


@router.post("/replays/{replay_id}/cancel", response_model=Replay)
async def cancel_replay(replay_id: UUID, body: CancelBody, write: Admin) -> Response:
    """Ends a replay: what it has not taken stays as it is, what was not sent yet is again what it was before."""
    by, now = write.principal.subject, write.now

    async def render(conn: AsyncConnection, replay: UUID) -> Replay:
        return await show(conn, replay, now)

    return await write(lambda tx: handlers.cancel_replay(tx, replay_id, body.reason, by), render, status=200)
