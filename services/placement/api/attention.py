"""The route of what waits for an officer."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.placement.api.answers import Reader
from services.placement.domain import date_in_paris
from services.placement.store.attention import KINDS, attention

router = APIRouter(prefix="/v1")


class Item(BaseModel):
    """Something that waits for an officer."""

    kind: str
    """`proposal_overdue`, `earlier_decision_waits`, `arrival_unconfirmed`, `not_arrived`, `departure_overdue`,
    `arrival_phase_over`, `bed_conflict`, `move_due`, `absence_overdue`, `secure_waiting_overdue`, `exit_beyond_bed`,
    `loan_needed`, `waits_in_vain`, `outage_overdue`, `kept_apart_together` or `kept_apart_planned`."""
    since: date | None
    """Since when it may be so; null where nobody noted it."""
    due: date
    """By when something is to be done, or was."""
    stay_id: UUID | None
    separation_id: UUID | None
    outage_id: UUID | None
    cell: str | None
    next_steps: tuple[str, ...]
    """What an officer can do: the last part of the routes that do it."""


class Attention(BaseModel):
    """All that waits, the oldest first."""

    items: tuple[Item, ...]


@router.get("/attention")
async def show_attention(read: Reader) -> Attention:
    """What waits for an officer of this site: found by looking, so that nothing has to be closed."""
    rows = await attention(read.conn, read.site, date_in_paris(read.now))
    items = [{**row._mapping, "next_steps": KINDS[row.kind].next_steps} for row in rows]
    return Attention.model_validate({"items": items})
