"""Clearing away bodies and attempts of deliveries that ended long ago. The row stays, so that nothing is told twice."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


async def expire(conn: AsyncConnection, after: UUID, *, before: datetime, limit: int) -> UUID | None:
    """Clears away one chunk of deliveries, in the order of their ids, which is that of time.

    What was last tried, or planned if it never was, before an instant is as old as that. What is still to be sent is
    left alone, however old; it is looked at again the next time.

    Args:
        conn: of the caller's transaction.
        after: the last one of the chunk before.
        before: what is older goes, UTC.
        limit: how many deliveries to look at.

    Returns:
        The last one of this chunk; None when nothing behind it is old enough.
    """
    row = (await conn.execute(_EXPIRE, {"after": after, "before": before, "limit": limit})).first()
    return None if row is None or row.created_at >= before else row.id


# A delivery that is made due meanwhile keeps its body: its state is read again under the lock of the update.
_EXPIRE = sa.text(
    """
    WITH chunk AS MATERIALIZED (
        SELECT id, state, created_at FROM deliveries WHERE id > :after ORDER BY id LIMIT :limit
    ), ended AS MATERIALIZED (
        SELECT id FROM chunk
        WHERE state NOT IN ('pending', 'waiting') AND created_at < :before
            AND NOT EXISTS (SELECT FROM attempts WHERE delivery_id = chunk.id AND started_at >= :before)
    ), emptied AS (
        UPDATE deliveries d SET body = '' FROM ended
        WHERE d.id = ended.id AND d.body <> '' AND d.state NOT IN ('pending', 'waiting')
    ), removed AS (
        DELETE FROM attempts USING ended WHERE delivery_id = ended.id
    )
    SELECT id, created_at FROM chunk ORDER BY id DESC LIMIT 1
    """
).bindparams(
    sa.bindparam("after", type_=sa.Uuid),
    sa.bindparam("before", type_=sa.DateTime(timezone=True)),
    sa.bindparam("limit", type_=sa.Integer),
)
