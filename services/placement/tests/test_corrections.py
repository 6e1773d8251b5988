"""What an officer or an event corrects of a stay, and what must be left of it: one bed, one truth, everybody told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.placement import handlers
from services.placement.tests.builders import a_change, a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave, rows, types
from shared.contracts.selection import CellType
from shared.testing.kernel import Bench

ADAPTED = {"cell_type": CellType.ADAPTED}
LATER = {"first_night": "2027-02-01", "reason": "convoy_postponed"}


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def days_are_counted(bench: Bench, on_the_day: None) -> None:
    async with bench.transaction() as tx:
        await handlers.begin_days(tx)


async def pass_days(desk: Desk, clock: SettableClock, count: int) -> list[str]:
    told = []
    for _ in range(count):
        clock.forward(timedelta(days=1))
        told += types(await desk.bench.fire_timers())
    return told


def order(number: int, **changed: Any) -> dict[str, Any]:
    return {"file_number": number, "decision_number": f"DON-{number}", **ADAPTED, **changed}


async def test_a_proposal_never_expires_while_a_transfer_order_stands(desk: Desk, clock: SettableClock) -> None:
    _, stay, _ = await desk.ask(**ADAPTED)
    await desk.must(f"stays/{stay}/transfer-order", {"reference": "OT-2027/0113"})
    await desk.bench.published()
    assert await pass_days(desk, clock, 22) == []
    assert (await desk.must(f"stays/{stay}/confirm"))["state"] == "confirmed"


async def test_the_same_order_again_leaves_a_postponed_stay_as_it_is(desk: Desk) -> None:
    candidacy, stay, _ = await desk.ask(**ADAPTED)
    await desk.ask(**ADAPTED)
    await desk.must(f"stays/{stay}/postpone", LATER)
    await desk.bench.published()
    again = await desk.bench.deliver(a_request(**order(1)), subject=candidacy, version=2)
    assert types(again) == ["bed_assigned"]
    assert (again[0].body["stay_id"], again[0].body["starts_on"]) == (stay, "2027-02-01")


async def test_another_exit_of_a_postponed_stay_keeps_the_bed_and_the_later_first_night(desk: Desk) -> None:
    candidacy, stay, _ = await desk.ask(**ADAPTED)
    await desk.must(f"stays/{stay}/postpone", LATER)
    await desk.bench.published()
    change = a_change(**order(1, projected_exit=date(2028, 9, 1)))
    told = await desk.bench.deliver(change, subject=candidacy, version=2)
    assert types(told) == ["dates_changed", "bed_assigned"]
    shown = {(one.body["stay_id"], one.body["starts_on"], one.body["ends_on"]) for one in told}
    assert shown == {(stay, "2027-02-01", "2028-09-01")}


async def test_nights_that_an_earlier_exit_frees_go_to_the_next_in_line(desk: Desk) -> None:
    candidacy, _, cell = await desk.ask(**ADAPTED)
    _, next_one, none = await desk.ask(**ADAPTED, planned_entry=date(2028, 3, 1), projected_exit=date(2029, 1, 1))
    assert none is None
    await desk.bench.published()
    change = a_change(**order(1, projected_exit=date(2028, 2, 1)))
    told = await desk.bench.deliver(change, subject=candidacy, version=2)
    assert types(told) == ["dates_changed", "bed_assigned", "bed_assigned"]
    assert (told[2].body["stay_id"], told[2].body["cell"]) == (next_one, cell)


async def test_an_older_decision_moves_the_forecast_of_nobody_who_is_there(desk: Desk) -> None:
    candidacy, stay, _ = await desk.ask(**ADAPTED)
    await desk.come(stay)
    await desk.bench.published()
    older = order(9, decided_on=date(2026, 10, 1), projected_exit=date(2027, 6, 1))
    told = await desk.bench.deliver(a_change(**older), subject=candidacy, version=2)
    assert types(told) == ["arrived"]
    assert await rows(desk.bench.engine, "SELECT upper(nights) FROM bed_uses") == [(date(2028, 7, 1),)]


async def test_an_exit_before_the_planned_entry_of_who_is_there_is_no_dead_event(desk: Desk) -> None:
    candidacy, stay, _ = await desk.ask(**ADAPTED, planned_entry=date(2027, 1, 6))
    await desk.come(stay)
    await desk.bench.published()
    change = a_change(**order(1, planned_entry=date(2027, 1, 4), projected_exit=date(2027, 1, 5)))
    assert types(await desk.bench.deliver(change, subject=candidacy, version=2)) == ["arrived", "dates_changed"]


async def test_a_move_that_an_officer_planned_is_carried_out_on_its_day(desk: Desk, clock: SettableClock) -> None:
    _, stay, _ = await desk.ask()
    await desk.come(stay)
    await desk.must(f"stays/{stay}/end-arrival-phase")
    await desk.bench.published()
    body = {"cell": "DON-F1-U2-C03", "reason": "request", "first_night": "2027-01-07"}
    await desk.must(f"stays/{stay}/move", body)
    assert await desk.told() == []
    assert await pass_days(desk, clock, 2) == []
    assert await pass_days(desk, clock, 1) == ["moved"]
    assert (await desk.get("sites/DON/roll"))["items"][0]["cell"] == "DON-F1-U2-C03"
    assert await pass_days(desk, clock, 2) == []
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_whoever_should_have_left_is_late_on_the_list_of_departures(desk: Desk, clock: SettableClock) -> None:
    _, stay, _ = await desk.ask(**ADAPTED, projected_exit=date(2027, 1, 10))
    await desk.come(stay)
    await pass_days(desk, clock, 8)
    shown = (await desk.get("sites/DON/departures?on=2027-01-12"))["items"]
    assert [(one["stay_id"], one["late"]) for one in shown] == [(stay, True)]


async def test_whoever_leaves_gives_the_secure_waiting_cell_back(desk: Desk) -> None:
    _, stay, _ = await desk.ask(**ADAPTED)
    _, other, _ = await desk.ask()
    await desk.come(stay)
    await desk.come(other)
    secure = {"kind": "secure_waiting", "code": "violence", "day": "2027-01-04", "until": "2027-01-06"}
    await desk.must(f"stays/{stay}/records", secure)
    await desk.must(f"stays/{stay}/depart", {"reason": "transferred", "departed_on": "2027-01-04"})
    await desk.must(f"stays/{other}/records", secure)


async def test_nobody_joins_somebody_who_waits_in_the_secure_cell_for_longer_than_planned(
    desk: Desk, clock: SettableClock
) -> None:
    _, stay, _ = await desk.ask(**ADAPTED)
    _, other, _ = await desk.ask()
    await desk.come(stay)
    await desk.come(other)
    secure = {"kind": "secure_waiting", "code": "violence", "day": "2027-01-04", "until": "2027-01-06"}
    await desk.must(f"stays/{stay}/records", secure)
    await pass_days(desk, clock, 3)
    assert await desk.refused(f"stays/{other}/records", secure | {"until": "2027-01-09"}) == "cell-taken"
    assert ("secure_waiting_overdue", stay) in await desk.attention()


async def test_who_moves_to_another_arrival_cell_still_goes_on_to_the_unit(desk: Desk) -> None:
    _, stay, _ = await desk.ask()
    first = await desk.come(stay)
    _, unit = (await desk.get("stays"))["items"][0]["cells"]
    shown = await desk.must(f"stays/{stay}/move", {"cell": "DON-F1-U1-C02", "reason": "relations"})
    assert first != "DON-F1-U1-C02"
    assert shown["cells"] == ["DON-F1-U1-C02", unit]
