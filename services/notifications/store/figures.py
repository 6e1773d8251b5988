"""How the deliveries stand as a whole: what is due, what is held, and whether any was forgotten."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.order import BEHIND


class Figures(NamedTuple):
    """Counts of deliveries that have not ended."""

    due: int
    """To be sent by now, to an endpoint that is served."""
    scheduled: int
    """To be tried again later, or once an earlier one about the same person has ended."""
    held: int
    """To an endpoint that is held, or not approved at its new address."""
    forgotten: int
    """Neither ended nor scheduled, nor waiting for an attempt that is under way: always 0, or something is broken."""
    oldest_due_seconds: float
    """For how long the longest of those that are due has been so; 0 for none."""
    disabled: int = 0
    """Subscriptions that ended because their endpoint is gone."""


async def figures(conn: AsyncConnection, now: datetime) -> Figures:
    """Counts what has not ended.

    Args:
        conn: open for reading.
        now: UTC.
    """
    return Figures(*(await conn.execute(_FIGURES, {"now": now})).one())


# Each row of `open` is in one of the four; what a lapsed lease or a retry by hand makes due is scheduled like the rest.
_FIGURES = sa.text(
    f"""
    WITH open AS (
        SELECT n.next_attempt_at, CASE
            WHEN n.state = 'waiting' THEN CASE WHEN EXISTS (
                SELECT FROM deliveries told
                WHERE told.candidacy_id = n.candidacy_id AND told.superseded_by = n.id AND told.lease_token IS NOT NULL
            ) THEN 'scheduled' ELSE 'forgotten' END
            WHEN n.next_attempt_at IS NULL THEN 'forgotten'
            WHEN s.state = 'proposed' OR s.state = 'active' AND s.paused_until > :now THEN 'held'
            WHEN n.next_attempt_at > :now OR {BEHIND} THEN 'scheduled' ELSE 'due' END AS kind
        FROM deliveries n JOIN subscriptions s ON s.id = n.subscription_id
        WHERE n.state NOT IN ('delivered', 'failed', 'cancelled', 'refused')
    )
    SELECT count(*) FILTER (WHERE kind = 'due'), count(*) FILTER (WHERE kind = 'scheduled'),
        count(*) FILTER (WHERE kind = 'held'), count(*) FILTER (WHERE kind = 'forgotten'),
        coalesce(extract(epoch FROM :now - min(next_attempt_at) FILTER (WHERE kind = 'due')), 0)::float,
        (SELECT count(*) FROM subscriptions WHERE state = 'disabled')
    FROM open
    """  # noqa: S608
).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
