"""When the database's own guards of separations and vacancies stand back, and when they do not."""

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.placement.tests.test_constraints import OVERLAP, SEPARATION, a_person, assign
from shared.messaging.verdicts import sqlstate


async def a_pair_kept_apart(conn: AsyncConnection) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Two who had nights in one unit when it was declared: the other until April, the first for longer."""
    one, other = await a_person(conn), await a_person(conn)
    await assign(conn, one, "[2027-01-01,2027-05-01)", "DON-F1-U1-C03")
    await assign(conn, other, "[2027-01-01,2027-04-01)", "DON-F1-U1-C04")
    low, high = sorted((one["candidacy"], other["candidacy"]))
    await conn.execute(SEPARATION, {"one": low, "other": high})
    return one, other


@pytest.mark.parametrize(
    ("change", "near"),
    [
        ("SELECT 1", True),
        ("UPDATE separations SET lifted_by = 'a', lifted_by_function = 'b', lifted_at = now()", False),
        ("UPDATE separations SET period = '[2027-05-01,)'", False),
        ("UPDATE bed_uses SET given_up_at = now()", False),
        ("UPDATE bed_uses SET nights = '[2027-01-01,2027-01-15)'", False),
    ],
)
async def test_a_pair_is_near_only_while_both_have_nights_and_it_stands(
    engine: AsyncEngine, change: str, near: bool
) -> None:
    async with engine.connect() as conn:
        one, _ = await a_pair_kept_apart(conn)
        await conn.execute(sa.text(change))
        asked = sa.text("SELECT kept_apart(:person, 'DON-F1-U1-C05', '[2027-01-15,2027-02-01)')")
        assert (await conn.execute(asked, {"person": one["candidacy"]})).scalar_one() is near


_COME = (
    "UPDATE assignments SET state = 'confirmed', confirmed_by = 'a', confirmed_by_function = 'b',"
    " confirmed_at = now(), transfer_order = 'OT-1', arrived_on = '2027-01-01', arrival_by = 'a',"
    " arrival_by_function = 'b', arrival_at = now(), cell_now = 'DON-F1-U1-C04' WHERE id = :stay"
)
_LAST = "UPDATE bed_uses SET nights = '[2027-01-01,{0})', period = '[2027-01-01,{0})' WHERE stay_id = :stay"
_FIRST_NIGHTS = _LAST.format("2027-01-15")
_AGAIN = (
    "INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, function, reason, at)"
    " SELECT uuidv7(), '{}', '[2027-01-15,2027-02-01)', 'stay', stay_id, candidacy_id, '[2027-01-15,2027-02-01)',"
    " 'platform', 'stays_on', now() FROM bed_uses WHERE stay_id = :stay"
)


@pytest.mark.parametrize(
    ("before", "change", "refused"),
    [
        ((), _FIRST_NIGHTS, False),
        ((), _LAST.format("2027-04-15"), True),
        ((_COME,), _LAST.format("2027-04-15"), False),
        # Also in the cell that is planned for later.
        ((_COME.replace("C04", "C06"),), _LAST.format("2027-04-15"), False),
        ((_FIRST_NIGHTS,), _AGAIN.format("DON-F1-U1-C04"), True),
        ((_COME, _FIRST_NIGHTS), _AGAIN.format("DON-F1-U1-C04"), False),
        ((_COME, _FIRST_NIGHTS), _AGAIN.format("DON-F1-U1-C05"), True),
    ],
)
async def test_who_is_near_keeps_nights_and_gets_others_only_in_the_cell_slept_in(
    engine: AsyncEngine, before: tuple[str, ...], change: str, refused: bool
) -> None:
    async with engine.connect() as conn:
        _, other = await a_pair_kept_apart(conn)
        for statement in before:
            await conn.execute(sa.text(statement), {"stay": other["stay"]})
        try:
            await conn.execute(sa.text(change), {"stay": other["stay"]})
            found = None
        except IntegrityError as error:
            found = sqlstate(error)
        assert found == (OVERLAP if refused else None)


async def test_a_cell_out_of_service_is_not_free_when_its_nights_are_given_up(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await assign(conn, await a_person(conn), "[2027-01-01,2028-01-01)")
        for change in (
            "UPDATE cells SET in_service = false",
            "DELETE FROM vacancies",
            "UPDATE bed_uses SET given_up_at = now()",
        ):
            await conn.execute(sa.text(change))
        assert (await conn.execute(sa.text("SELECT cell FROM vacancies"))).all() == []


async def test_arrival_cells_of_a_wing_are_near_in_whichever_unit_they_are(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(sa.text("UPDATE cells SET unit = 'DON-F1-U2' WHERE code = 'DON-F1-U1-C02'"))
        asked = "SELECT there FROM near_cells WHERE here = 'DON-F1-U1-C01' AND there LIKE '%-U1-C02'"
        assert (await conn.execute(sa.text(asked))).all() == [("DON-F1-U1-C02",)]
