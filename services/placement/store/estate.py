"""The estate as it is and as it changes. All pools of the site are locked by whoever changes it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.types import DATE
from services.placement.store.uses import Author
from services.placement.tables import cells, estate_changes


async def cell_rows(conn: AsyncConnection, site: str, today: date, code: str | None = None) -> Sequence[sa.Row[Any]]:
    """The cells of a site, or the one of a code: `code, wing, unit, sex, type, in_service, used_for, used_until`."""
    given = {"site": site, "today": today, "code": code}
    return (await conn.execute(_CELLS, given)).all()


_CELLS = sa.text(
    """
    SELECT cells.code, units.wing, cells.unit, wings.sex, cells.type, cells.in_service, used.kind AS used_for,
        upper(used.period) AS used_until
    FROM cells LEFT JOIN units ON units.code = cells.unit LEFT JOIN wings ON wings.code = units.wing
    LEFT JOIN bed_uses AS used ON used.cell = cells.code AND used.given_up_at IS NULL AND used.period @> :today
    WHERE cells.site = :site AND (:code IS NULL OR cells.code = :code) ORDER BY cells.code
    """
).bindparams(sa.bindparam("today", type_=DATE), sa.bindparam("code", type_=sa.Text))


async def use_rows(conn: AsyncConnection, code: str) -> Sequence[sa.Row[Any]]:
    """All that a cell was and is kept for, with every correction, the latest first.

    Rows of `use_id, kind, stay_id, period_start, period_end, given_up, function, reason, at`.
    """
    return (await conn.execute(_USES, {"code": code})).all()


_USES = sa.text(
    """
    SELECT id AS use_id, kind, stay_id, lower(period) AS period_start, upper(period) AS period_end,
        given_up_at IS NOT NULL AS given_up, function, reason, at
    FROM bed_uses WHERE cell = :code
    UNION ALL
    SELECT use_id, kind, stay_id, lower(was.period), upper(was.period), false, was.function, was.reason, was.at
    FROM bed_use_history AS was JOIN bed_uses ON bed_uses.id = was.use_id WHERE was.cell = :code
    ORDER BY at DESC, use_id LIMIT 500
    """
)


async def nights_from(conn: AsyncConnection, code: str, day: date) -> bool:
    """Whether somebody has nights in a cell on a day or later, or sleeps there."""
    return bool((await conn.execute(_NIGHTS_FROM, {"cell": code, "day": day})).scalar_one())


_NIGHTS_FROM = sa.text(
    """
    SELECT EXISTS (SELECT FROM assignments WHERE cell_now = :cell) OR EXISTS (
        SELECT FROM bed_uses WHERE cell = :cell AND given_up_at IS NULL AND upper(period) > :day AND kind <> 'outage')
    """
).bindparams(sa.bindparam("day", type_=DATE))


async def has_change_to_come(conn: AsyncConnection, code: str) -> bool:
    """Whether a change of a cell is recorded that has not been applied."""
    found = sa.exists().where(estate_changes.c.cell == code, estate_changes.c.applied_at.is_(None))
    return bool((await conn.execute(sa.select(found))).scalar_one())


async def change(conn: AsyncConnection, change_id: UUID) -> sa.Row[Any]:
    """One change of the estate."""
    return (await conn.execute(sa.select(estate_changes).where(estate_changes.c.id == change_id))).one()


async def insert_change(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Notes a change of the estate: the columns of `estate_changes`."""
    await conn.execute(estate_changes.insert(), values)


async def changes_due(conn: AsyncConnection, site: str, today: date) -> Sequence[sa.Row[Any]]:
    """Changes of the estate whose day has come, in their order."""
    found = (
        sa.select(estate_changes)
        .join(cells, cells.c.code == estate_changes.c.cell)
        .where(cells.c.site == site, estate_changes.c.applied_at.is_(None), estate_changes.c.effective_on <= today)
        .order_by(estate_changes.c.effective_on, estate_changes.c.made_at)
    )
    return (await conn.execute(found)).all()


async def change_rows(conn: AsyncConnection, code: str) -> Sequence[sa.Row[Any]]:
    """All changes of a cell, the latest first."""
    found = sa.select(estate_changes).where(estate_changes.c.cell == code)
    return (await conn.execute(found.order_by(estate_changes.c.made_at.desc()))).all()


async def apply_change(conn: AsyncConnection, change: sa.Row[Any], by: Author) -> None:
    """Makes a cell what a change says, and its vacancies what is free of it then."""
    values = {"in_service": change.change != "retired"}
    given = {"code": change.cell, "type": change.to_type, **values}
    await conn.execute(_POOL, given)
    await conn.execute(sa.text("DELETE FROM vacancies WHERE cell = :code"), {"code": change.cell})
    await conn.execute(_APPLY, given)
    await conn.execute(_FREE_AGAIN, {"code": change.cell})
    await conn.execute(sa.update(estate_changes).where(estate_changes.c.id == change.id).values(applied_at=by.at))


_APPLY = sa.text(
    """
    UPDATE cells SET in_service = :in_service, type = coalesce(:type, type),
        pool = regexp_replace(pool, '[a-z]+$', coalesce(:type, cells.type))
    WHERE code = :code
    """
).bindparams(sa.bindparam("type", type_=sa.Text))

_POOL = sa.text(
    """
    INSERT INTO pools (code, site, sex, cell_type)
    SELECT regexp_replace(code, '[a-z]+$', :type), site, sex, :type FROM pools
    WHERE :type IS NOT NULL AND code = (SELECT pool FROM cells WHERE code = :code) ON CONFLICT DO NOTHING
    """
).bindparams(sa.bindparam("type", type_=sa.Text))

_FREE_AGAIN = sa.text(
    """
    INSERT INTO vacancies (cell, period, pool)
    SELECT code, unnest(datemultirange(daterange(NULL, NULL)) - coalesce((
        SELECT range_agg(period) FROM bed_uses WHERE cell = code AND given_up_at IS NULL), '{}')), pool
    FROM cells WHERE code = :code AND in_service AND pool IS NOT NULL
    """
)
