"""What waits for a function of the site: counts alone, for a mail to its mailbox."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.attention import attention
from services.notifications.store.figures import figures
from shared.messaging import operators


async def waiting(conn: AsyncConnection, now: datetime) -> Mapping[str, Mapping[str, int]]:
    """By role and matter, how many wait for it: for `partner_admin` what its list shows, for `operator` the rest.

    Args:
        conn: open for reading.
        now: UTC.
    """
    kernel, sending = await operators.status(conn), await figures(conn, now)
    return {
        "partner_admin": Counter(one.kind.value for one in await attention(conn, now)),
        "operator": {
            "held_keys": kernel.parked_keys,
            "dead_events": kernel.dead_events,
            "forgotten": sending.forgotten,
        },
    }
