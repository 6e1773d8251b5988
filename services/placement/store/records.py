"""What is recorded of a stay, line by line. Nothing is edited: a line that closes another one names it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.tables import bed_uses, cells, stay_records

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


async def open_id(conn: AsyncConnection, stay_id: UUID, kind: str) -> UUID | None:
    """The line of a kind that is not closed."""
    closed = sa.exists().where(_closing.c.closes == stay_records.c.id)
    found = sa.select(stay_records.c.id).where(stay_records.c.stay_id == stay_id, stay_records.c.kind == kind, ~closed)
    return (await conn.execute(found)).scalar_one_or_none()


async def same_line(conn: AsyncConnection, stay_id: UUID, said: dict[str, Any]) -> UUID | None:
    """A line that says the very same and is not closed."""
    closed = sa.exists().where(_closing.c.closes == stay_records.c.id)
    same = (stay_records.c[name].is_not_distinct_from(value) for name, value in said.items())
    found = sa.select(stay_records.c.id).where(stay_records.c.stay_id == stay_id, *same, ~closed)
    return (await conn.execute(found.limit(1))).scalar_one_or_none()


async def phase(conn: AsyncConnection, stay_id: UUID, code: str) -> sa.Row[Any] | None:
    """The line of a phase, which a stay has once: `id, day`."""
    found: sa.Select[Any] = sa.select(stay_records.c.id, stay_records.c.day).where(
        stay_records.c.stay_id == stay_id, stay_records.c.kind == "phase", stay_records.c.code == code
    )
    row: sa.Row[Any] | None = (await conn.execute(found)).first()
    return row


async def last_code(conn: AsyncConnection, stay_id: UUID, kind: str) -> str | None:
    """The code of the latest line of a kind."""
    found = sa.select(stay_records.c.code).where(stay_records.c.stay_id == stay_id, stay_records.c.kind == kind)
    latest = found.order_by(stay_records.c.at.desc(), stay_records.c.id.desc()).limit(1)
    return (await conn.execute(latest)).scalar_one_or_none()


async def somebody_waits_in(conn: AsyncConnection, cell: str) -> bool:
    """Whether somebody is in the secure waiting cell: until an officer says that it is over, whatever was planned."""
    closed = sa.exists().where(_closing.c.closes == stay_records.c.id)
    waits = sa.exists().where(stay_records.c.use_id == bed_uses.c.id, bed_uses.c.cell == cell, ~closed)
    return bool((await conn.execute(sa.select(waits))).scalar_one())


async def secure_waiting_cell(conn: AsyncConnection, site: str) -> str | None:
    """The site's cell where somebody waits after an incident."""
    found = sa.select(cells.c.code).where(cells.c.site == site, cells.c.type == "secure_waiting", cells.c.in_service)
    return (await conn.execute(found.order_by(cells.c.code))).scalars().first()
