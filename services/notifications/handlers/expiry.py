"""Every night, what was kept of deliveries that ended long ago is cleared away, chunk by chunk."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from services.notifications.domain import next_night
from services.notifications.store.expiry import expire
from shared.messaging import Handler, Meta, Tx, schedule, schedule_unless_set

EXPIRY = "expiry"
"""Kind of the timer; there is one."""

CHUNK = 1000
"""Deliveries that one transaction looks at."""

PAUSE = timedelta(seconds=1)
"""Between two chunks, for whatever is being delivered meanwhile."""

_ONE = UUID(int=0)


class Expiry(BaseModel):
    """Body of the timer: how far this night's pass has come, so that one that is cut off goes on where it was."""

    after: UUID = _ONE


async def begin_expiry(tx: Tx) -> None:
    """Has it done every night from now on, unless it is already."""
    await schedule_unless_set(tx, EXPIRY, _ONE, tx.now, Expiry())


def expiring(keep: timedelta, *, chunk: int = CHUNK) -> Handler:
    """The use case of the timer.

    Args:
        keep: for how long bodies and attempts are kept after the last attempt.
        chunk: deliveries that one transaction looks at.
    """

    async def expire_chunk(tx: Tx, body: Expiry, meta: Meta) -> None:
        last = await expire(tx.conn, body.after, before=tx.now - keep, limit=chunk)
        due, rest = (next_night(tx.now), Expiry()) if last is None else (tx.now + PAUSE, Expiry(after=last))
        await schedule(tx, EXPIRY, meta.subject, due, rest)

    return expire_chunk
