"""Routes of the estate: cells as they are, out of service, kept free, and changed. No person in any answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.answers import Reader, check_site
from services.placement.api.stays import Officer
from services.placement.domain import Refusal, Refused, Sex, date_in_paris
from services.placement.store import blocks, estate

router = APIRouter(prefix="/v1")

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,62}$")]


class Body(BaseModel):
    """What comes in says nothing but what is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OutageBody(Body):
    """Why a cell cannot be slept in, who repairs it, and until when."""

    reason: Literal["flood", "fire", "damage", "works", "staff_shortage", "other"]
    owner: Reference
    """The service that repairs it."""
    reference: Reference | None = None
    starts_on: date
    expected_back_on: date | None = None
    """Null when nobody knows."""


class HoldBody(Body):
    """Why a bed is kept free, for which days, and on which day it is given back by itself."""

    purpose: Literal["expected_transfer", "works", "visit", "other"]
    starts_on: date
    until: date
    expires_on: date


class ChangeBody(Body):
    """What a cell is to be, and from when."""

    change: Literal["type", "retired", "restored"]
    to_type: Literal["standard", "adapted", "arrival"] | None = None
    """With `type` only."""
    effective_on: date
    reason: Words
    """Of the cell, never of a person."""


class Cell(BaseModel):
    """A cell of the estate and what has it today."""

    code: str
    wing: str | None
    unit: str | None
    sex: Sex | None
    type: Literal["standard", "adapted", "arrival", "secure_waiting"]
    in_service: bool
    """Part of the estate; an outage does not change that."""
    used_for: Literal["stay", "hold", "outage", "secure_waiting"] | None
    used_until: date | None


class Cells(BaseModel):
    """All cells of a site, by code."""

    items: tuple[Cell, ...]


class CellUse(BaseModel):
    """What a cell was or is kept for, as one act made it."""

    use_id: UUID
    kind: Literal["stay", "hold", "outage", "secure_waiting"]
    stay_id: UUID | None
    period_start: date
    period_end: date | None
    given_up: bool
    function: str
    """Of whoever made it so."""
    reason: str
    at: datetime


class Change(BaseModel):
    """A change of a cell."""

    id: UUID
    cell: str
    change: Literal["type", "retired", "restored"]
    to_type: str | None
    effective_on: date
    reason: str
    made_by: str
    made_by_function: str
    made_at: datetime
    applied_at: datetime | None
    """Null until its day has come."""


class CellHistory(BaseModel):
    """A cell with all that was done to it, the latest first."""

    cell: Cell
    uses: tuple[CellUse, ...]
    changes: tuple[Change, ...]


class Outage(BaseModel):
    """A cell out of service."""

    id: UUID
    cell: str
    reason: str
    owner: str
    reference: str | None
    starts_on: date
    expected_back_on: date | None
    until: date | None
    """First day on which the cell can be given again, as planned now."""
    overdue: bool
    """Expected back, and nobody has said that it is."""
    back_on: date | None


class Outages(BaseModel):
    """Cells out of service, the latest first."""

    items: tuple[Outage, ...]


class Hold(BaseModel):
    """A bed that is kept free."""

    id: UUID
    cell: str
    purpose: str
    starts_on: date
    until: date
    expires_on: date
    made_by: str
    made_by_function: str
    ended_because: Literal["ended", "expired"] | None


class Holds(BaseModel):
    """The holds that stand, by cell."""

    items: tuple[Hold, ...]


@router.get("/sites/{code}/cells")
async def list_cells(code: str, read: Reader) -> Cells:
    """All cells of the site, and what has each today."""
    check_site(code, read.site)
    rows = await estate.cell_rows(read.conn, code, date_in_paris(read.now))
    return Cells.model_validate({"items": [row._mapping for row in rows]})


