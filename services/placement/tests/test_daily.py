"""What cells are, were and will be: occupancy by day, forecast and cell plan, all from the one table of uses."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.placement import store
from services.placement.api.days import DaysShown
from services.placement.domain import Days
from services.placement.store import daily
from services.placement.tests.builders import a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.test_api import read
from services.placement.tests.test_arrivals import arrive, confirmed
from services.placement.tests.test_movements import MAN, proposed, table
from shared.contracts.selection import CellType
from shared.testing.api import Tokens
from shared.testing.kernel import Bench

STATUSES = (*store.STATUSES, "free")
SHORT: dict[str, Any] = {"planned_entry": date(2027, 1, 4), "projected_exit": date(2027, 1, 8)}
"""Of a stay in the only adapted cell of the women's wing."""

_USE = sa.text(
    "INSERT INTO bed_uses (id, cell, period, kind, function, reason, at)"
    " VALUES (uuidv7(), :cell, daterange(:start, :end), :kind, 'placement_officer', 'test', now())"
).bindparams(sa.bindparam("start", type_=sa.Date), sa.bindparam("end", type_=sa.Date))


async def only_one_arrival_cell(engine: AsyncEngine) -> None:
    """Whoever comes next gets the arrival cell that somebody was to leave."""
    for number in (2, 3, 4):
        await use(engine, f"DON-H1-U1-C{number:02}", "outage", date(2027, 1, 1), None)


async def use(engine: AsyncEngine, cell: str, kind: str, start: date, end: date | None) -> None:
    async with engine.begin() as conn:
        await conn.execute(_USE, {"cell": cell, "kind": kind, "start": start, "end": end})


async def by_day(
    api: httpx.AsyncClient, tokens: Tokens, first: str, until: str, wing: str = "DON-F1", cell_type: str = "adapted"
) -> list[str]:
    """What the cells of one wing and type are on each day, such as `1 proposed, 16 free`."""
    shown = await read(api, tokens, "/v1/sites/DON/occupancy/days", **{"from": first, "until": until})
    assert DaysShown.model_validate(shown).model_dump(mode="json") == shown
    assert all(one["cells"] == sum(one[status] for status in STATUSES) for one in shown["items"])
    rows = [one for one in shown["items"] if (one["wing"], one["cell_type"]) == (wing, cell_type)]
    assert [one["day"] for one in rows] == sorted({one["day"] for one in shown["items"]})
    return [", ".join(f"{one[status]} {status}" for status in STATUSES if one[status]) for one in rows]


