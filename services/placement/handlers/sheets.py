"""The use case of the printed sheets: made by a timer, which sets itself again. What making means, the caller says."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement import domain
from shared.messaging import Handler, Meta, Tx, schedule, schedule_unless_set

SHEETS = "sheets"
"""Kind of the timer of the sheets; there is one."""
_ONE = UUID(int=0)

Print = Callable[[AsyncConnection, str, datetime], Awaitable[bool]]
"""Makes the sheets of a site from what is there at an instant; whether they could be written."""


class Sheets(BaseModel):
    """Body of the timer: nothing but that it is time."""


async def begin_sheets(tx: Tx) -> None:
    """Has the sheets made now, unless their timer is set already."""
    await schedule_unless_set(tx, SHEETS, _ONE, tx.now, Sheets())


def printing(print_sheets: Print) -> Handler:
    """The handler of the timer: makes the sheets, and sets the timer for the next ones, or soon if it failed."""

    async def make(tx: Tx, body: Sheets, meta: Meta) -> None:
        written = await print_sheets(tx.conn, meta.site, tx.now)
        due = domain.next_sheets(tx.now) if written else tx.now + domain.SHEETS_AGAIN
        await schedule(tx, SHEETS, meta.subject, due, body)

    return make
