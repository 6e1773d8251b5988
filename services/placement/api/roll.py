"""Routes of the roll: who sleeps where now, and what officers counted."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers, sheets, store
from services.placement.api.answers import Counter, Format, check_site, table_of
from services.placement.api.stays import Officer
from services.placement.domain import Counted, Explanation, Refusal, Refused
from shared.paging import Cursor, Limit, Places

router = APIRouter(prefix="/v1/sites/{code}")
_PLACES = Places(UUID)

PlaceCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}(?:-[A-Z0-9]{1,6}){1,3}$")]
"""Such as `DON-H1`, `DON-H1-U2` or `DON-SW-C01`."""
Persons = Annotated[int, Field(ge=0, le=1_000)]


class Present(BaseModel):
    """Somebody who is present, and where."""

    cell: str
    unit: str | None
    wing: str | None
    """None for the secure waiting cell, which belongs to no wing."""
    stay_id: UUID
    candidacy_id: UUID
    file_number: int
    arrived_on: date


class Roll(BaseModel):
    """Who sleeps where now, by cell."""

    items: tuple[Present, ...]


class LineBody(BaseModel):
    """What was found in one place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: PlaceCode
    """A wing, a unit, or a cell that belongs to none."""
    counted: Persons
    explanations: dict[Explanation, Annotated[int, Field(ge=1, le=1_000)]] = {}
    """How many are not there, by the reason that is known."""


class CountBody(BaseModel):
    """A count of the whole site: each cell by its wing or by its unit, once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: Annotated[tuple[LineBody, ...], Field(min_length=1, max_length=200)]
    corrects: UUID | None = None
    """An earlier count that this one stands for."""


class Line(BaseModel):
    """What was found in one place, against what was expected."""

    place: str
    expected: int
    """Persons who slept there, as the platform knew it at that instant."""
    counted: int
    explained: int
    unexplained: int
    """Persons who are missing without a reason; below zero for persons whom nobody expected there."""
    explanations: dict[Explanation, int]


class Count(BaseModel):
    """A roll count. It is never edited: another one corrects it."""

    id: UUID
    at: datetime
    """UTC."""
    counted_by: str
    """Identifies the officer to the administration."""
    counted_by_function: str
    corrects: UUID | None
    corrected_by: UUID | None
    expected: int
    counted: int
    explained: int
    unexplained: int
    agrees: bool
    """Whether nothing is unexplained in any place; two places may make up for one another in the sum."""
    lines: tuple[Line, ...]


class Counts(BaseModel):
    """A page of counts, the newest first."""

    items: tuple[Count, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.get("/roll", response_model=Roll)
async def show_roll(code: str, read: Counter, format: Format = "json") -> Any:
    """Who sleeps where now, by cell."""
    check_site(code, read.site)
    rows = await store.roll(read.conn, code)
    if format == "csv":
        return table_of(sheets.roll(rows))
    return Roll.model_validate({"items": [row._mapping for row in rows]})


@router.post("/roll-counts", response_model=Count, status_code=201)
async def count_roll(code: str, body: CountBody, write: Officer) -> Response:
    """Notes a count in the name of the officer, and answers the differences that nothing explains."""
    check_site(code, write.site)
    counted = [Counted(line.place, line.counted, line.explanations) for line in body.lines]
    officer = write.principal.subject

    async def show(conn: AsyncConnection, count_id: UUID) -> Count:
        return await _show(conn, code, count_id)

    return await write(lambda tx: handlers.count_roll(tx, code, counted, body.corrects, officer), show)


@router.get("/roll-counts", response_model=Counts)
async def list_counts(
    code: str,
    read: Counter,
    unexplained: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    format: Format = "json",
) -> Any:
    """Counts, the newest first; `unexplained`: only those with a difference that is still open."""
    check_site(code, read.site)
    before = _PLACES.place(cursor)
    found = await store.counts(read.conn, code, limit=limit + 1, before=before, unexplained=unexplained)
    items = tuple(map(_count, found[:limit]))
    if format == "csv":
        return table_of(sheets.counts(items))
    return Counts(items=items, next_cursor=_PLACES.cursor(items[-1].id) if len(found) > limit else None)


@router.get("/roll-counts/{count_id}")
async def show_count(code: str, count_id: UUID, read: Counter) -> Count:
    """One count."""
    check_site(code, read.site)
    return await _show(read.conn, code, count_id)


async def _show(conn: AsyncConnection, site: str, count_id: UUID) -> Count:
    found = await store.counts(conn, site, limit=1, count_id=count_id)
    if not found:
        raise Refused(Refusal.COUNT_UNKNOWN)
    return _count(found[0])


def _count(found: store.Count) -> Count:
    sums = {
        name: sum(line[name] for line in found.lines) for name in ("expected", "counted", "explained", "unexplained")
    }
    agrees = not any(line["unexplained"] for line in found.lines)
    return Count.model_validate({**found._asdict(), **sums, "agrees": agrees})
