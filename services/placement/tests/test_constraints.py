"""What the database itself refuses, whoever writes to it; and the estate that it starts with."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.placement.seed import load
from services.placement.tests.builders import a_request
from shared.messaging.verdicts import sqlstate
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

CELL = "DON-F1-U2-C10"
OVERLAP = "23P01"
TWICE = "23505"
CHECK = "23514"

_REQUEST = sa.text(
    "INSERT INTO requests VALUES (:id, :candidacy, 'DON', 'event', 'DON-1', '2026-11-02', 1, 'F', 'adapted',"
    " '2027-01-01', '2028-01-01', 'DON-F-adapted', :stay, 'proposed', false, 1)"
)
_ASSIGNMENT = sa.text(
    "INSERT INTO assignments (id, request_id, candidacy_id, cell, period, state, from_waiting_list, proposed_at,"
    " confirm_by) VALUES (:id, :request, :candidacy, :cell, CAST(CAST(:period AS text) AS daterange), 'proposed',"
    " false, now(), now())"
)


async def a_person(conn: AsyncConnection) -> dict[str, UUID]:
    person = {"id": uuid7(), "candidacy": uuid7(), "stay": uuid7()}
    await conn.execute(_REQUEST, person)
    return person


async def assign(conn: AsyncConnection, person: dict[str, UUID], period: str, cell: str = CELL) -> UUID:
    stay = uuid7()
    values = {"id": stay, "request": person["id"], "candidacy": person["candidacy"], "cell": cell}
    await conn.execute(_ASSIGNMENT, {**values, "period": period})
    return stay


async def code_of(engine: AsyncEngine, statement: str) -> str | None:
    """The error code of a statement that is to be refused."""
    async with engine.connect() as conn:
        with pytest.raises(DBAPIError) as refused:
            await conn.execute(sa.text(statement))
    return sqlstate(refused.value)


async def test_two_transactions_can_never_both_assign_a_cell_for_the_same_day(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        one, other = await a_person(conn), await a_person(conn)
    async with engine.connect() as first, engine.connect() as second:
        assert "READ COMMITTED" in str(await first.get_isolation_level())
        await assign(first, one, "[2027-01-01,2028-01-01)")
        late = asyncio.ensure_future(assign(second, other, "[2027-12-31,2028-06-01)"))

        async def second_waits() -> bool:
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            async with engine.connect() as conn:
                return (await conn.execute(sa.text(waiting))).one() == (1,)

        await eventually(second_waits)
        await first.commit()
        with pytest.raises(IntegrityError) as refused:
            await late
        assert sqlstate(refused.value) == OVERLAP


async def test_a_person_can_never_have_two_cells_on_the_same_day(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        person = await a_person(conn)
        await assign(conn, person, "[2027-01-01,2028-01-01)")
        with pytest.raises(IntegrityError) as refused:
            await assign(conn, person, "[2027-06-01,2027-07-01)", "DON-F1-U1-C03")
    assert sqlstate(refused.value) == OVERLAP


async def test_an_order_has_one_live_bed_at_most_whatever_the_days(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        person = await a_person(conn)
        await assign(conn, person, "[2027-01-01,2028-01-01)")
        with pytest.raises(IntegrityError) as refused:
            await assign(conn, person, "[2029-01-01,2030-01-01)")
    assert sqlstate(refused.value) == TWICE


async def test_stays_may_touch_and_released_ones_do_not_count(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        people = [await a_person(conn) for _ in range(4)]
        gone = await assign(conn, people[0], "[2027-01-01,2028-01-01)")
        await conn.execute(
            sa.text("UPDATE assignments SET state = 'released', released_at = now() WHERE id = :id"), {"id": gone}
        )
        await assign(conn, people[1], "[2027-06-01,2028-01-01)")
        await assign(conn, people[2], "[2028-01-01,2028-06-01)")
        await assign(conn, people[3], "[2027-01-01,2027-06-01)")


async def test_a_stay_has_a_first_and_a_last_day(engine: AsyncEngine) -> None:
    for period in ("empty", "[2027-01-01,)", "(,2027-01-01)"):
        async with engine.connect() as conn:
            person = await a_person(conn)
            with pytest.raises(IntegrityError) as refused:
                await assign(conn, person, period)
        assert (period, sqlstate(refused.value)) == (period, CHECK)


BROKEN = (
    ("UPDATE assignments SET state = 'confirmed'", CHECK),
    ("UPDATE assignments SET confirmed_by = 'officer-7'", CHECK),
    ("UPDATE assignments SET state = 'released'", CHECK),
    ("UPDATE assignments SET state = 'gone'", CHECK),
    ("UPDATE requests SET state = 'gone'", CHECK),
    ("UPDATE requests SET planned_entry = projected_exit", CHECK),
    ("UPDATE requests SET sex = NULL", CHECK),
    ("UPDATE requests SET pool = NULL", CHECK),
    ("UPDATE requests SET state = 'waitlisted', overdue = true", CHECK),
    ("UPDATE cells SET pool = NULL WHERE type = 'adapted'", CHECK),
    ("UPDATE cells SET pool = 'DON-F-standard' WHERE type = 'arrival'", CHECK),
    ("INSERT INTO vacancies VALUES ('DON-F1-U2-C10', '[2026-01-01,2026-02-01)', 'DON-F-adapted')", OVERLAP),
    ("INSERT INTO requests SELECT uuidv7(), candidacy_id, site, event_id FROM requests", "23502"),
)


async def test_a_row_that_breaks_a_rule_is_refused(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    for change, code in BROKEN:
        assert (change, await code_of(engine, change)) == (change, code)


async def found(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.connect() as conn:
        return list((await conn.execute(sa.text(statement))).all())


async def test_the_estate_is_the_one_of_the_two_sites(engine: AsyncEngine) -> None:
    assert await found(
        engine,
        "SELECT site, coalesce(sex, '-'), type, count(*) FROM cells LEFT JOIN units ON units.code = unit"
        " LEFT JOIN (SELECT code, sex FROM wings) AS wings ON wings.code = wing"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ) == [
        ("ARR", "-", "secure_waiting", 1),
        ("ARR", "M", "adapted", 6),
        ("ARR", "M", "arrival", 12),
        ("ARR", "M", "standard", 162),
        ("DON", "-", "secure_waiting", 1),
        ("DON", "F", "adapted", 1),
        ("DON", "F", "arrival", 2),
        ("DON", "F", "standard", 17),
        ("DON", "M", "adapted", 4),
        ("DON", "M", "arrival", 4),
        ("DON", "M", "standard", 72),
    ]


async def test_loading_the_estate_again_changes_nothing(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(planned_entry=date(2027, 1, 4)), subject=uuid7())
    everything = (
        "SELECT (SELECT count(*) FROM cells), (SELECT count(*) FROM pools), (SELECT count(*) FROM units),"
        " (SELECT array_agg(period ORDER BY cell, period)::text FROM vacancies)"
    )
    before = await found(engine, everything)
    async with engine.begin() as conn:
        await load(conn)
    assert await found(engine, everything) == before
