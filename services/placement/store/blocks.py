"""Days on which a cell is not for anybody: outages and holds. All pools of the site are locked."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.types import DATE, INSTANT, UUID_
from services.placement.store.uses import Author
from services.placement.tables import bed_uses, cells, holds, outages


class Cell(NamedTuple):
    """A cell of the site."""

    code: str
    type: str
    in_service: bool


async def cell(conn: AsyncConnection, site: str, code: str) -> Cell | None:
    """A cell of the site by its code."""
    row = (await conn.execute(_CELL, {"site": site, "code": code})).first()
    return None if row is None else Cell(*row)


_CELL = sa.select(cells.c.code, cells.c.type, cells.c.in_service).where(
    cells.c.site == sa.bindparam("site"), cells.c.code == sa.bindparam("code")
)


async def in_the_way(conn: AsyncConnection, code: str, start: date, end: date | None) -> str | None:
    """The kind of a use that a cell has on one of these days: nights come first; None when it is free."""
    kind: str | None = (await conn.execute(_IN_THE_WAY, {"cell": code, "start": start, "end": end})).scalar()
    return kind


_IN_THE_WAY = sa.text(
    """
    SELECT kind FROM bed_uses
    WHERE cell = :cell AND given_up_at IS NULL AND period && daterange(:start, :end)
    UNION ALL SELECT 'stay' FROM assignments WHERE cell_now = :cell
    ORDER BY 1 DESC LIMIT 1
    """
).bindparams(sa.bindparam("start", type_=DATE), sa.bindparam("end", type_=DATE))


async def next_use(conn: AsyncConnection, code: str, after: date) -> date | None:
    """The day on which the next use of a cell begins, from a day on; None for none."""
    day: date | None = (await conn.execute(_NEXT, {"cell": code, "after": after})).scalar_one()
    return day


_NEXT = sa.text(
    "SELECT min(lower(period)) FROM bed_uses WHERE cell = :cell AND given_up_at IS NULL AND lower(period) >= :after"
).bindparams(sa.bindparam("after", type_=DATE))


async def block(
    conn: AsyncConnection,
    use_id: UUID,
    code: str,
    start: date,
    end: date | None,
    kind: str,
    by: Author,
    reason: str,
    stay_id: UUID | None = None,
) -> None:
    """Takes a cell for some days, which must be free; its vacancies follow.

    Args:
        conn: the caller's transaction.
        use_id: names the use.
        code: of the cell.
        start: the first day.
        end: the first day after; None for an outage without a known end.
        kind: `outage`, `hold` or `secure_waiting`.
        by: whose act it is.
        reason: a stable code in snake_case.
        stay_id: of the person, in secure waiting.
    """
    given = {"id": use_id, "cell": code, "start": start, "end": end, "kind": kind, "reason": reason}
    await conn.execute(_BLOCK, {**given, **by._asdict(), "stay_id": stay_id})


_BLOCK = sa.text(
    """
    INSERT INTO bed_uses (id, cell, period, kind, stay_id, officer, function, reason, at)
    VALUES (:id, :cell, daterange(:start, :end), :kind, :stay_id, :officer, :function, :reason, :at)
    """
).bindparams(
    sa.bindparam("id", type_=UUID_),
    sa.bindparam("stay_id", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("end", type_=DATE),
    sa.bindparam("at", type_=INSTANT),
    sa.bindparam("officer", type_=sa.Text),
)


async def end_cleaning(conn: AsyncConnection, code: str, on: date, by: Author) -> None:
    """Has the cleaning of a cell give way to what begins on a day: nobody's nights change."""
    await conn.execute(_END_CLEANING, {"cell": code, "on": on, **by._asdict()})


_END_CLEANING = sa.text(
    """
    UPDATE bed_uses SET period = daterange(lower(period), :on), officer = :officer, function = :function,
        reason = 'cleaning_ended', at = :at
    WHERE cell = :cell AND given_up_at IS NULL AND upper(nights) <= :on AND period @> :on
    """
).bindparams(sa.bindparam("on", type_=DATE), sa.bindparam("at", type_=INSTANT), sa.bindparam("officer", type_=sa.Text))


async def unblock(conn: AsyncConnection, use_id: UUID, on: date | None, by: Author, reason: str) -> None:
    """Gives the days from `on` back; all of them if none is before, or if no day is named."""
    await conn.execute(_UNBLOCK, {"id": use_id, "on": on, **by._asdict(), "reason": reason})


_UNBLOCK = sa.text(
    """
    UPDATE bed_uses SET officer = :officer, function = :function, reason = :reason, at = :at,
        period = CASE WHEN lower(period) < :on THEN daterange(lower(period), least(upper(period), :on)) ELSE period END,
        given_up_at = CASE WHEN lower(period) < :on THEN NULL ELSE :at END
    WHERE id = :id
    """
).bindparams(
    sa.bindparam("id", type_=UUID_),
    sa.bindparam("on", type_=DATE),
    sa.bindparam("at", type_=INSTANT),
    sa.bindparam("officer", type_=sa.Text),
)


