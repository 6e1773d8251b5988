"""Every morning the service says how much waits for whom, so that functions can be told by mail: counts alone."""

from uuid import UUID

from pydantic import BaseModel

from services.placement import domain
from services.placement.store.attention import count_attention
from shared.contracts.placement import PlacementMatter, PlacementWaitingCounted
from shared.messaging import Meta, Tx, operators, publish, schedule, schedule_unless_set

DESK = "desk"
"""Kind of the timer; there is one."""
_ONE = UUID(int=0)


class Desk(BaseModel):
    """Body of the timer: nothing but that it is time."""


async def begin_counting(tx: Tx) -> None:
    """Has it counted now and every morning, unless it is already."""
    await schedule_unless_set(tx, DESK, _ONE, tx.now, Desk())


async def count_desk(tx: Tx, body: Desk, meta: Meta) -> None:
    """Says how much waits for placement officers and for operators, and comes again the next morning."""
    today = domain.date_in_paris(tx.now)
    kernel = await operators.status(tx.conn)
    counts = {
        "placement_officer": await count_attention(tx.conn, meta.site, today),
        "operator": {
            PlacementMatter.HELD_KEYS.value: kernel.parked_keys,
            PlacementMatter.DEAD_EVENTS.value: kernel.dead_events,
        },
    }
    counted = PlacementWaitingCounted(day=today, counts=counts)
    await publish(tx, counted, subject=meta.subject, version=today.toordinal(), site=meta.site)
    await schedule(tx, DESK, meta.subject, domain.next_morning(tx.now), body)
