"""Cells out of service, kept free and changed: nobody is in the way, and nothing is given twice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.placement import handlers
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import OUTAGE, Desk
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave, types
from shared.contracts.selection import CellType

ADAPTED = "DON-F1-U2-C10"
HOLD = {"purpose": "visit", "starts_on": "2027-01-04", "until": "2027-03-01", "expires_on": "2027-01-20"}


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def days_pass(desk: Desk, clock: SettableClock, count: int) -> None:
    async with desk.bench.transaction() as tx:
        await handlers.begin_days(tx)
    for _ in range(count):
        clock.forward(timedelta(days=1))
        await desk.bench.timers.fire()


async def test_a_cell_out_of_service_is_given_to_nobody_until_an_officer_says_that_it_is_back(
    desk: Desk, clock: SettableClock
) -> None:
    outage = await desk.must(f"cells/{ADAPTED}/outages", OUTAGE)
    assert await desk.told() == ["out_of_service"]
    _, stay, cell = await desk.ask(cell_type=CellType.ADAPTED)
    assert cell is None
    shown = await desk.get(f"stays/{stay}/explanation")
    assert {one["rule"] for one in shown["excluded"] if one["cell"] == ADAPTED} == {"out_of_service"}
    # The expected return passes and nobody says a word: it goes on, and waits for an officer.
    await days_pass(desk, clock, 30)
    assert ("outage_overdue", None) in await desk.attention()
    assert (await desk.get("stays?state=waitlisted"))["items"][0]["id"] == stay
    await desk.must(f"outages/{outage['id']}/end")
    assert await desk.told() == ["back_in_service", "bed_assigned"]
    assert await desk.refused(f"outages/{outage['id']}/end") == "outage-ended"
    history = await desk.get(f"cells/{ADAPTED}")
    assert {one["reason"] for one in history["uses"] if one["kind"] == "outage"} == {
        "flood",
        "not_back",
        "back_in_service",
    }
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_a_cell_with_somebody_inside_or_expected_is_not_simply_closed(desk: Desk) -> None:
    _, stay, cell = await desk.ask(cell_type=CellType.ADAPTED)
    assert await desk.refused(f"cells/{cell}/outages", OUTAGE) == "cell-occupied"
    await desk.come(stay)
    assert await desk.refused(f"cells/{cell}/outages", OUTAGE) == "cell-occupied"
    assert await desk.refused(f"cells/{cell}/changes", change("type", to_type="standard")) == "capacity-under-occupancy"


async def test_nobody_arrives_in_a_cell_that_is_not_back(desk: Desk, clock: SettableClock) -> None:
    await desk.must(f"cells/{ADAPTED}/outages", OUTAGE)
    _, stay, cell = await desk.ask(cell_type=CellType.ADAPTED, planned_entry=date(2027, 2, 1))
    assert cell == ADAPTED
    clock.now = datetime(2027, 2, 1, 9, tzinfo=UTC)
    await desk.must(f"stays/{stay}/confirm")
    body = {"transfer_order": "OT-1", "committal_number": "DON-1", "arrived_on": "2027-02-01"}
    assert await desk.refused(f"stays/{stay}/arrive", body) == "cell-closed"


async def test_a_bed_is_kept_free_until_its_day_and_then_goes_to_the_next(desk: Desk, clock: SettableClock) -> None:
    hold = await desk.must(f"cells/{ADAPTED}/holds", HOLD)
    assert await desk.refused(f"cells/{ADAPTED}/holds", HOLD) == "cell-taken"
    assert await desk.refused(f"cells/{ADAPTED}/outages", OUTAGE) == "cell-taken"
    assert (await desk.ask(cell_type=CellType.ADAPTED))[2] is None
    await days_pass(desk, clock, 15)
    assert (await desk.get("sites/DON/holds"))["items"][0]["id"] == hold["id"]
    await desk.bench.published()
    clock.forward(timedelta(days=1))
    assert types(await desk.bench.fire_timers()) == ["bed_assigned"]
    assert await desk.refused(f"holds/{hold['id']}/end") == "hold-ended"
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_occupancy_leaves_out_what_is_out_of_service_and_shows_what_is_kept_free(desk: Desk) -> None:
    await desk.must("cells/DON-F1-U1-C03/outages", OUTAGE)
    await desk.must("cells/DON-F1-U1-C04/holds", HOLD)
    shown = await desk.get("sites/DON/occupancy")
    assert [shown[name] for name in ("capacity", "held", "out_of_service", "free")] == [99, 1, 1, 98]
    (women,) = (one for one in shown["cells"] if (one["wing"], one["cell_type"]) == ("DON-F1", "standard"))
    assert [women[name] for name in ("capacity", "held", "out_of_service", "free")] == [16, 1, 1, 15]


async def test_an_officer_gives_a_bed_back_that_was_kept_free(desk: Desk) -> None:
    hold = await desk.must(f"cells/{ADAPTED}/holds", HOLD)
    await desk.ask(cell_type=CellType.ADAPTED)
    await desk.bench.published()
    assert (await desk.must(f"holds/{hold['id']}/end"))["ended_because"] == "ended"
    assert await desk.told() == ["bed_assigned"]


def change(what: str, on: str = "2027-01-04", **more: Any) -> dict[str, Any]:
    return {"change": what, "effective_on": on, "reason": "More adapted places are needed."} | more


async def test_a_cell_becomes_another_kind_from_its_day_on_and_is_given_to_nobody_beyond_it(
    desk: Desk, clock: SettableClock
) -> None:
    made = await desk.must("cells/DON-F1-U1-C03/changes", change("type", "2027-02-01", to_type="adapted"))
    assert made["applied_at"] is None
    _, _, first = await desk.ask(cell_type=CellType.ADAPTED)
    _, _, second = await desk.ask(cell_type=CellType.ADAPTED)
    _, _, standard = await desk.ask(planned_entry=date(2027, 1, 4))
    assert (first, second) == (ADAPTED, None)
    assert standard != "DON-F1-U1-C03"
    await days_pass(desk, clock, 28)
    cell = (await desk.get("cells/DON-F1-U1-C03"))["cell"]
    assert cell["type"] == "adapted"
    assert ("DON-F1-U1-C03", "proposed") in [(one["cell"], one["state"]) for one in (await desk.get("stays"))["items"]]
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_a_cell_leaves_the_estate_and_comes_back(desk: Desk) -> None:
    await desk.must(f"cells/{ADAPTED}/changes", change("retired"))
    assert await desk.refused(f"cells/{ADAPTED}/changes", change("retired")) == "nothing-changes"
    assert await desk.refused(f"cells/{ADAPTED}/outages", OUTAGE) == "cell-closed"
    assert (await desk.get("sites/DON/occupancy"))["capacity"] == 99
    assert (await desk.ask(cell_type=CellType.ADAPTED))[2] is None
    await desk.bench.published()
    await desk.must(f"cells/{ADAPTED}/changes", change("restored"))
    assert await desk.told() == ["bed_assigned"]
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("cells/DON-X1-U1-C01/outages", OUTAGE, "cell-unknown"),
        ("cells/ARR-H1-U1-C05/outages", OUTAGE, "cell-unknown"),
        (f"cells/{ADAPTED}/outages", OUTAGE | {"starts_on": "2027-01-03"}, "date-past"),
        (f"cells/{ADAPTED}/outages", OUTAGE | {"expected_back_on": "2027-01-04"}, "impossible-dates"),
        (f"cells/{ADAPTED}/outages", OUTAGE | {"expected_back_on": "2047-01-04"}, "date-too-far"),
        (f"cells/{ADAPTED}/outages", OUTAGE | {"reason": "ghosts"}, "validation-failed"),
        (f"cells/{ADAPTED}/holds", HOLD | {"until": "2027-01-04"}, "impossible-dates"),
        ("cells/DON-SW-C01/changes", change("retired"), "cell-unknown"),
        (f"cells/{ADAPTED}/changes", change("type"), "nothing-changes"),
        (f"cells/{ADAPTED}/changes", change("type", to_type="adapted"), "nothing-changes"),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    desk: Desk, path: str, body: dict[str, Any], code: str
) -> None:
    before = await desk.get("sites/DON/cells")
    assert await desk.refused(path, body) == code
    assert await desk.get("sites/DON/cells") == before
    assert await desk.told() == []


async def test_only_the_placement_officer_touches_the_estate(desk: Desk) -> None:
    for by in ("spip", "decision_authority", "inspector", "operator", "companion"):
        for path, body in ((f"cells/{ADAPTED}/outages", OUTAGE), (f"cells/{ADAPTED}/holds", HOLD)):
            assert (await desk.post(path, body, by)).status_code == 403
