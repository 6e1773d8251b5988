"""Pages and rows of what people look at."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[Any]


async def page(
    conn: AsyncConnection, query: sa.Select[Any], key: sa.Column[Any], before: UUID | None, limit: int
) -> Sequence[Row]:
    """Rows of a query, the newest first, from below `before`: ids are UUIDv7, so their order is that of time."""
    if before is not None:
        query = query.where(key < before)
    return list(await conn.execute(query.order_by(key.desc()).limit(limit)))


async def one(conn: AsyncConnection, query: sa.Select[Any]) -> Row:
    """The row that is known to exist."""
    row: Row = (await conn.execute(query)).one()
    return row
