"""Routes of the bad Monday: the plan first, then the act that carries out this very plan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.placement import handlers
from services.placement.api.answers import check_site
from services.placement.api.cells import Body, Reference
from services.placement.api.stays import Officer
from services.placement.domain import date_in_paris
from services.placement.store import evacuations
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1/sites/{code}/evacuations")

PlanReader = Annotated[Read, Depends(reading("placement_officer"))]


class EvacuationBody(Body):
    """What is to be emptied and closed, why, who repairs it, and until when."""

    place: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z0-9-]{2,20}$")]
    """A unit or a cell, such as `DON-H1-U2` or `DON-H1-U2-C07`."""
    reason: Literal["flood", "fire", "damage", "works", "staff_shortage", "other"]
    owner: Reference
    reference: Reference | None = None
    starts_on: date
    expected_back_on: date | None = None

    def order(self) -> handlers.EvacuationOrder:
        """As the use case takes it."""
        outage = self.model_dump(include={"reason", "owner", "reference", "starts_on", "expected_back_on"})
        return handlers.EvacuationOrder(self.place, handlers.OutageOrder(**outage))


class ActBody(EvacuationBody):
    """The same, and the plan that was seen."""

    plan: str
    """`digest` of the plan."""


class Removal(BaseModel):
    """Somebody who is there and sleeps elsewhere from then on."""

    stay_id: UUID
    cell: str
    to: str
    first_night: date
    until: date


class Displaced(BaseModel):
    """Somebody who was expected, and is in line again."""

    stay_id: UUID
    now: UUID | None
    """The stay by which the person is in line again; null in a plan."""
    state: str | None
    """Where that stands now; null in a plan."""


class Stranded(BaseModel):
    """Somebody who is there and for whom no cell is left. The cell stays open."""

    stay_id: UUID
    cell: str


class Plan(BaseModel):
    """What the act does, in the order in which it does it."""

    digest: str
    removals: tuple[Removal, ...]
    displaced: tuple[Displaced, ...]
    """In the order of the decisions: proposed anew, or on the list."""
    stranded: tuple[Stranded, ...]
    closes: tuple[str, ...]
    """Cells that are closed already are not among them."""
    holds: tuple[UUID, ...]
    """Beds that were kept free for a purpose: given up."""


class Evacuation(BaseModel):
    """An evacuation as it was carried out."""

    id: UUID
    place: str
    reason: str
    starts_on: date
    expected_back_on: date | None
    ordered_by: str
    ordered_by_function: str
    at: datetime
    plan: Plan


@router.post("/plan", response_model=Plan)
async def plan(code: str, body: EvacuationBody, read: PlanReader) -> Plan:
    """Shows what the evacuation would do now. Changes nothing: no Idempotency-Key."""
    check_site(code, read.site)
    found = await handlers.plan_evacuation(read.conn, code, body.order(), date_in_paris(read.now))
    return _plan(handlers.shown(found), {})


@router.post("", response_model=Evacuation, status_code=201)
async def evacuate(code: str, body: ActBody, write: Officer) -> Response:
    """Carries the plan out that was seen; refused when another one would come of it now."""
    check_site(code, write.site)
    officer = write.principal.subject
    return await write(lambda tx: handlers.evacuate(tx, code, body.order(), body.plan, officer), _show)


@router.get("/{evacuation_id}")
async def show(code: str, evacuation_id: UUID, read: PlanReader) -> Evacuation:
    """One evacuation, and where those who were displaced stand now."""
    check_site(code, read.site)
    return await _show(read.conn, evacuation_id)


async def _show(conn: AsyncConnection, evacuation_id: UUID) -> Evacuation:
    row = await evacuations.evacuation(conn, evacuation_id)
    stays = [UUID(one["now"]) for one in row.plan["displaced"]]
    standing = await evacuations.standing_of(conn, stays)
    return Evacuation(
        id=row.id,
        place=row.code,
        reason=row.reason,
        starts_on=row.starts_on,
        expected_back_on=row.expected_back_on,
        ordered_by=row.officer,
        ordered_by_function=row.function,
        at=row.at,
        plan=_plan(row.plan, standing),
    )


def _plan(shown: dict[str, Any], standing: dict[UUID, str]) -> Plan:
    displaced = [one | {"state": one["now"] and standing.get(UUID(one["now"]))} for one in shown["displaced"]]
    return Plan.model_validate(shown | {"displaced": displaced})
