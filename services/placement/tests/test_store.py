"""Choosing a cell stays a matter of a few pages in a pool of twenty thousand."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.placement import store
from services.placement.domain import CellType, Need, Request, Sex, State
from services.placement.store import choice as statements

POOL = "DON-M-standard"
LINE = 20
TODAY = date(2026, 11, 23)


async def fill_pool(conn: AsyncConnection, vacancies: str) -> None:
    for statement in (
        # Building this index for the test's rows would take most of its time; no choice of a cell reads it.
        "ALTER TABLE vacancies DROP CONSTRAINT pk_vacancies",
        "DELETE FROM vacancies",
        f"INSERT INTO cells (code, site, unit, type, pool) SELECT 'DON-H1-U1-X' || n, 'DON', 'DON-H1-U1',"
        f" 'standard', '{POOL}' FROM generate_series(1, 20000) AS n",
        f"INSERT INTO vacancies (cell, period, pool) SELECT code, {vacancies}, '{POOL}' FROM cells"
        " WHERE code LIKE '%-X%'",
        "ANALYZE vacancies",
    ):
        await conn.execute(sa.text(statement))
    for number in range(LINE):
        need = Need(date(2026, 11, 2), number, Sex.MEN, CellType.STANDARD, date(2027, 1, 4), date(2028, 7, 1))
        await store.claim(
            conn,
            Request(uuid7(), uuid7(), "DON", "event", "DON-1", need, POOL, uuid7(), State.REQUESTED, False, 0),
        )


async def pages_read(conn: AsyncConnection) -> int:
    explain = sa.text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statements._FIRST_IN_LINE.text}")
    types = (
        sa.bindparam("pool", type_=sa.Text),
        sa.bindparam("arrivals", type_=sa.Text),
        sa.bindparam("skipped", type_=sa.ARRAY(sa.Uuid)),
        sa.bindparam("today", type_=sa.Date),
    )
    given = {"pool": POOL, "arrivals": "DON-M-arrival", "skipped": [], "today": TODAY}
    plan: Any = (await conn.execute(explain.bindparams(*types), given)).scalar_one()
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])


TAKEN = "datemultirange(daterange('2026-12-01', date '2028-09-01' + abs(hashtext(code) % 900)))"
ALWAYS = "datemultirange(daterange(NULL, NULL))"


@pytest.mark.parametrize(
    ("free", "found"),
    [
        pytest.param(f"unnest({ALWAYS} - {TAKEN})", False, id="taken"),
        pytest.param(
            "daterange('2026-12-01', date '2028-06-30' - abs(hashtext(code) % 300))", False, id="gaps too short"
        ),
        pytest.param(
            "daterange(NULL, date '2030-01-01' + abs(hashtext(code) % 900))", True, id="free until somebody comes"
        ),
        pytest.param(f"unnest({ALWAYS})", True, id="never assigned"),
    ],
)
async def test_a_cell_is_found_or_not_found_by_a_few_pages_a_person(
    engine: AsyncEngine, free: str, found: bool
) -> None:
    async with engine.begin() as conn:
        await fill_pool(conn, free)
        assert bool(await store.first_in_line(conn, POOL, [], TODAY)) is found
        assert await pages_read(conn) < 20 * LINE
