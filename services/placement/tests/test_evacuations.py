"""The bad Monday: a plan first, one act that carries out this very plan, and names for whom there is no place."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.machine import RULES
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave, rows
from shared.contracts.selection import CellType, WingSex

FLOOD = {
    "place": "DON-F1-U1",
    "reason": "flood",
    "owner": "Maintenance",
    "starts_on": "2027-01-04",
    "expected_back_on": "2027-02-01",
}
EVACUATIONS = "sites/DON/evacuations"


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def plan(desk: Desk, **changed: Any) -> dict[str, Any]:
    shown: dict[str, Any] = await desk.must(f"{EVACUATIONS}/plan", FLOOD | changed)
    return shown


async def carry_out(desk: Desk, seen: dict[str, Any], **changed: Any) -> dict[str, Any]:
    done: dict[str, Any] = await desk.must(EVACUATIONS, FLOOD | changed | {"plan": seen["digest"]})
    return done


async def assert_rules(desk: Desk) -> None:
    for name, statement in RULES.items():
        assert (name, await rows(desk.bench.engine, statement)) == (name, [])
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_a_cell_in_cleaning_is_closed_like_any_other(desk: Desk, clock: SettableClock) -> None:
    _, inside, _ = await desk.ask()
    cell = await desk.come(inside)
    clock.now = datetime(2027, 1, 11, 9, tzinfo=UTC)
    on_the_day = {"starts_on": "2027-01-11"}
    await desk.must(f"stays/{inside}/depart", {"reason": "other", "departed_on": "2027-01-11"})
    seen = await plan(desk, **on_the_day)
    assert (seen["removals"], cell in seen["closes"]) == ([], True)
    await carry_out(desk, seen, **on_the_day)
    closed = "SELECT count(*) FROM outages WHERE starts_on = '2027-01-11'"
    assert await rows(desk.bench.engine, closed) == [(len(seen["closes"]),)]
    await assert_rules(desk)


async def test_a_unit_is_emptied_and_closed_in_one_act_as_the_plan_said(desk: Desk) -> None:
    _, inside, _ = await desk.ask()
    await desk.come(inside)
    _, expected, _ = await desk.ask(planned_entry=date(2027, 1, 11))
    _, later, _ = await desk.ask(planned_entry=date(2027, 3, 1))
    await desk.bench.published()
    before = await rows(desk.bench.engine, "SELECT id, cell, nights FROM bed_uses ORDER BY id")
    seen = await plan(desk)
    assert await rows(desk.bench.engine, "SELECT id, cell, nights FROM bed_uses ORDER BY id") == before
    assert await desk.told() == []
    # Both the arrival cell of tonight and the cell of the unit that was planned after it.
    assert [one["cell"] for one in seen["removals"]] == ["DON-F1-U1-C01", "DON-F1-U1-C03"]
    assert [one["stay_id"] for one in seen["displaced"]] == [expected]
    assert (seen["stranded"], len(seen["closes"])) == ([], 10)
    done = await carry_out(desk, seen)
    told = await desk.told()
    assert (told.count("moved"), told.count("out_of_service"), told.count("bed_assigned")) == (1, 10, 1)
    roll = (await desk.get("sites/DON/roll"))["items"]
    assert [one["cell"] for one in roll if one["stay_id"] == inside] == [seen["removals"][0]["to"]]
    (displaced,) = done["plan"]["displaced"]
    assert displaced["state"] == "proposed"
    cells = (await desk.get("stays"))["items"]
    assert all(not cell.startswith("DON-F1-U1") for one in cells if one["id"] != later for cell in one["cells"])
    assert await desk.get(f"{EVACUATIONS}/{done['id']}") == done
    await assert_rules(desk)


async def test_a_plan_that_would_be_another_one_now_is_not_carried_out(desk: Desk) -> None:
    _, inside, _ = await desk.ask()
    await desk.come(inside)
    seen = await plan(desk)
    await desk.ask(planned_entry=date(2027, 1, 11))
    assert await desk.refused(EVACUATIONS, FLOOD | {"plan": seen["digest"]}) == "plan-stale"
    assert (await desk.get("sites/DON/outages"))["items"] == []


async def test_who_is_inside_comes_before_who_is_only_expected(desk: Desk) -> None:
    _, inside, _ = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 2, 20))
    cell = await desk.come(inside)
    await desk.must("cells/DON-F1-U2-C09/changes", _adapted("2027-01-04"))
    _, expected, other = await desk.ask(cell_type=CellType.ADAPTED, planned_entry=date(2027, 1, 11))
    assert other == "DON-F1-U2-C09"
    seen = await plan(desk, place=cell)
    assert [(one["stay_id"], one["to"]) for one in seen["removals"]] == [(inside, other)]
    assert [one["stay_id"] for one in seen["displaced"]] == [expected]
    done = await carry_out(desk, seen, place=cell)
    assert [one["state"] for one in done["plan"]["displaced"]] == ["waitlisted"]
    await assert_rules(desk)


def _adapted(on: str) -> dict[str, Any]:
    return {"change": "type", "to_type": "adapted", "effective_on": on, "reason": "More places."}


async def test_for_whom_there_is_no_place_is_named_and_that_cell_stays_open(desk: Desk) -> None:
    _, inside, _ = await desk.ask(cell_type=CellType.ADAPTED)
    cell = await desk.come(inside)
    seen = await plan(desk, place="DON-F1-U2")
    assert [(one["stay_id"], one["cell"]) for one in seen["stranded"]] == [(inside, cell)]
    assert (cell not in seen["closes"], len(seen["closes"])) == (True, 9)
    done = await carry_out(desk, seen, place="DON-F1-U2")
    assert done["plan"]["stranded"] == seen["stranded"]
    assert len((await desk.get("sites/DON/outages"))["items"]) == 9
    await assert_rules(desk)


async def test_men_are_moved_into_wings_of_men_and_kept_apart_still(desk: Desk) -> None:
    one, first, _ = await desk.ask(wing_sex=WingSex.MEN)
    other, second, _ = await desk.ask(wing_sex=WingSex.MEN, planned_entry=date(2027, 1, 4))
    await desk.come(first)
    await desk.must(f"stays/{second}/place", {"cell": "DON-H1-U2-C01", "reason": "Chosen."})
    body = {"one": str(one), "other": str(other), "starts_on": "2027-01-04", "reason": "Secret."}
    await desk.must("separations", body)
    seen = await plan(desk, place="DON-H1-U1")
    assert {one["to"][:9] for one in seen["removals"]} & {"DON-H1-U2", "DON-F1-U1", "DON-F1-U2"} == set()
    await carry_out(desk, seen, place="DON-H1-U1")
    await assert_rules(desk)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"place": "DON-F9-U1"}, "place-to-close-unknown"),
        ({"place": "ARR-H1-U1"}, "place-to-close-unknown"),
        ({"starts_on": "2027-01-03"}, "date-past"),
        ({"expected_back_on": "2027-01-04"}, "impossible-dates"),
        ({"reason": "monday"}, "validation-failed"),
    ],
)
async def test_what_cannot_be_meant_is_refused(desk: Desk, changed: dict[str, str], code: str) -> None:
    assert await desk.refused(f"{EVACUATIONS}/plan", FLOOD | changed) == code
    assert await desk.refused(EVACUATIONS, FLOOD | changed | {"plan": "x"}) == code


async def test_only_the_placement_officer_evacuates(desk: Desk) -> None:
    for by in ("spip", "decision_authority", "inspector", "operator"):
        assert (await desk.post(EVACUATIONS, FLOOD | {"plan": "x"}, by)).status_code == 403
