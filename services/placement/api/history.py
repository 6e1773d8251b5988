"""Routes of one stay: as it is now, and how it came to be so."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.placement import store
from services.placement.api.answers import Counter
from services.placement.api.stays import Reader, Stay, show_stay
from services.placement.domain import Refusal, Refused

router = APIRouter(prefix="/v1/stays/{stay_id}")


class Correction(BaseModel):
    """Nights as they were laid down, by whom and why. It stands until the next line with the same `use_id`."""

    use_id: UUID
    cell: str
    starts_on: date
    ends_on: date
    """First day after the last night."""
    given_up: bool
    """Nobody sleeps there on these days any more, or ever did."""
    reason: str
    officer: str | None
    """Null where no officer decided it: a signed decision, or the passing of a day."""
    function: str
    at: datetime
    """UTC."""


class History(BaseModel):
    """All that was ever laid down of a stay, in order."""

    items: tuple[Correction, ...]


@router.get("")
async def show(stay_id: UUID, read: Reader) -> Stay:
    """One stay as it is now. Of one that a changed order has replaced only the history is left (`stay-released`)."""
    if await store.stay(read.conn, stay_id) is None and not await store.history(read.conn, stay_id):
        raise Refused(Refusal.STAY_UNKNOWN)
    return await show_stay(read.conn, stay_id)


@router.get("/history")
async def show_history(stay_id: UUID, read: Counter) -> History:
    """The history of the nights of a stay, also of one that was released."""
    rows = await store.history(read.conn, stay_id)
    if not rows and await store.stay(read.conn, stay_id) is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    return History.model_validate({"items": [row._mapping for row in rows]})