async def test_a_bed_is_proposed_confirmed_occupied_and_cleaned_on_its_days(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    await bench.deliver(a_request(**SHORT), subject=uuid7())
    week = ("2027-01-03", "2027-01-10")
    assert await by_day(api, tokens, *week) == ["1 free", *["1 proposed"] * 4, "1 cleaning", "1 free"]
    # Only part of a stay lies in what is asked.
    assert await by_day(api, tokens, "2027-01-06", "2027-01-07") == ["1 proposed"]
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    stay = await confirmed(bench, uuid7(), cell_type=CellType.STANDARD, **SHORT)
    assert (await by_day(api, tokens, *week, cell_type="standard"))[1] == "1 confirmed, 16 free"
    await arrive(bench, stay)
    # Of days to come as well: somebody who is there has the bed.
    assert await by_day(api, tokens, *week, cell_type="standard") == [
        "17 free",
        *["1 occupied, 16 free"] * 4,
        "1 cleaning, 16 free",
        "17 free",
    ]


async def test_a_cell_in_which_somebody_stays_on_is_occupied_until_today_whatever_was_planned(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    await arrive(bench, await confirmed(bench, uuid7(), **SHORT))
    await bench.deliver(a_request(planned_entry=date(2027, 1, 10), projected_exit=date(2027, 2, 1)), subject=uuid7())
    clock.now = datetime(2027, 1, 11, 20, tzinfo=UTC)
    assert await by_day(api, tokens, "2027-01-07", "2027-01-13") == [*["1 occupied"] * 5, "1 proposed"]
    shown = await read(api, tokens, "/v1/sites/DON/occupancy/days", **{"from": "2027-01-09", "until": "2027-01-10"})
    assert sum(one["occupied"] for one in shown["items"]) == 1


async def test_somebody_who_has_not_moved_on_yet_occupies_the_cell_slept_in_and_the_other_one_is_kept(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    await only_one_arrival_cell(engine)
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    stay = await confirmed(bench, uuid7(), **MAN)
    await arrive(bench, stay)
    clock.now = datetime(2027, 1, 27, 20, tzinfo=UTC)
    next_one = await proposed(bench, 2, planned_entry=date(2027, 1, 26))
    (unit,) = [one for one in (await read(api, tokens, "/v1/stays"))["items"] if one["id"] == str(stay)]
    arrival_cell, unit_cell = unit["cells"]

    async def cells(on: str) -> dict[str, tuple[str, str | None]]:
        items = (await read(api, tokens, "/v1/sites/DON/plan", on=on))["items"]
        return {one["cell"]: (one["status"], one["stay_id"]) for one in items}

    # The move was planned for the 25th, and today is the 27th.
    for day in ("2027-01-25", "2027-01-27"):
        shown = await cells(day)
        assert (shown[arrival_cell], shown[unit_cell]) == (("occupied", str(stay)), ("confirmed", str(stay)))
    shown = await cells("2027-01-28")
    assert shown[unit_cell] == ("occupied", str(stay))
    assert shown[arrival_cell] == ("proposed", str(next_one))
    assert await by_day(api, tokens, "2027-01-26", "2027-01-29", "DON-H1", "arrival") == [
        "1 occupied, 3 out_of_service",
        "1 occupied, 3 out_of_service",
        "1 proposed, 3 out_of_service",
    ]


async def test_holds_outages_and_cells_out_of_service_are_told_apart(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await use(engine, "DON-F1-U1-C05", "hold", date(2027, 1, 4), date(2027, 1, 6))
    await use(engine, "DON-F1-U1-C06", "outage", date(2027, 1, 5), None)
    await use(engine, "DON-SW-C01", "secure_waiting", date(2027, 1, 4), date(2027, 1, 6))
    days = ("2027-01-04", "2027-01-07")
    assert await by_day(api, tokens, *days, cell_type="standard") == [
        "1 held, 16 free",
        "1 held, 1 out_of_service, 15 free",
        "1 out_of_service, 16 free",
    ]
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE cells SET in_service = false WHERE code ~ 'DON-F1-U1-C0[67]'"))
    assert await by_day(api, tokens, *days, cell_type="standard") == [
        "1 held, 2 out_of_service, 14 free",
        "1 held, 2 out_of_service, 14 free",
        "2 out_of_service, 15 free",
    ]


async def test_every_wing_and_type_has_a_row_on_every_day(api: httpx.AsyncClient, tokens: Tokens) -> None:
    answer = await api.get(
        "/v1/sites/DON/occupancy/days",
        params={"from": "2027-01-04", "until": "2027-01-06", "format": "csv"},
        headers=tokens.bearer("inspector"),
    )
    heading, *lines = table(answer)
    assert heading == [
        *("Jour", "Bâtiment", "Type", "Cellules", "Occupée", "Confirmée", "Proposée", "Retenue"),
        *("Nettoyage", "Hors service", "Libre"),
    ]
    assert [line[:4] for line in lines[:8]] == [
        ["04/01/2027", "DON-F1", "adaptée", "1"],
        ["04/01/2027", "DON-F1", "arrivants", "2"],
        ["04/01/2027", "DON-F1", "standard", "17"],
        ["04/01/2027", "DON-H1", "adaptée", "2"],
        ["04/01/2027", "DON-H1", "arrivants", "4"],
        ["04/01/2027", "DON-H1", "standard", "34"],
        ["04/01/2027", "DON-H2", "adaptée", "2"],
        ["04/01/2027", "DON-H2", "standard", "38"],
    ]
    assert len(lines) == 16


SPANS = st.lists(st.tuples(st.sampled_from(["hold", "outage"]), st.integers(0, 30), st.integers(1, 12)), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=SPANS, first=st.integers(0, 30), length=st.integers(1, 20))
async def test_the_sums_of_a_day_are_what_looking_at_each_cell_of_that_day_gives(
    engine: AsyncEngine, spans: list[tuple[str, int, int]], first: int, length: int
) -> None:
    start = date(2027, 1, 1)
    async with engine.connect() as conn:
        for number, (kind, begins, lasts) in enumerate(spans):
            day = start + timedelta(days=begins)
            given_use = {"kind": kind, "start": day, "end": day + timedelta(days=lasts)}
            await conn.execute(_USE, given_use | {"cell": f"DON-F1-U1-C{number % 8 + 3:02}"})
        asked = Days(start + timedelta(days=first), start + timedelta(days=first + length))
        for row in await store.occupancy_by_day(conn, "DON", asked, start):
            cells = await store.plan(conn, "DON", row["day"], start)
            alike = [one.status for one in cells if (one.wing, one.cell_type) == (row["wing"], row["cell_type"])]
            assert {status: row[status] for status in STATUSES} == {status: alike.count(status) for status in STATUSES}
        await conn.rollback()


async def test_the_plan_tells_whose_a_cell_is_and_what_it_is_next(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, engine: AsyncEngine
) -> None:
    (told,) = await bench.deliver(a_request(file_number=7, **SHORT), subject=uuid7())
    await use(engine, "DON-F1-U1-C06", "outage", date(2027, 1, 5), None)
    await use(engine, "DON-SW-C01", "secure_waiting", date(2027, 1, 4), date(2027, 1, 6))

    async def cell(code: str, on: str) -> tuple[Any, ...]:
        items = (await read(api, tokens, "/v1/sites/DON/plan", on=on))["items"]
        assert len(items) == 101
        (one,) = [one for one in items if one["cell"] == code]
        return tuple(one[name] for name in ("status", "file_number", "stay_id", "next_on", "next_status"))

    adapted, stay = told.body["cell"], told.body["stay_id"]
    assert await cell(adapted, "2027-01-03") == ("free", None, None, "2027-01-04", "proposed")
    assert await cell(adapted, "2027-01-05") == ("proposed", 7, stay, "2027-01-08", "cleaning")
    assert await cell(adapted, "2027-01-08") == ("cleaning", None, None, "2027-01-09", "free")
    assert await cell(adapted, "2027-01-09") == ("free", None, None, None, None)
    assert await cell("DON-F1-U1-C06", "2027-01-05") == ("out_of_service", None, None, None, None)
    assert await cell("DON-SW-C01", "2027-01-05") == ("occupied", None, None, "2027-01-06", "free")
    answer = await api.get(
        "/v1/sites/DON/plan", params={"on": "2027-01-05", "format": "csv"}, headers=tokens.bearer("site_head")
    )
    line = next(line for line in table(answer) if line[1] == adapted)
    assert line == ["DON-F1", adapted, "adaptée", "proposée", "7", stay, "08/01/2027", "nettoyage"]


async def test_the_forecast_tells_free_beds_by_week_who_waits_and_the_first_free_day(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    await bench.deliver(a_request(planned_entry=date(2027, 1, 12), projected_exit=date(2027, 1, 20)), subject=uuid7())
    await bench.deliver(a_request(planned_entry=date(2027, 1, 13)), subject=uuid7())
    await proposed(bench, 3, planned_entry=date(2027, 1, 18))

    async def forecast(first: str, until: str) -> dict[str, Any]:
        items = (await read(api, tokens, "/v1/sites/DON/forecast", **{"from": first, "until": until}))["items"]
        return {f"{one['sex']} {one['cell_type']}": one for one in items}

    found = await forecast("2027-01-04", "2027-02-02")
    assert list(found) == ["F adapted", "F arrival", "F standard", "M adapted", "M arrival", "M standard"]
    # Two weeks in which it is taken on some days only are none; the last week is one day long.
    assert found["F adapted"] == {
        "sex": "F",
        "cell_type": "adapted",
        "places": 1,
        "free": [1, 0, 0, 1, 1],
        "waiting": 1,
        "first_free_on": "2027-01-04",
    }
    assert found["M arrival"]["free"] == [4, 4, 3, 3, 3]
    assert (await forecast("2027-01-12", "2027-01-19"))["F adapted"]["first_free_on"] == "2027-01-21"
    answer = await api.get(
        "/v1/sites/DON/forecast",
        params={"from": "2027-01-04", "until": "2027-01-18", "format": "csv"},
        headers=tokens.bearer("spip"),
    )
    assert table(answer)[1:3] == [
        ["femmes", "adaptée", "04/01/2027", "1", "1", "1", "04/01/2027"],
        ["femmes", "adaptée", "11/01/2027", "1", "0", "1", "04/01/2027"],
    ]


_HISTORY = """
    INSERT INTO bed_uses (id, cell, period, kind, function, reason, at)
    SELECT uuidv7(), code, daterange(start, start + 301), 'hold', 'placement_officer', 'test', now()
    FROM cells, generate_series(-4, 120) AS n
        CROSS JOIN LATERAL (SELECT date '2027-01-01' - 303 * n - length(code) AS start) AS one
    WHERE site = 'DON' AND unit IS NOT NULL
"""


@pytest.mark.parametrize("statement", [daily._BY_DAY, daily._PLAN], ids=["occupancy by day", "plan"])
async def test_what_is_asked_of_some_days_is_found_by_these_days_in_a_century(
    engine: AsyncEngine, statement: sa.TextClause
) -> None:
    explain = sa.text(f"EXPLAIN (FORMAT JSON) {statement.text}").bindparams(
        *(sa.bindparam(name, type_=sa.Date) for name in ("first", "until", "today"))
    )
    day = date(2027, 1, 1)
    asked = {"site": "DON", "first": day, "until": date(2028, 1, 1), "today": day}
    async with engine.connect() as conn:
        for one in ("ALTER TABLE bed_uses DISABLE TRIGGER USER", _HISTORY, "ANALYZE bed_uses"):
            await conn.execute(sa.text(one))
        plan: Any = (await conn.execute(explain, asked)).scalar_one()
        await conn.rollback()
    assert "ix_bed_uses_period" in str(plan)
