"""How the nights of a stay came to be what they are: each correction, and whose it was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.types import UUID_


async def history(conn: AsyncConnection, stay_id: UUID) -> Sequence[sa.Row[Any]]:
    """All that was ever laid down of a stay, in order: columns as in the statement.

    `ends_on` is the day after the last night. A line stands until the next one of the same `use_id`.
    """
    return (await conn.execute(_HISTORY, {"stay_id": stay_id})).all()


_HISTORY = sa.text(
    """
    SELECT use_id, cell, lower(nights) AS starts_on, upper(nights) AS ends_on, given_up, reason, officer, function, at
    FROM (
        SELECT id AS use_id, cell, nights, given_up_at IS NOT NULL AS given_up, reason, officer, function, at
        FROM bed_uses WHERE stay_id = :stay_id AND kind = 'stay'
        UNION ALL SELECT use_id, was.cell, was.nights, false, was.reason, was.officer, was.function, was.at
        FROM bed_use_history AS was JOIN bed_uses ON bed_uses.id = use_id WHERE stay_id = :stay_id AND kind = 'stay'
    ) AS line
    ORDER BY at, use_id, given_up
    """
).bindparams(sa.bindparam("stay_id", type_=UUID_))
