"""How the estate gets into the database: what is not there yet is written, what is there stays as it is."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.estate import FILE, cells_of, read, wings_of


async def load(conn: AsyncConnection, site: str | None = None, profile: str | None = None) -> None:
    """Writes what is not there yet, in the caller's transaction.

    Args:
        conn: the caller's transaction.
        site: whose wings are to follow another profile than the file names.
        profile: that one; None: as the file says.

    Raises:
        Malformed: the file is no estate, or the site has no such profile.
    """
    estate = read(FILE.read_text(encoding="utf-8"))
    wings = {code: wings_of(estate, code, profile if code == site else None) for code in estate.sites}
    cells = [cell for code, one in estate.sites.items() for cell in cells_of(code, one, wings[code])]
    codes, sites, units, kinds, pools = (list(column) for column in zip(*cells, strict=True))
    rows = [(f"{code}-{wing.code}", code, wing.name, wing.sex) for code in wings for wing in wings[code]]
    known = [(code, one.name, one.interregion, one.status) for code, one in estate.sites.items()]
    for statement, columns in (
        (_SITES, [list(column) for column in zip(*known, strict=True)]),
        (_WINGS, [list(column) for column in zip(*rows, strict=True)]),
        (_UNITS, [sorted({unit for unit in units if unit})]),
        (_POOLS, [sorted({pool for pool in pools if pool})]),
        (_CELLS, [codes, sites, units, kinds, pools]),
    ):
        await conn.execute(statement, {f"c{number}": column for number, column in enumerate(columns)})
    for code, one in estate.sites.items():
        terms = {"code": code, "arrival_days": one.arrival_days, "cleaning_days": one.cleaning_days}
        await conn.execute(_TERMS, terms)
    await conn.execute(_VACANCIES)


def _bulk(statement: str, columns: int) -> sa.TextClause:
    arrays = (sa.bindparam(f"c{number}", type_=sa.ARRAY(sa.Text)) for number in range(columns))
    return sa.text(f"{statement} ON CONFLICT DO NOTHING").bindparams(*arrays)


_SITES = _bulk("INSERT INTO sites (code, name, interregion, status) SELECT * FROM unnest(:c0, :c1, :c2, :c3)", 4)
_WINGS = _bulk("INSERT INTO wings (code, site, name, sex) SELECT * FROM unnest(:c0, :c1, :c2, :c3)", 4)
_UNITS = _bulk("INSERT INTO units (code, wing) SELECT c, regexp_replace(c, '-U[0-9]+$', '') FROM unnest(:c0) AS c", 1)
_POOLS = _bulk(
    "INSERT INTO pools (code, site, sex, cell_type)"
    " SELECT c, split_part(c, '-', 1), split_part(c, '-', 2), split_part(c, '-', 3) FROM unnest(:c0) AS c",
    1,
)
_CELLS = _bulk("INSERT INTO cells (code, site, unit, type, pool) SELECT * FROM unnest(:c0, :c1, :c2, :c3, :c4)", 5)
_TERMS = sa.text("UPDATE sites SET arrival_days = :arrival_days, cleaning_days = :cleaning_days WHERE code = :code")
# A cell that was ever assigned has vacancies before and after: a new one for all time overlaps these and is left out.
_VACANCIES = sa.text(
    "INSERT INTO vacancies (cell, period, pool) SELECT code, daterange(NULL, NULL), pool FROM cells"
    " WHERE pool IS NOT NULL AND in_service ON CONFLICT DO NOTHING"
)
