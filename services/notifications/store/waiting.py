"""What waits for functions of the site, here and elsewhere: counts alone, for mails to their mailboxes."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import day_in_france
from services.notifications.store.attention import attention
from services.notifications.store.figures import figures
from services.notifications.tables import waiting_elsewhere
from shared.messaging import operators

ELSEWHERE = ("selection", "placement")
"""Services that say every morning what waits there."""
HERE = "notifications"
SILENT = "silent"
"""Matter that stands for all the counts of a service that said nothing lately: they would be believed."""

_BELIEVED = timedelta(days=2)

Counts = Mapping[tuple[str, str], int]
"""By service and matter."""


async def replace_elsewhere(
    conn: AsyncConnection, service: str, day: date, counts: Mapping[str, Mapping[str, int]]
) -> None:
    """Puts a service's counts in the place of those that it gave before.

    Args:
        conn: of the caller's transaction.
        service: whose they are.
        day: of which they are, Europe/Paris.
        counts: by role and matter.
    """
    await conn.execute(sa.delete(waiting_elsewhere).where(waiting_elsewhere.c.service == service))
    lines = [
        {"service": service, "role": role, "matter": matter, "day": day, "count": count}
        for role, matters in counts.items()
        for matter, count in matters.items()
    ]
    if lines:
        await conn.execute(sa.insert(waiting_elsewhere), lines)


async def waiting(conn: AsyncConnection, now: datetime) -> Mapping[str, Counts]:
    """By role, how many of each matter of each service wait for it.

    Here that is for `partner_admin` what its list shows, and for `operator` the rest. Elsewhere it is what the service
    said; where that is more than two days ago, whoever it told of then and `operator` get `SILENT` instead.

    Args:
        conn: open for reading.
        now: UTC.
    """
    kernel, sending = await operators.status(conn), await figures(conn, now)
    found: dict[str, dict[tuple[str, str], int]] = {
        "partner_admin": Counter((HERE, one.kind.value) for one in await attention(conn, now)),
        "operator": {
            (HERE, "held_keys"): kernel.parked_keys,
            (HERE, "dead_events"): kernel.dead_events,
            (HERE, "forgotten"): sending.forgotten,
            **{(service, SILENT): 1 for service in ELSEWHERE},
        },
    }
    oldest = day_in_france(now) - _BELIEVED
    for service, role, matter, day, count in await conn.execute(sa.select(waiting_elsewhere)):
        of_role = found.setdefault(role, {})
        if day < oldest:
            of_role[service, SILENT] = 1
        else:
            of_role[service, matter] = count
            found["operator"].pop((service, SILENT), None)
    return found
