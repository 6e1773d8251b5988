"""Routes of the waiting list: who waits and why, who goes ahead, which cell an officer chose, and what was excluded."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from services.placement import handlers, store
from services.placement.api.answers import Reader, check_site
from services.placement.api.cells import Body, Words
from services.placement.api.presence import CellCode
from services.placement.api.stays import Officer, Stay, show_stay
from services.placement.domain import CellType, Days, Refusal, Refused, Sex, State, date_in_paris
from services.placement.store import explanations, placing

router = APIRouter(prefix="/v1")


class AheadBody(Body):
    """Why somebody goes ahead of the order of decisions."""

    reason: Words


class PlaceBody(Body):
    """The cell that an officer chooses, and why."""

    cell: CellCode
    reason: Words


class Waiting(BaseModel):
    """Somebody in line, and what blocks."""

    stay_id: UUID
    candidacy_id: UUID
    file_number: int
    decided_on: date
    pool: str | None
    rank: int | None
    ahead: bool
    """Put ahead of the order of decisions by a named officer."""
    sex: Sex
    cell_type: CellType
    planned_entry: date
    projected_exit: date
    blocked_by: Literal["no_free_bed", "no_compatible_pool", "kept_apart", "passed_over"]
    """`passed_over`: a bed is free, but what was decided next about the person is not read yet."""
    next_free_on: date | None
    """The first day from which such a bed is free until the projected exit; null for none: no bed before that."""
    waits_in_vain: bool
    """Nothing is free before the projected exit: to be looked at by a human."""


class WaitingList(BaseModel):
    """The lists of a site, by pool and in their order."""

    items: tuple[Waiting, ...]


class Excluded(BaseModel):
    """A cell and the first rule by which the person is not given it. Never because of whom."""

    cell: str
    rule: Literal[
        "other_sex", "other_type", "retired", "out_of_service", "held", "taken", "kept_apart", "first_weeks_only"
    ]
    until: date | None
    """First day on which what is in the way has ended, where that is known."""


class Explanation(BaseModel):
    """Why this cell, or why none."""

    stay_id: UUID
    state: Literal["proposed", "confirmed", "arrived", "waitlisted"]
    chosen: dict[str, Any] | None
    """As it was found when the bed was proposed: `rule` (`never_used`, `free_for_good`, `tightest_gap`, `officer`),
    `cell`, `arrival_cell` or why none (`no_arrival_cell`), how many cells each rule excluded, and which ones were kept
    apart, held or out of service. The officer's words (`reason`) are for placement officers only."""
    waiting: Waiting | None
    """For somebody in line: rank, and what blocks."""
    before: tuple[UUID, ...]
    """For somebody in line: the stays whose turn is earlier, in their order."""
    excluded: tuple[Excluded, ...]
    """For somebody in line: each cell of the site, none of which can be had now."""


@router.get("/sites/{code}/waiting-list")
async def show_waiting_list(code: str, read: Reader) -> WaitingList:
    """Who waits for which kind of bed, in which order, and what blocks."""
    check_site(code, read.site)
    rows = await placing.waiting_rows(read.conn, code, date_in_paris(read.now))
    return WaitingList(items=tuple(map(_waiting, rows)))


@router.get("/stays/{stay_id}/explanation")
async def explain(stay_id: UUID, read: Reader) -> Explanation:
    """Why this cell was proposed, or why none is: each cell that cannot be had, by which rule."""
    stay = await store.stay(read.conn, stay_id)
    if stay is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if stay.state in {State.CANCELLED, State.DEPARTED}:
        raise Refused(Refusal.STAY_RELEASED)
    shown: dict[str, Any] = {"stay_id": stay_id, "state": stay.state, "chosen": None, "waiting": None}
    if stay.state != State.WAITLISTED:
        chosen = await explanations.kept(read.conn, stay_id)
        if chosen and "placement_officer" not in read.principal.roles:
            chosen.pop("reason", None)
        return Explanation.model_validate(shown | {"chosen": chosen, "before": (), "excluded": ()})
    today = date_in_paris(read.now)
    rows = await placing.waiting_rows(read.conn, read.site, today)
    own = next(row for row in rows if row.stay_id == stay_id)
    nights = Days(max(stay.planned_entry, today), stay.projected_exit)
    cells = await explanations.excluded(read.conn, stay.id, nights) if nights else []
    return Explanation.model_validate(
        shown
        | {
            "waiting": _waiting(own),
            "before": [row.stay_id for row in rows if own.rank and row.pool == own.pool and row.rank < own.rank],
            "excluded": [{"cell": one.code, "rule": one.rule, "until": one.until} for one in cells if one.rule],
        }
    )


@router.post("/stays/{stay_id}/ahead", response_model=Stay)
async def go_ahead(stay_id: UUID, body: AheadBody, write: Officer) -> Response:
    """Puts somebody who waits ahead of the order of decisions, in the name of the officer and for a reason."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.go_ahead(tx, stay_id, body.reason, officer), show_stay, status=200)


@router.post("/stays/{stay_id}/ahead/withdraw", response_model=Stay)
async def go_in_order(stay_id: UUID, write: Officer) -> Response:
    """Takes back that somebody goes ahead, in the name of the officer."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.go_in_order(tx, stay_id, officer), show_stay, status=200)


@router.post("/stays/{stay_id}/place", response_model=Stay)
async def place(stay_id: UUID, body: PlaceBody, write: Officer) -> Response:
    """Proposes a named cell. An adapted one to somebody who does not need it is lent, and can be recalled."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.place(tx, stay_id, body.cell, body.reason, officer), show_stay, status=200)


@router.post("/stays/{stay_id}/recall", response_model=Stay)
async def recall(stay_id: UUID, write: Officer) -> Response:
    """Says that a cell that is lent is needed. It moves nobody: a move does."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.recall(tx, stay_id, officer), show_stay, status=200)


def _waiting(row: Any) -> Waiting:
    return Waiting.model_validate({**row._mapping, "waits_in_vain": row.next_free_on is None})
