"""What the database itself refuses, whoever writes to it (row by row: `test_broken_rows.py`); and its first estate."""

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
    "INSERT INTO assignments (id, request_id, candidacy_id, state, from_waiting_list, proposed_at, confirm_by)"
    " VALUES (:id, :request, :candidacy, 'proposed', false, now(), now())"
)
_NIGHTS = sa.text(
    "INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, function, reason, at)"
    " VALUES (uuidv7(), :cell, CAST(CAST(:period AS text) AS daterange), 'stay', :stay, :candidacy,"
    " CAST(CAST(:period AS text) AS daterange), 'platform', 'proposed', now())"
)

SEPARATION = sa.text(
    "INSERT INTO separations (id, one, other, period, declared_by, declared_by_function, declared_at, version)"
    " VALUES (uuidv7(), :one, :other, '[2026-11-01,)', 'officer-7', 'placement_officer', now(), 1)"
)


async def a_person(conn: AsyncConnection) -> dict[str, UUID]:
    person = {"id": uuid7(), "candidacy": uuid7(), "stay": uuid7()}
    await conn.execute(_REQUEST, person)
    stay = {"id": person["stay"], "request": person["id"], "candidacy": person["candidacy"]}
    await conn.execute(_ASSIGNMENT, stay)
    return person


async def assign(conn: AsyncConnection, person: dict[str, UUID], period: str, cell: str = CELL) -> None:
    nights = {"stay": person["stay"], "candidacy": person["candidacy"], "cell": cell, "period": period}
    await conn.execute(_NIGHTS, nights)


async def somebody_waits(engine: AsyncEngine) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with engine.connect() as conn:
        return (await conn.execute(sa.text(waiting))).one() == (1,)


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
        await eventually(lambda: somebody_waits(engine))
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


async def test_an_order_has_one_live_assignment_at_most(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        person = await a_person(conn)
        second = {"id": uuid7(), "request": person["id"], "candidacy": person["candidacy"]}
        with pytest.raises(IntegrityError) as refused:
            await conn.execute(_ASSIGNMENT, second)
    assert sqlstate(refused.value) == TWICE


async def test_nights_may_touch_and_those_given_up_do_not_count(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        people = [await a_person(conn) for _ in range(4)]
        await assign(conn, people[0], "[2027-01-01,2028-01-01)")
        await conn.execute(sa.text("UPDATE bed_uses SET given_up_at = now()"))
        await assign(conn, people[1], "[2027-06-01,2028-01-01)")
        await assign(conn, people[2], "[2028-01-01,2028-06-01)")
        await assign(conn, people[3], "[2027-01-01,2027-06-01)")


async def test_nobody_sleeps_near_somebody_from_whom_the_person_is_kept_apart(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        one, other = await a_person(conn), await a_person(conn)
        low, high = sorted((one["candidacy"], other["candidacy"]))
        await conn.execute(SEPARATION, {"one": low, "other": high})
        await assign(conn, one, "[2027-01-01,2027-02-01)", "DON-F1-U1-C03")
        for cell, period, refused in (
            ("DON-F1-U1-C04", "[2027-01-31,2027-03-01)", True),
            ("DON-F1-U1-C01", "[2027-01-01,2027-01-02)", True),
            ("DON-F1-U1-C04", "[2027-02-01,2027-03-01)", False),
            ("DON-F1-U2-C01", "[2027-01-01,2027-02-01)", False),
        ):
            try:
                async with conn.begin_nested():
                    await assign(conn, other, period, cell)
                found = None
            except IntegrityError as error:
                found = sqlstate(error)
            assert (cell, found) == (cell, OVERLAP if refused else None)


async def test_two_transactions_can_never_both_bring_a_pair_together(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        one, other = await a_person(conn), await a_person(conn)
        low, high = sorted((one["candidacy"], other["candidacy"]))
        await conn.execute(SEPARATION, {"one": low, "other": high})
    async with engine.connect() as first, engine.connect() as second:
        await assign(first, one, "[2027-01-01,2028-01-01)", "DON-F1-U1-C03")
        late = asyncio.ensure_future(assign(second, other, "[2027-12-31,2028-06-01)", "DON-F1-U1-C04"))
        await eventually(lambda: somebody_waits(engine))
        await first.commit()
        with pytest.raises(IntegrityError) as refused:
            await late
        assert sqlstate(refused.value) == OVERLAP


async def test_each_correction_leaves_what_was_and_whose_it_was(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    async with engine.begin() as conn:
        await conn.execute(
            sa.text(
                "UPDATE bed_uses SET period = '[2027-02-01,2028-07-02)', nights = '[2027-02-01,2028-07-01)',"
                " officer = 'officer-7', reason = 'later'"
            )
        )
        await conn.execute(sa.text("UPDATE bed_uses SET officer = 'officer-7'"))
        was = await conn.execute(sa.text("SELECT nights::text, officer, reason FROM bed_use_history"))
        assert was.all() == [("[2027-01-04,2028-07-01)", None, "proposed")]


async def test_nights_have_a_first_and_a_last(engine: AsyncEngine) -> None:
    for period in ("empty", "[2027-01-01,)", "(,2027-01-01)"):
        async with engine.connect() as conn:
            person = await a_person(conn)
            with pytest.raises(IntegrityError) as refused:
                await assign(conn, person, period)
        assert (period, sqlstate(refused.value)) == (period, CHECK)


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
