"""Routes of what happens during a stay. Words are shown to those who may answer for them, codes to all readers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.cells import Body, Words
from services.placement.api.stays import Officer
from services.placement.domain import Refusal, Refused
from services.placement.store import records
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1/stays/{stay_id}/records")

WordReader = Annotated[Read, Depends(reading("placement_officer", "decision_authority", "inspector"))]
Kind = Literal["phase", "warning", "absence", "secure_waiting", "exit_proposal"]
CODES: dict[str, frozenset[str]] = {
    "phase": frozenset({"engaged", "preparing_exit"}),
    "warning": frozenset({"absence_from_activity", "disrespect", "damage", "other"}),
    "absence": frozenset({"hospital", "court", "permission", "other"}),
    "secure_waiting": frozenset({"violence", "threat", "contraband", "other"}),
    "exit_proposal": frozenset({"incompatible_behaviour", "own_request", "health", "other"}),
}
"""What each kind can be about."""


class RecordBody(Body):
    """A line of a stay."""

    kind: Kind
    code: str
    """From the list of the kind."""
    day: date
    """Since when, Europe/Paris."""
    until: date | None = None
    """Expected end of an absence or of secure waiting."""
    observations: Words | None = None


class ClosingBody(Body):
    """How it ended."""

    code: Literal["returned", "ended", "withdrawn", "decided"]


class ObservationsBody(Body):
    """What the person says to a proposed exit."""

    words: Words


class Line(BaseModel):
    """Something that was recorded of a stay."""

    id: UUID
    kind: Literal[
        "phase",
        "warning",
        "absence",
        "secure_waiting",
        "exit_proposal",
        "observations",
        "closing",
        "transfer_order",
        "release",
    ]
    code: str
    day: date
    until: date | None
    observations: str | None
    officer: str
    function: str
    at: datetime
    closed_on: date | None
    closed_code: str | None


class Lines(BaseModel):
    """All that was recorded of a stay, the oldest first."""

    items: tuple[Line, ...]


@router.get("")
async def list_records(stay_id: UUID, read: WordReader) -> Lines:
    """Phases, warnings, absences, secure waiting and proposed exits of a stay."""
    rows = await records.record_rows(read.conn, stay_id)
    return Lines.model_validate({"items": [row._mapping for row in rows]})


@router.post("", response_model=Line, status_code=201)
async def record(stay_id: UUID, body: RecordBody, write: Officer) -> Response:
    """Records a line in the name of the officer. Nothing follows from it by itself."""
    if body.code not in CODES[body.kind]:
        raise Refused(Refusal.RECORD_CODE_UNKNOWN)
    order, officer = handlers.RecordOrder(**body.model_dump()), write.principal.subject
    return await write(lambda tx: handlers.record(tx, write.site, stay_id, order, officer), _show)


@router.post("/{record_id}/close", response_model=Line)
async def close(stay_id: UUID, record_id: UUID, body: ClosingBody, write: Officer) -> Response:
    """Closes an absence, secure waiting or a proposed exit today."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.close_record(tx, stay_id, record_id, body.code, officer), _show, status=200)


@router.post("/{record_id}/observations", response_model=Line, status_code=201)
async def observe(stay_id: UUID, record_id: UUID, body: ObservationsBody, write: Officer) -> Response:
    """Adds the person's own words to a proposed exit."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.observe(tx, stay_id, record_id, body.words, officer), _show)


async def _show(conn: AsyncConnection, record_id: UUID) -> Line:
    row: Any = await records.record_row(conn, record_id)
    return Line.model_validate(row._mapping)