async def prolong(conn: AsyncConnection, use_id: UUID, until: date, by: Author, reason: str) -> None:
    """Keeps a cell blocked until a later day, which must be free until then."""
    values = {"id": use_id, "until": until, **by._asdict(), "reason": reason}
    await conn.execute(_PROLONG, values)


_PROLONG = sa.text(
    """
    UPDATE bed_uses SET period = daterange(lower(period), :until), officer = :officer, function = :function,
        reason = :reason, at = :at
    WHERE id = :id
    """
).bindparams(
    sa.bindparam("id", type_=UUID_),
    sa.bindparam("until", type_=DATE),
    sa.bindparam("at", type_=INSTANT),
    sa.bindparam("officer", type_=sa.Text),
)


async def version_of_cell(conn: AsyncConnection, code: str) -> int:
    """Raises the version of a cell by one, for an event about it, and gives it."""
    raised = sa.update(cells).where(cells.c.code == code).values(version=cells.c.version + 1)
    return int((await conn.execute(raised.returning(cells.c.version))).scalar_one())


async def insert_outage(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Notes an outage: the columns of `outages`."""
    await conn.execute(outages.insert(), values)


async def outage(conn: AsyncConnection, outage_id: UUID) -> sa.Row[Any] | None:
    """One outage, its days as they are now in `until`."""
    row: sa.Row[Any] | None = (await conn.execute(_OUTAGES.where(outages.c.id == outage_id))).first()
    return row


async def outage_rows(
    conn: AsyncConnection, site: str, *, open_only: bool, cell: str | None = None
) -> Sequence[sa.Row[Any]]:
    """The outages of a site, or of one of its cells, the latest first."""
    found = _OUTAGES.join(cells, cells.c.code == outages.c.cell).where(cells.c.site == site)
    if open_only:
        found = found.where(outages.c.ended_at.is_(None))
    if cell is not None:
        found = found.where(outages.c.cell == cell)
    rows: Sequence[sa.Row[Any]] = (await conn.execute(found.order_by(outages.c.starts_on.desc(), outages.c.id))).all()
    return rows


_OUTAGES: sa.Select[Any] = sa.select(outages, sa.func.upper(bed_uses.c.period).label("until")).join_from(
    outages, bed_uses, bed_uses.c.id == outages.c.id
)


async def end_outage(conn: AsyncConnection, outage_id: UUID, back_on: date, by: Author) -> None:
    """Notes that a cell is back in service, and who said so."""
    values = {"back_on": back_on, "ended_by": by.officer, "ended_by_function": by.function, "ended_at": by.at}
    await conn.execute(sa.update(outages).where(outages.c.id == outage_id).values(values))


async def is_out_of_service(conn: AsyncConnection, code: str, today: date) -> bool:
    """Whether a cell has an outage that began and that nobody has ended, whatever return was expected."""
    begun = sa.exists().where(outages.c.cell == code, outages.c.ended_at.is_(None), outages.c.starts_on <= today)
    return bool((await conn.execute(sa.select(begun))).scalar_one())


async def insert_hold(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Notes a hold: the columns of `holds`."""
    await conn.execute(holds.insert(), values)


async def hold_row(conn: AsyncConnection, hold_id: UUID) -> sa.Row[Any] | None:
    """One hold, with the days of its use in `starts_on` and `until`."""
    row: sa.Row[Any] | None = (await conn.execute(_HOLDS.where(holds.c.id == hold_id))).first()
    return row


async def hold_rows(conn: AsyncConnection, site: str) -> Sequence[sa.Row[Any]]:
    """The holds of a site that stand, by cell."""
    found = _HOLDS.join(cells, cells.c.code == holds.c.cell).where(cells.c.site == site, holds.c.ended_at.is_(None))
    rows: Sequence[sa.Row[Any]] = (await conn.execute(found.order_by(holds.c.cell, holds.c.id))).all()
    return rows


_HOLDS: sa.Select[Any] = sa.select(
    holds,
    sa.func.lower(bed_uses.c.period).label("starts_on"),
    sa.func.upper(bed_uses.c.period).label("until"),
).join_from(holds, bed_uses, bed_uses.c.id == holds.c.id)


async def end_hold(conn: AsyncConnection, hold_id: UUID, because: str, by: Author) -> None:
    """Notes that a hold has ended: `ended` by an officer, or `expired`."""
    ended = {"ended_because": because, "ended_at": by.at}
    if because == "ended":
        ended |= {"ended_by": by.officer, "ended_by_function": by.function}
    await conn.execute(sa.update(holds).where(holds.c.id == hold_id).values(ended))
