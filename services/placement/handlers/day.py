"""What a new day brings, once a day at each site: everything that a passed date changes, and the lines after it."""

from datetime import datetime, time, timedelta
from uuid import UUID

from pydantic import BaseModel

from services.placement import domain, store
from services.placement.handlers.estate import apply_changes
from services.placement.handlers.expected import miss_arrivals
from services.placement.handlers.holds import expire_holds
from services.placement.handlers.line import fill
from services.placement.handlers.outages import go_on_without
from services.placement.handlers.presence import carry_out_moves, stay_on
from shared.messaging import Meta, Tx, schedule, schedule_unless_set

DAY = "day"
"""Kind of the timer of the day; there is one."""
_ONE = UUID(int=0)


class NewDay(BaseModel):
    """Body of the timer: nothing but that a day has begun."""


async def begin_days(tx: Tx) -> None:
    """Has the days counted from now on, unless they are already."""
    await schedule_unless_set(tx, DAY, _ONE, tx.now, NewDay())


async def new_day(tx: Tx, body: NewDay, meta: Meta) -> None:  # noqa: ARG001
    """Does what the date asks for. It may come again on the same day, and then does what is left to do."""
    pools = await store.lock_pools_of_site(tx.conn, meta.site)
    await carry_out_moves(tx, meta.site)
    await stay_on(tx, meta.site)
    await miss_arrivals(tx, meta.site)
    await go_on_without(tx, meta.site)
    await expire_holds(tx, meta.site)
    await apply_changes(tx, meta.site)
    await fill(tx, pools)
    await schedule(tx, DAY, meta.subject, _next_day(tx.now), NewDay())


def _next_day(now: datetime) -> datetime:
    """Five past midnight at the sites, the next time."""
    there = now.astimezone(domain.PARIS)
    midnight = datetime.combine(there.date() + timedelta(days=1), time(0, 5), domain.PARIS)
    return midnight.astimezone(now.tzinfo)
