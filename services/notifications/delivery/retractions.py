"""Retractions that wait for an attempt on what they take back."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


class Retractable(NamedTuple):
    """A waiting retraction, locked."""

    id: UUID
    event_id: str
    decision_number: str | None
    notice: str
    version: int
    leased: bool
    """Whether one of the alerts that it takes back is still being sent."""
    reached: bool
    """Whether any of them may have been read."""


async def waiting(conn: AsyncConnection, retraction: UUID) -> Retractable | None:
    """Locks a retraction and looks at what it takes back; None when it waits no more."""
    # The lock is a statement of its own: the look at the alerts must be newer than any wait for it.
    row = (await conn.execute(_LOCK, {"id": retraction})).first()
    if row is None:
        return None
    seen = (await conn.execute(_TAKEN_BACK, {"id": retraction, "candidacy": row.candidacy_id})).one()
    return Retractable(
        row.id, row.event_id, row.decision_number, row.notice, row.version, bool(seen.leased), bool(seen.reached)
    )


_LOCK = sa.text(
    "SELECT id, candidacy_id, event_id, decision_number, notice, version FROM deliveries"
    " WHERE id = :id AND state = 'waiting' FOR UPDATE"
)
_TAKEN_BACK = sa.text(
    "SELECT bool_or(lease_token IS NOT NULL) AS leased, bool_or(reached) AS reached FROM deliveries"
    " WHERE candidacy_id = :candidacy AND superseded_by = :id"
)


async def release(conn: AsyncConnection, retraction: UUID, now: datetime) -> None:
    """Makes a waiting retraction due."""
    await conn.execute(_RELEASE, {"id": retraction, "now": now})


# In the feed it stands where it began to be told, behind whatever was read while it waited.
_RELEASE = sa.text(
    "UPDATE deliveries SET state = 'pending', next_attempt_at = :now, written_in = pg_current_xact_id() WHERE id = :id"
)


async def void(conn: AsyncConnection, retraction: UUID) -> None:
    """Ends a waiting retraction that nobody needs."""
    await conn.execute(_VOID, {"id": retraction})


_VOID = sa.text("UPDATE deliveries SET state = 'cancelled', version = version + 1 WHERE id = :id")
