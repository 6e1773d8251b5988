"""Every morning the service says how much waits for whom, so that functions can be told by mail: counts alone."""

from uuid import UUID

from pydantic import BaseModel

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from shared.contracts.selection import SelectionWaitingCounted
from shared.messaging import Handler, Meta, Tx, publish, schedule, schedule_unless_set

DESK = "desk"
"""Kind of the timer; there is one."""
_ONE = UUID(int=0)
_SOON = 3
"""Working days."""


class Desk(BaseModel):
    """Body of the timer: nothing but that it is time."""


async def begin_counting(tx: Tx) -> None:
    """Has it counted now and every morning, unless it is already."""
    await schedule_unless_set(tx, DESK, _ONE, tx.now, Desk())


def counting(policy: domain.Policy) -> Handler:
    """The use case of the timer, where files may wait for as long as `policy` says."""

    async def count_desk(tx: Tx, body: Desk, meta: Meta) -> None:
        today = domain.date_in_paris(tx.now)
        soon = domain.add_working_days(today, _SOON, french_holiday)
        counted = SelectionWaitingCounted(day=today, counts=await store.count_waiting(tx.conn, policy, tx.now, soon))
        await publish(tx, counted, subject=meta.subject, version=today.toordinal(), site=meta.site)
        await schedule(tx, DESK, meta.subject, domain.next_morning(tx.now), body)

    return count_desk
