"""The citizen space over HTTP: activities, enrolments, and their confirmation. No personal data in any answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.citizen_space import handlers, store
from services.citizen_space.domain import Kind, Refusal, Refused, State
from services.citizen_space.store.pages import Place
from shared.boundary import Read, Write, reading, writing
from shared.paging import Cursor, Limit, Places
from shared.problems import Problem

router = APIRouter(prefix="/v1")

PROBLEMS = {
    Refusal.ENROLMENT_UNKNOWN: Problem(404, "enrolment-unknown", "There is no such enrolment."),
    Refusal.ENROLMENT_WAITING: Problem(
        409, "enrolment-waiting", "The enrolment is on the waiting list; no seat is reserved."
    ),
    Refusal.ENROLMENT_CONFIRMED: Problem(409, "enrolment-confirmed", "The enrolment is confirmed already."),
    Refusal.ENROLMENT_CANCELLED: Problem(409, "enrolment-cancelled", "The seat of this enrolment has been given up."),
}
REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

Reader = Annotated[Read, Depends(reading("training_lead", "decision_authority", "spip", "inspector"))]
Lead = Annotated[Write, Depends(writing("training_lead"))]
_PLACES = Places(Place)


class Cohort(BaseModel):
    """A group that starts and ends a training together: `capacity = taken + free`."""

    code: str
    starts_on: date
    ends_on: date
    capacity: int
    taken: int
    """Seats reserved or confirmed."""
    free: int


class Activity(BaseModel):
    """Something that a site offers. Only trainings have cohorts: a work post is a wish, given by its employer."""

    code: str
    title: str
    kind: Kind
    places: int
    waiting: int
    cohorts: tuple[Cohort, ...]


class Activities(BaseModel):
    """All activities of this site."""

    items: tuple[Activity, ...]


class Rank(BaseModel):
    """A place on the waiting list of one training, from 1."""

    activity: str
    rank: int


class Enrolment(BaseModel):
    """What became of one order for a training seat."""

    id: UUID
    """Names this order's place; a changed order has another one."""
    candidacy_id: UUID
    decision_number: str
    decided_on: date
    file_number: int
    state: Literal["reserved", "confirmed", "waitlisted", "cancelled"]
    wishes: tuple[str, ...]
    """In the person's order, work posts among them."""
    earliest_start: date
    projected_exit: date
    activity: str | None
    cohort: str | None
    starts_on: date | None
    ends_on: date | None
    confirmed_at: datetime | None
    confirmed_by_function: str | None
    waiting_reason: Literal["no_free_seat", "no_training_wished"] | None
    ranks: tuple[Rank, ...]
    """On the list of each wished training, in the order of the wishes."""
    earlier_decision_waits: bool
    """On a reservation: whether somebody whose decision is earlier waits for a seat of that training."""


class Enrolments(BaseModel):
    """A page of enrolments in the order of their decisions, which is also the order of the waiting lists."""

    items: tuple[Enrolment, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.get("/activities")
async def list_activities(read: Reader) -> Activities:
    """The activities of this site, the cohorts of its trainings with their seats, and how many persons wait."""
    activities, cohorts = await store.activities(read.conn, read.site)
    found: dict[str, list[Cohort]] = {row.code: [] for row in activities}
    for row in cohorts:
        found[row.activity].append(Cohort.model_validate({**row._mapping, "free": row.capacity - row.taken}))
    return Activities.model_validate(
        {"items": [{**row._mapping, "cohorts": found[row.code]} for row in activities]},
    )


@router.get("/enrolments")
async def list_enrolments(
    read: Reader,
    state: Literal["reserved", "confirmed", "waitlisted", "cancelled"] | None = None,
    candidacy_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Enrolments:
    """Enrolments and places on the waiting lists, the earliest decision first."""
    after = _PLACES.place(cursor)
    rows = await store.enrolments(read.conn, limit=limit + 1, after=after, state=state, candidacy_id=candidacy_id)
    items = tuple(map(_enrolment, rows[:limit]))
    last = rows[limit - 1] if len(rows) > limit else None
    place = last and Place(last.decided_on, last.file_number, last.id)
    return Enrolments(items=items, next_cursor=place and _PLACES.cursor(place))


@router.post("/enrolments/{enrolment_id}/confirm", response_model=Enrolment)
async def confirm_enrolment(enrolment_id: UUID, write: Lead) -> Response:
    """Confirms a reserved seat in the name of the training lead."""
    officer = write.principal.subject
    return await write(lambda tx: handlers.confirm_enrolment(tx, enrolment_id, officer), _show, status=200)


async def _show(conn: AsyncConnection, enrolment_id: UUID) -> Enrolment:
    row = await store.enrolment(conn, enrolment_id)
    if row is None:
        raise Refused(Refusal.ENROLMENT_CANCELLED)
    return _enrolment(row)


def _enrolment(row: Any) -> Enrolment:
    reason = None
    if row.state == State.WAITLISTED:
        reason = "no_free_seat" if row.trainings else "no_training_wished"
    ranks = row.ranks or {}
    return Enrolment.model_validate(
        {
            **row._mapping,
            "id": row.enrolment_id,
            "waiting_reason": reason,
            "ranks": [{"activity": code, "rank": ranks[code]} for code in dict.fromkeys(row.wishes) if code in ranks],
        }
    )
