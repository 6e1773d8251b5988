"""Placement over HTTP: sites and their occupancy, stays, and their confirmation. No personal data in any answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers, store
from services.placement.domain import CellType, Refusal, Refused, Sex, State
from services.placement.store.pages import Place
from shared.boundary import Read, Write, reading, writing
from shared.paging import Cursor, Limit, Places
from shared.problems import WRONG_SITE, Problem

router = APIRouter(prefix="/v1")

PROBLEMS = {
    Refusal.STAY_UNKNOWN: Problem(404, "stay-unknown", "There is no such stay."),
    Refusal.STAY_WAITING: Problem(409, "stay-waiting", "The stay is on the waiting list; no bed is proposed."),
    Refusal.STAY_CONFIRMED: Problem(409, "stay-confirmed", "The stay is confirmed already."),
    Refusal.STAY_RELEASED: Problem(409, "stay-released", "The bed of this stay has been given up."),
    Refusal.PROPOSAL_OVERDUE: Problem(409, "proposal-overdue", "The proposal is past its date; the bed stays held."),
}
REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

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
    """The cells in service of one type in one wing: `capacity = proposed + confirmed + free`."""

    wing: str
    name: str
    sex: Sex
    cell_type: CellType
    """Arrival cells count in the capacity, but are given by no decision."""
    capacity: int
    proposed: int
    confirmed: int
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
    free: int
    waiting: int
    cells: tuple[Cells, ...]
    waiting_lists: tuple[Waiting, ...]


class Stay(BaseModel):
    """What became of one order for a bed."""

    id: UUID
    """Names this order's place; a changed order has another one."""
    candidacy_id: UUID
    decision_number: str
    decided_on: date
    file_number: int
    state: Literal["proposed", "confirmed", "waitlisted", "cancelled"]
    sex: Sex
    cell_type: CellType
    starts_on: date
    ends_on: date
    """First day after the stay."""
    cell: str | None
    confirm_by: datetime | None
    """UTC; past it a proposal is overdue and cannot be confirmed."""
    overdue: bool
    confirmed_at: datetime | None
    confirmed_by_function: str | None
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
    wings, waiting = await store.occupancy(read.conn, code)
    cells = tuple(Cells(**row._mapping, free=row.capacity - row.proposed - row.confirmed) for row in wings)
    lists = tuple(Waiting.model_validate(row._mapping) for row in waiting)
    return Occupancy(
        site=code,
        capacity=sum(one.capacity for one in cells),
        proposed=sum(one.proposed for one in cells),
        confirmed=sum(one.confirmed for one in cells),
        free=sum(one.free for one in cells),
        waiting=sum(one.waiting for one in lists),
        cells=cells,
        waiting_lists=lists,
    )


@router.get("/stays")
async def list_stays(
    read: Reader,
    state: Literal["proposed", "confirmed", "waitlisted", "cancelled"] | None = None,
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
    return await write(lambda tx: handlers.confirm_stay(tx, stay_id, officer), _show, status=200)


async def _show(conn: AsyncConnection, stay_id: UUID) -> Stay:
    row = await store.stay(conn, stay_id)
    if row is None:
        raise Refused(Refusal.STAY_RELEASED)
    return _stay(row)


def _stay(row: Any) -> Stay:
    reason = None
    if row.state == State.WAITLISTED:
        reason = "no_free_bed" if row.pool else "no_compatible_pool"
    return Stay.model_validate(
        {
            **row._mapping,
            "id": row.stay_id,
            "starts_on": row.planned_entry,
            "ends_on": row.projected_exit,
            "waiting_reason": reason,
        }
    )
