"""What the database itself refuses, whoever writes to it; and the offer that it starts with."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.citizen_space.seed import load
from services.citizen_space.tests.builders import a_request
from shared.messaging.verdicts import sqlstate
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

TWICE = "23505"
CHECK = "23514"
MISSING = "23503"

_REQUEST = sa.text(
    "INSERT INTO requests VALUES (:id, :candidacy, 'DON', 'event', 'DON-1', '2029-11-02', 1, '{DON-SIX,DON-ONE}',"
    " '2030-01-01', '2031-01-01', '{DON-ONE,DON-SIX}', :enrolment, 'reserved', 1)"
)
_ENROLMENT = sa.text(
    "INSERT INTO enrolments (id, request_id, candidacy_id, cohort, state, from_waiting_list, reserved_at)"
    " VALUES (:id, :request, :candidacy, :cohort, 'reserved', false, now())"
)


async def a_person(conn: AsyncConnection) -> dict[str, UUID]:
    person = {"id": uuid7(), "candidacy": uuid7(), "enrolment": uuid7()}
    await conn.execute(_REQUEST, person)
    return person


async def enrol(conn: AsyncConnection, person: dict[str, UUID], cohort: str = "DON-ONE-A") -> UUID:
    enrolment = uuid7()
    values = {"id": enrolment, "request": person["id"], "candidacy": person["candidacy"], "cohort": cohort}
    await conn.execute(_ENROLMENT, values)
    return enrolment


async def code_of(engine: AsyncEngine, statement: str) -> str | None:
    """The error code of a statement that is to be refused."""
    async with engine.connect() as conn:
        with pytest.raises(DBAPIError) as refused:
            await conn.execute(sa.text(statement))
    return sqlstate(refused.value)


async def test_two_transactions_can_never_both_take_the_last_seat(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        one, other = await a_person(conn), await a_person(conn)
    async with engine.connect() as first, engine.connect() as second:
        assert "READ COMMITTED" in str(await first.get_isolation_level())
        await enrol(first, one)
        late = asyncio.ensure_future(enrol(second, other))

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
        assert sqlstate(refused.value) == CHECK


async def test_an_order_has_one_live_seat_at_most_whatever_the_training(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        person = await a_person(conn)
        await enrol(conn, person)
        with pytest.raises(IntegrityError) as refused:
            await enrol(conn, person, "DON-SIX-B")
    assert sqlstate(refused.value) == TWICE


async def test_a_cancelled_seat_can_be_taken_again(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        people = [await a_person(conn) for _ in range(2)]
        gone = await enrol(conn, people[0])
        await conn.execute(
            sa.text("UPDATE enrolments SET state = 'cancelled', cancelled_at = now() WHERE id = :id"), {"id": gone}
        )
        await enrol(conn, people[1])


BROKEN = (
    ("UPDATE enrolments SET state = 'confirmed'", CHECK),
    ("UPDATE enrolments SET confirmed_by = 'lead-7'", CHECK),
    ("UPDATE enrolments SET state = 'cancelled'", CHECK),
    ("UPDATE enrolments SET state = 'gone'", CHECK),
    ("UPDATE requests SET state = 'gone'", CHECK),
    ("UPDATE requests SET wishes = NULL", CHECK),
    ("UPDATE requests SET trainings = '{DON-TWO}'", CHECK),
    ("UPDATE requests SET trainings = '{}'", CHECK),
    ("UPDATE cohorts SET capacity = 0", CHECK),
    ("UPDATE cohorts SET taken = -1", CHECK),
    ("UPDATE cohorts SET ends_on = starts_on", CHECK),
    # A work post has no cohort, so that no machine can reserve it.
    ("UPDATE cohorts SET activity = 'DON-LAUNDRY' WHERE code = 'DON-ONE-A'", MISSING),
    ("UPDATE cohorts SET kind = 'work' WHERE code = 'DON-ONE-A'", CHECK),
    ("UPDATE activities SET kind = 'work' WHERE code = 'DON-ONE'", MISSING),
    ("INSERT INTO requests SELECT uuidv7(), candidacy_id, site, event_id FROM requests", "23502"),
)


async def test_a_row_that_breaks_a_rule_is_refused(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    for change, code in BROKEN:
        assert (change, await code_of(engine, change)) == (change, code)


async def found(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.connect() as conn:
        return list((await conn.execute(sa.text(statement))).all())


async def test_the_offer_is_the_one_of_the_two_sites(engine: AsyncEngine) -> None:
    # 100 places for 100 persons at Donchery; at Arras 156 for 180, so that the gap can be seen.
    assert await found(
        engine,
        "SELECT site, kind, count(*), sum(places) FROM activities"
        " WHERE code NOT IN ('DON-ONE', 'DON-TWO', 'DON-SIX') GROUP BY 1, 2 ORDER BY 1, 2",
    ) == [("ARR", "training", 4, 54), ("ARR", "work", 6, 102), ("DON", "training", 2, 28), ("DON", "work", 6, 72)]


async def test_each_training_starts_on_the_first_monday_of_the_next_twelve_months(engine: AsyncEngine) -> None:
    seeded = "FROM cohorts WHERE activity NOT IN ('DON-ONE', 'DON-TWO', 'DON-SIX')"
    odd = f"SELECT code {seeded} AND (extract(isodow FROM starts_on) <> 1 OR extract(day FROM starts_on) > 7)"
    assert await found(engine, odd) == []
    assert await found(
        engine,
        f"SELECT DISTINCT count(*), count(DISTINCT date_trunc('month', starts_on)), min(starts_on) > current_date"
        f" {seeded} GROUP BY activity",
    ) == [(12, 12, True)]


async def test_loading_the_offer_again_changes_nothing(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    everything = (
        "SELECT (SELECT count(*) FROM activities), (SELECT array_agg(cohorts ORDER BY code)::text FROM cohorts)"
    )
    before = await found(engine, everything)
    async with engine.begin() as conn:
        await load(conn)
    assert await found(engine, everything) == before