@router.get("/cells/{cell}")
async def show_cell(cell: str, read: Reader) -> CellHistory:
    """One cell with its history: uses with every correction, and changes of the estate."""
    rows = await estate.cell_rows(read.conn, read.site, date_in_paris(read.now), cell)
    if not rows:
        raise Refused(Refusal.CELL_UNKNOWN)
    uses, changes = await estate.use_rows(read.conn, cell), await estate.change_rows(read.conn, cell)
    shown = {"cell": rows[0]._mapping, "uses": [row._mapping for row in uses]}
    return CellHistory.model_validate(shown | {"changes": [row._mapping for row in changes]})


@router.post("/cells/{cell}/outages", response_model=Outage, status_code=201)
async def open_outage(cell: str, body: OutageBody, write: Officer) -> Response:
    """Takes an empty cell out of service. One with somebody inside is closed by an evacuation only."""
    order, officer = handlers.OutageOrder(**body.model_dump()), write.principal.subject
    return await write(lambda tx: handlers.open_outage(tx, write.site, cell, order, officer), _outage)


@router.post("/outages/{outage_id}/end", response_model=Outage)
async def end_outage(outage_id: UUID, write: Officer) -> Response:
    """Says that a cell is back in service today."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.end_outage(tx, write.site, outage_id, officer), _outage, status=200)


@router.get("/sites/{code}/outages")
async def list_outages(code: str, read: Reader, open_only: Annotated[bool, Query(alias="open")] = True) -> Outages:
    """Cells out of service, with who repairs them and when they are expected back."""
    check_site(code, read.site)
    rows, today = await blocks.outage_rows(read.conn, code, open_only=open_only), date_in_paris(read.now)
    return Outages(items=tuple(_shown(row, today) for row in rows))


@router.post("/cells/{cell}/holds", response_model=Hold, status_code=201)
async def make_hold(cell: str, body: HoldBody, write: Officer) -> Response:
    """Keeps a bed free in the name of the officer, until a day on which it is given back by itself."""
    order, officer = handlers.HoldOrder(**body.model_dump()), write.principal.subject
    return await write(lambda tx: handlers.make_hold(tx, write.site, cell, order, officer), _hold)


@router.post("/holds/{hold_id}/end", response_model=Hold)
async def end_hold(hold_id: UUID, write: Officer) -> Response:
    """Gives a bed back that was kept free."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.end_hold(tx, write.site, hold_id, officer), _hold, status=200)


@router.get("/sites/{code}/holds")
async def list_holds(code: str, read: Reader) -> Holds:
    """The beds that are kept free, for what and by whom."""
    check_site(code, read.site)
    rows = await blocks.hold_rows(read.conn, code)
    return Holds.model_validate({"items": [row._mapping for row in rows]})


@router.post("/cells/{cell}/changes", response_model=Change, status_code=201)
async def change_cell(cell: str, body: ChangeBody, write: Officer) -> Response:
    """Changes a cell from a day on: its type, or whether it is part of the estate. Never under occupancy."""
    if (body.change == "type") != (body.to_type is not None):
        raise Refused(Refusal.NOTHING_CHANGES)
    order, officer = handlers.ChangeOrder(**body.model_dump()), write.principal.subject
    return await write(lambda tx: handlers.change_cell(tx, write.site, cell, order, officer), _change)


async def _outage(conn: AsyncConnection, outage_id: UUID) -> Outage:
    row = await blocks.outage(conn, outage_id)
    return _shown(row, date.min)


def _shown(row: Any, today: date) -> Outage:
    values = dict(row._mapping)
    expected = values["expected_back_on"]
    overdue = values["ended_at"] is None and expected is not None and expected <= today
    return Outage.model_validate(values | {"overdue": overdue})


async def _hold(conn: AsyncConnection, hold_id: UUID) -> Hold:
    row = await blocks.hold_row(conn, hold_id)
    assert row
    return Hold.model_validate(row._mapping)


async def _change(conn: AsyncConnection, change_id: UUID) -> Change:
    return Change.model_validate((await estate.change(conn, change_id))._mapping)
