"""Routes of keep-apart: pairs of candidacies. Why is a route of its own, and each read of it is logged."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.answers import Reader
from services.placement.api.cells import Body, Words
from services.placement.api.stays import Officer
from services.placement.domain import Refusal, Refused, date_in_paris
from services.placement.store import separations
from shared.boundary import IfMatch, Record, Render, Write, purposed, recording
from shared.messaging import Tx

router = APIRouter(prefix="/v1/separations")


class Purpose(StrEnum):
    """Why the words are read: a closed list, so that reads can be compared."""

    APPEAL = "appeal"
    DECISION = "decision"
    INSPECTION = "inspection"


class SeparationBody(Body):
    """Who is to be kept apart from whom, and why."""

    one: UUID
    other: UUID
    starts_on: date
    until: date | None = None
    """First day on which it no longer holds; null for as long as it is not lifted."""
    reason: Words
    """Shown to the deciding authority only."""


class Separation(BaseModel):
    """A pair that is kept apart, never why."""

    id: UUID
    one: UUID
    other: UUID
    starts_on: date
    until: date | None
    declared_by_function: str
    declared_at: datetime
    lifted_at: datetime | None
    near: Literal["together", "planned"] | None
    """`together`: both are there and sleep near one another; `planned`: one of them has not come yet. Nobody is moved
    by a declaration: somebody has to."""
    version: int


class Separations(BaseModel):
    """The separations that stand, the oldest first."""

    items: tuple[Separation, ...]


class Reason(BaseModel):
    """Why."""

    separation_id: UUID
    reason: str


@router.post("", response_model=Separation, status_code=201)
async def declare(body: SeparationBody, write: Officer) -> Response:
    """Has two persons kept apart: a hard rule for every cell that is given from now on."""
    pair, officer = (body.one, body.other), write.principal.subject
    return await write(
        lambda tx: handlers.declare(tx, write.site, pair, body.starts_on, body.until, body.reason, officer),
        _shown(write),
    )


@router.post("/{separation_id}/lift", response_model=Separation)
async def lift(separation_id: UUID, seen: IfMatch, write: Officer) -> Response:
    """Ends a separation today."""
    officer = write.principal.subject
    return await write(
        lambda tx: handlers.lift(tx, write.site, separation_id, seen, officer), _shown(write), status=200
    )


@router.get("")
async def list_separations(read: Reader) -> Separations:
    """The separations that stand, each with whether the two are near one another."""
    rows = await separations.separation_rows(read.conn, date_in_paris(read.now))
    return Separations.model_validate({"items": [row._mapping for row in rows]})


@router.get("/{separation_id}")
async def show_separation(separation_id: UUID, read: Reader, response: Response) -> Separation:
    """One separation."""
    shown = await _show(read.conn, separation_id, date_in_paris(read.now))
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


@router.get("/{separation_id}/reason", response_model=Reason)
async def show_reason(
    separation_id: UUID,
    purpose: Annotated[Purpose, Depends(purposed(Purpose))],
    record: Annotated[Record, Depends(recording("decision_authority"))],
) -> Response:
    """Why two persons are kept apart. Who read it, when and why is kept."""
    who = record.principal

    async def query(tx: Tx) -> Reason:
        reason = await separations.read_reason(tx.conn, separation_id, who.subject, who.function, purpose, tx.now)
        if reason is None:
            raise Refused(Refusal.SEPARATION_UNKNOWN)
        return Reason(separation_id=separation_id, reason=reason)

    return await record(query)


def _shown(write: Write) -> Render:
    async def show(conn: AsyncConnection, separation_id: UUID) -> Separation:
        return await _show(conn, separation_id, date_in_paris(write.now))

    return show


async def _show(conn: AsyncConnection, separation_id: UUID, today: date) -> Separation:
    rows = await separations.separation_rows(conn, today, separation_id)
    if not rows:
        raise Refused(Refusal.SEPARATION_UNKNOWN)
    return Separation.model_validate(rows[0]._mapping)
