"""Routes of what cells are and will be: occupancy by day, forecast, and the cell plan of a day."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from services.placement import domain, sheets, store
from services.placement.api.answers import Asked, Counter, Format, Reader, check_site, table_of
from services.placement.domain import CellType, Sex

router = APIRouter(prefix="/v1/sites/{code}")

Status = Literal["occupied", "confirmed", "proposed", "held", "cleaning", "out_of_service", "free"]


class Day(BaseModel):
    """The cells of one type in one wing on one day: `cells` is the sum of all others."""

    day: date
    wing: str
    cell_type: Literal["standard", "adapted", "arrival"]
    cells: int
    occupied: int
    """Slept in by somebody who has arrived, or who had; of days to come: by somebody who is there now."""
    confirmed: int
    proposed: int
    held: int
    cleaning: int
    out_of_service: int
    free: int


class DaysShown(BaseModel):
    """One row for each day, wing and type, in this order; without the secure waiting cell, which has no wing."""

    items: tuple[Day, ...]


class Pool(BaseModel):
    """What is expected of the beds of one kind."""

    sex: Sex
    cell_type: CellType
    places: int
    """Cells in service."""
    free: tuple[int, ...]
    """For each week, beginning with the first day asked for: cells for which nothing is planned on any of its days."""
    waiting: int
    """Persons on the list now."""
    first_free_on: date | None
    """The first day, not before those asked for, on which a bed is free."""


class Forecast(BaseModel):
    """What is expected, for each kind of bed."""

    items: tuple[Pool, ...]


class Cell(BaseModel):
    """A cell on a day."""

    cell: str
    wing: str | None
    """None for the secure waiting cell."""
    cell_type: CellType
    status: Status
    stay_id: UUID | None
    file_number: int | None
    next_on: date | None
    """The day of the next change; null where none is planned."""
    next_status: Status | None


class Plan(BaseModel):
    """Every cell of a site on a day."""

    on: date
    items: tuple[Cell, ...]


@router.get("/occupancy/days", response_model=DaysShown)
async def show_occupancy_by_day(code: str, read: Reader, days: Asked, format: Format = "json") -> Any:
    """How many cells of each wing and type were, are and will be what, day by day; three years at most."""
    check_site(code, read.site)
    found = await store.occupancy_by_day(read.conn, code, days, domain.date_in_paris(read.now))
    if format == "csv":
        return table_of(sheets.occupancy_by_day(DaysShown.model_validate({"items": found}).items))
    # Thousands of rows that are what the model says already: to make objects of them would double the time.
    return Response(to_json({"items": found}), media_type="application/json")


@router.get("/forecast", response_model=Forecast)
async def show_forecast(code: str, read: Reader, days: Asked, format: Format = "json") -> Any:
    """Free beds to be expected week by week, who waits, and when the first bed is free, for each kind of bed."""
    check_site(code, read.site)
    rows = await store.forecast(read.conn, code, days)
    if format == "csv":
        return table_of(sheets.forecast(rows, days.start))
    return Forecast.model_validate({"items": [row._mapping for row in rows]})


@router.get("/plan", response_model=Plan)
async def show_plan(code: str, read: Counter, on: date, format: Format = "json") -> Any:
    """Every cell on a day, whose it is, and what changes next."""
    check_site(code, read.site)
    rows = await store.plan(read.conn, code, on, domain.date_in_paris(read.now))
    if format == "csv":
        return table_of(sheets.plan(rows))
    return Plan.model_validate({"on": on, "items": [row._mapping for row in rows]})
