"""Placement over HTTP: sites and their occupancy, stays, and their confirmation. No personal data in any answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers, store
from services.placement.domain import CellType, DepartureReason, Refusal, Refused, Sex, State, date_in_paris
from services.placement.store.pages import Place
from shared.boundary import Read, Write, reading, writing
from shared.paging import Cursor, Limit, Places
from shared.problems import WRONG_SITE, Problem

router = APIRouter(prefix="/v1")

Standing = Literal["proposed", "confirmed", "arrived", "waitlisted", "cancelled", "departed"]
Reader = Annotated[Read, Depends(reading("placement_officer", "decision_authority", "spip", "inspector"))]
Officer = Annotated[Write, Depends(writing("placement_officer"))]
_PLACES = Places(Place)


class Site(BaseModel):
    """A site that the platform knows."""

    code: str
    name: str
    interregion: str
    """Seat of the interregional directorate (DISP)."""
    status: Literal["open", "preparation", "suspended"]


class Sites(BaseModel):
    """All sites."""

    items: tuple[Site, ...]


class Cells(BaseModel):
    """The cells in service of one type in one wing: `capacity = proposed + confirmed + held + free`."""

    wing: str
    name: str
    sex: Sex
    cell_type: CellType
    """Arrival cells count in the capacity; who spends the first weeks in one is counted in the cell that follows."""
    capacity: int
    proposed: int
    confirmed: int
    held: int
    """Kept free for a purpose by an officer."""
    out_of_service: int
    """Outside the capacity."""
    free: int


class Waiting(BaseModel):
    """How many persons wait for a bed of one kind, which any wing of that sex could give."""

    sex: Sex
    cell_type: CellType
    waiting: int


class Occupancy(BaseModel):
    """How full a site is now. Cells out of service and the secure waiting cell are outside its capacity."""

    site: str
    capacity: int
    proposed: int
    """A bed counts as held from the day it is proposed, however far off the arrival is."""
    confirmed: int
    held: int
    out_of_service: int
    free: int
    waiting: int
    cells: tuple[Cells, ...]
    waiting_lists: tuple[Waiting, ...]


class Vacancies(BaseModel):
    """What is free of one kind of bed for a stay."""

    site: str
    sex: Sex
    cell_type: CellType
    free: int
    """Beds that are free for the whole of the stay."""
    next_free_on: date | None
    """The first day, not before the stay's, from which a bed is free until its end; null for none."""


class Stay(BaseModel):
    """What became of one order for a bed."""

    id: UUID
    """Names this order's place; a changed order has another one."""
    candidacy_id: UUID
    decision_number: str
    decided_on: date
    file_number: int
    state: Standing
    sex: Sex
    cell_type: CellType
    starts_on: date
    ends_on: date
    """First day after the stay."""
    cell: str | None
    """Where the person sleeps, or is to sleep first."""
    cells: tuple[str, ...]
    """All cells of the stay, in the order of their nights."""
    confirm_by: datetime | None
    """UTC; past it a proposal is overdue and cannot be confirmed."""
    overdue: bool
    confirmed_at: datetime | None
    confirmed_by_function: str | None
    expected: bool
    """A transfer order stands: who is on the way keeps the place."""
    arrived_on: date | None
    departed_on: date | None
    departure_reason: DepartureReason | None
    waiting_reason: Literal["no_free_bed", "no_compatible_pool"] | None
    rank: int | None
    """Place on the waiting list, from 1; null where there is no such list at this site."""
    earlier_decision_waits: bool
    """On a proposal: whether somebody whose decision is earlier waits for such a bed."""


class Stays(BaseModel):
    """A page of stays in the order of their decisions, which is also the order of the waiting lists."""

    items: tuple[Stay, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.get("/sites")
async def list_sites(read: Reader) -> Sites:
    """The sites, with their status."""
    return Sites.model_validate({"items": [row._mapping for row in await store.sites(read.conn)]})


@router.get("/sites/{code}/occupancy")
async def show_occupancy(code: str, read: Reader) -> Occupancy:
    """How many beds of this site are proposed, confirmed and free, by wing and type, and how many persons wait."""
    if code != read.site:
        raise WRONG_SITE.problem()
    wings, waiting = await store.occupancy(read.conn, code, date_in_paris(read.now))
    cells = tuple(Cells(**row._mapping, free=row.capacity - row.proposed - row.confirmed - row.held) for row in wings)
    lists = tuple(Waiting.model_validate(row._mapping) for row in waiting)
    return Occupancy(
        site=code,
        capacity=sum(one.capacity for one in cells),
        proposed=sum(one.proposed for one in cells),
        confirmed=sum(one.confirmed for one in cells),
        held=sum(one.held for one in cells),
        out_of_service=sum(one.out_of_service for one in cells),
        free=sum(one.free for one in cells),
        waiting=sum(one.waiting for one in lists),
        cells=cells,
        waiting_lists=lists,
    )


@router.get("/sites/{code}/vacancies")
async def show_vacancies(
    code: str,
    read: Reader,
    sex: Sex,
    cell_type: Literal["standard", "adapted"],
    starts_on: Annotated[date, Query(alias="from")],
    until: date,
) -> Vacancies:
    """How many beds of one kind are free for the whole of a stay, and from when the next one is."""
    if code != read.site:
        raise WRONG_SITE.problem()
    if starts_on >= until:
        raise Problem(422, "impossible-dates", "A stay ends after it begins.")
    row = await store.vacancies(read.conn, code, sex, cell_type, starts_on, until)
    return Vacancies.model_validate({"site": code, "sex": sex, "cell_type": cell_type, **row._mapping})


@router.get("/stays")
async def list_stays(
    read: Reader,
    state: Standing | None = None,
    candidacy_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Stays:
    """Stays and places on the waiting list, the earliest decision first."""
    after = _PLACES.place(cursor)
    rows = await store.stays(read.conn, limit=limit + 1, after=after, state=state, candidacy_id=candidacy_id)
    items = tuple(map(_stay, rows[:limit]))
    last = rows[limit - 1] if len(rows) > limit else None
    place = last and Place(last.decided_on, last.file_number, last.id)
    return Stays(items=items, next_cursor=place and _PLACES.cursor(place))


@router.post("/stays/{stay_id}/confirm", response_model=Stay)
async def confirm_stay(stay_id: UUID, write: Officer) -> Response:
    """Confirms a proposed bed in the name of the officer."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.confirm_stay(tx, stay_id, officer), show_stay, status=200)


async def show_stay(conn: AsyncConnection, stay_id: UUID) -> Stay:
    """A stay as it is now.

    Raises:
        Refused: a changed order has replaced it.
    """
    row = await store.stay(conn, stay_id)
    if row is None:
        raise Refused(Refusal.STAY_RELEASED)
    return _stay(row)


def _stay(row: Any) -> Stay:
    reason = None
    if row.state == State.WAITLISTED:
        reason = "no_free_bed" if row.pool else "no_compatible_pool"
    cells = row.cells or ()
    return Stay.model_validate(
        {
            **row._mapping,
            "id": row.stay_id,
            "expected": bool(row.expected),
            "starts_on": row.starts_on or row.planned_entry,
            "ends_on": row.ends_on or row.projected_exit,
            "cell": row.cell_now or (cells[0] if cells else None),
            "cells": cells,
            "waiting_reason": reason,
        }
    )
