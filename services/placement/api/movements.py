"""Routes of the arrivals sheet and of the departures of a day. Ids and file numbers only."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import domain, handlers, sheets, store
from services.placement.api.answers import Asked, Format, Reader, check_site, table_of
from services.placement.api.stays import Officer
from services.placement.domain import Refusal

router = APIRouter(prefix="/v1/sites/{code}")


class Movement(BaseModel):
    """A stay as it is looked at on the day that it begins or ends."""

    stay_id: UUID
    candidacy_id: UUID
    file_number: int
    decided_on: date
    state: Literal["proposed", "confirmed", "arrived", "departed"]
    starts_on: date
    """First night, Europe/Paris."""
    ends_on: date
    """The day of the departure: the first one after the last night."""
    cell: str
    """Of the first night."""
    unit_cell: str | None
    """Of the last night, where that is another one."""
    unit_from: date | None
    """First night in it."""
    arrived_on: date | None
    departed_on: date | None


class Arrival(Movement):
    """Somebody who is to come, or came."""

    overdue: bool
    """A proposal that nobody confirmed in time; it cannot be confirmed any more."""
    earlier_decision_waits: bool
    """On a proposal: whether somebody whose turn is earlier waits for such a bed."""


class Arrivals(BaseModel):
    """The stays that begin on the days asked for, in their order."""

    items: tuple[Arrival, ...]


class Departure(Movement):
    """Somebody who is to leave, left, or should have left."""

    cell_now: str | None
    """Where the person sleeps, if present."""
    late: bool
    """The planned day has passed, and the person is still there."""


class Departures(BaseModel):
    """The stays that end on a day, after those that should have ended before and have not."""

    items: tuple[Departure, ...]


def _once_each(stays: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if len(set(stays)) != len(stays):
        raise ValueError("each stay may be named once")
    return stays


class ConfirmationsBody(BaseModel):
    """The stays that an officer has looked at on the sheet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stay_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=200), AfterValidator(_once_each)]


class Outcome(BaseModel):
    """What became of one stay."""

    stay_id: UUID
    confirmed: bool
    refusal: Refusal | None
    """Why not, as the route for one stay would have refused it; nothing has changed then."""


class Confirmations(BaseModel):
    """What became of each stay, in the order in which they were named."""

    items: tuple[Outcome, ...]


@router.get("/arrivals", response_model=Arrivals)
async def list_arrivals(code: str, read: Reader, days: Asked, format: Format = "json") -> Any:
    """The stays whose first night lies in these days: to be confirmed, awaited, arrived, and gone since."""
    check_site(code, read.site)
    rows = await store.arrivals(read.conn, days)
    if format == "csv":
        return table_of(sheets.arrivals(rows))
    return Arrivals.model_validate({"items": [row._mapping for row in rows]})


@router.post("/arrivals/confirm", response_model=Confirmations)
async def confirm_arrivals(code: str, body: ConfirmationsBody, write: Officer) -> Response:
    """Confirms proposed beds in the name of the officer: each one or not, and told each by its own event."""
    check_site(code, write.site)
    officer = write.principal.subject
    return await write(
        lambda tx: handlers.confirm_stays(tx, code, body.stay_ids, officer), _show_confirmations, status=200
    )


@router.get("/departures", response_model=Departures)
async def list_departures(code: str, read: Reader, on: date, format: Format = "json") -> Any:
    """The stays that are to end on a day, or ended then; and whoever should have left before it and is still there."""
    check_site(code, read.site)
    rows = await store.departures(read.conn, on, domain.date_in_paris(read.now))
    if format == "csv":
        return table_of(sheets.departures(rows))
    return Departures.model_validate({"items": [row._mapping for row in rows]})


async def _show_confirmations(conn: AsyncConnection, confirmation_id: UUID) -> Confirmations:
    outcomes = await store.confirmations(conn, confirmation_id)
    return Confirmations.model_validate(
        {"items": [{"confirmed": one.refusal is None, **one._asdict()} for one in outcomes]}
    )
