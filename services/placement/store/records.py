"""What is recorded of a stay, line by line. Nothing is edited: a line that closes another one names it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.tables import cells, stay_records

_closing = stay_records.alias("closing")


async def insert_record(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Adds a line: the columns of `stay_records`."""
    await conn.execute(stay_records.insert(), values)


async def record_rows(conn: AsyncConnection, stay_id: UUID) -> Sequence[sa.Row[Any]]:
    """The lines of a stay, the oldest first, each with what closed it in `closed_on` and `closed_code`."""
    rows: Sequence[sa.Row[Any]] = (await conn.execute(_ROWS.where(stay_records.c.stay_id == stay_id))).all()
    return rows


async def record_row(conn: AsyncConnection, record_id: UUID) -> sa.Row[Any] | None:
    """One line, as `record_rows` gives it."""
    row: sa.Row[Any] | None = (await conn.execute(_ROWS.where(stay_records.c.id == record_id))).first()
    return row


_ROWS: sa.Select[Any] = (
    sa.select(stay_records, _closing.c.day.label("closed_on"), _closing.c.code.label("closed_code"))
    .join_from(stay_records, _closing, _closing.c.closes == stay_records.c.id, isouter=True)
    .order_by(stay_records.c.at, stay_records.c.id)
)


async def has_open(conn: AsyncConnection, stay_id: UUID, kind: str) -> bool:
    """Whether a line of a kind is not closed."""
    closed = sa.exists().where(_closing.c.closes == stay_records.c.id)
    found = sa.exists().where(stay_records.c.stay_id == stay_id, stay_records.c.kind == kind, ~closed)
    return bool((await conn.execute(sa.select(found))).scalar_one())


async def secure_waiting_cell(conn: AsyncConnection, site: str) -> str | None:
    """The site's cell where somebody waits after an incident."""
    found = sa.select(cells.c.code).where(cells.c.site == site, cells.c.type == "secure_waiting", cells.c.in_service)
    return (await conn.execute(found.order_by(cells.c.code))).scalars().first()
