"""The estate of the three sites as plain data, and how it gets into the database. Units and counts are fictitious."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


class Wing(NamedTuple):
    """A wing of equal units. Its first cells are for arrivals, its last ones are adapted, the others standard."""

    code: str
    name: str
    sex: str
    units: int
    cells: int
    """Of each unit."""
    adapted: int
    arrival: int


SITES = (
    ("DON", "Donchery", "Strasbourg", "preparation"),
    ("ARR", "Arras", "Lille", "preparation"),
    ("TOU", "Toul", "Strasbourg", "suspended"),
)
"""Code, name, seat of the interregional directorate, status. Toul has no cells yet."""

WINGS = (
    Wing("DON-H1", "Meuse", "M", units=4, cells=10, adapted=2, arrival=4),
    Wing("DON-H2", "Semoy", "M", units=4, cells=10, adapted=2, arrival=0),
    Wing("DON-F1", "Vence", "F", units=2, cells=10, adapted=1, arrival=2),
    Wing("ARR-H1", "Scarpe", "M", units=5, cells=12, adapted=2, arrival=12),
    Wing("ARR-H2", "Crinchon", "M", units=5, cells=12, adapted=2, arrival=0),
    Wing("ARR-H3", "Artois", "M", units=5, cells=12, adapted=2, arrival=0),
)

SECURE_WAITING = ("DON", "ARR")
"""Sites with one cell where somebody waits after an incident; it belongs to no unit and counts in no capacity."""

Cells = list[tuple[str, str, str | None, str, str | None]]
"""Code, site, unit, type, pool."""


def cells() -> Cells:
    """All cells of the sites."""
    found: Cells = [(f"{site}-SW-C01", site, None, "secure_waiting", None) for site in SECURE_WAITING]
    for wing in WINGS:
        site = wing.code.split("-")[0]
        for number in range(total := wing.units * wing.cells):
            unit = f"{wing.code}-U{number // wing.cells + 1}"
            kind = "arrival" if number < wing.arrival else "adapted" if number >= total - wing.adapted else "standard"
            pool = f"{site}-{wing.sex}-{kind}"
            found.append((f"{unit}-C{number % wing.cells + 1:02}", site, unit, kind, pool))
    return found


async def load(conn: AsyncConnection) -> None:
    """Writes what is not there yet, in the caller's transaction; what is there stays as it is."""
    estate = cells()
    codes, sites, units, kinds, pools = (list(column) for column in zip(*estate, strict=True))
    wings, wing_names, sexes, *_ = (list(column) for column in zip(*WINGS, strict=True))
    for statement, columns in (
        (_SITES, [list(column) for column in zip(*SITES, strict=True)]),
        (_WINGS, [wings, [str(wing).split("-")[0] for wing in wings], wing_names, sexes]),
        (_UNITS, [sorted({unit for unit in units if unit})]),
        (_POOLS, [sorted({pool for pool in pools if pool})]),
        (_CELLS, [codes, sites, units, kinds, pools]),
    ):
        await conn.execute(statement, {f"c{number}": column for number, column in enumerate(columns)})
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
# A cell that was ever assigned has vacancies before and after: a new one for all time overlaps these and is left out.
_VACANCIES = sa.text(
    "INSERT INTO vacancies (cell, period, pool) SELECT code, daterange(NULL, NULL), pool FROM cells"
    " WHERE pool IS NOT NULL AND in_service ON CONFLICT DO NOTHING"
)
