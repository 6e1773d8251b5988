"""Who is on the way, is there, or did not come: days and cells are corrected, and the history says by whom."""

from datetime import UTC, date, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from services.placement import handlers
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave, rows, types
from shared.contracts.selection import CellType
from shared.testing.kernel import Bench

ENTRY = date(2027, 1, 4)


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


async def test_a_postponed_convoy_keeps_the_place_and_frees_the_days_before(desk: Desk) -> None:
    _, stay, cell = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.bench.published()
    body = {"first_night": "2027-02-01", "reason": "convoy_postponed"}
    shown = await desk.must(f"stays/{stay}/postpone", body)
    assert (shown["cell"], shown["starts_on"]) == (cell, "2027-02-01")
    assert await desk.told() == ["dates_changed"]
    assert (await desk.must(f"stays/{stay}/postpone", body))["starts_on"] == "2027-02-01"
    assert await desk.told() == []
    _, _, before = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 1, 31))
    assert before == cell
    back = {"first_night": "2027-01-30", "reason": "convoy_brought_forward"}
    assert await desk.refused(f"stays/{stay}/postpone", back) == "cell-taken"
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_who_did_not_come_is_said_once_and_keeps_the_bed_until_an_officer_releases_it(
    desk: Desk, clock: SettableClock
) -> None:
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.must(f"stays/{stay}/confirm")
    await desk.ask(cell_type=CellType.ADAPTED)
    await desk.bench.published()
    assert await pass_days(desk, clock, 3) == ["not_arrived"]
    assert ("not_arrived", stay) in await desk.attention()
    await desk.must(f"stays/{stay}/transfer-order", {"reference": "OT-2027/0113"})
    await desk.must(f"stays/{stay}/transfer-order", {"reference": "OT-2027/0113"})
    assert await desk.refused(f"stays/{stay}/transfer-order", {"reference": "OT-2"}) == "transfer-order-differs"
    gone = {"reason": "not_arrived"}
    assert await desk.refused(f"stays/{stay}/release", gone) == "transfer-order-stands"
    await desk.bench.engine.dispose()
    async with desk.bench.engine.begin() as conn:
        await conn.exec_driver_sql("UPDATE assignments SET expected_order = NULL")
    await desk.must(f"stays/{stay}/release", gone)
    assert await desk.told() == ["bed_released", "bed_assigned"]
    await desk.must(f"stays/{stay}/release", gone)
    assert await desk.told() == []
    assert await desk.refused(f"stays/{stay}/release", {"reason": "other"}) == "stay-released"


async def test_somebody_moves_tonight_and_the_bed_left_behind_goes_to_the_next(desk: Desk) -> None:
    _, stay, _ = await desk.ask()
    cell = await desk.come(stay)
    assert cell == "DON-F1-U1-C01"
    _, unit_cell = (await desk.get("stays"))["items"][0]["cells"]
    await desk.bench.published()
    moved = await desk.must(f"stays/{stay}/end-arrival-phase")
    assert (moved["cell"], moved["cells"]) == (unit_cell, [unit_cell])
    assert await desk.told() == ["moved"]
    assert (await desk.must(f"stays/{stay}/end-arrival-phase"))["cell"] == unit_cell
    assert await desk.told() == []
    body = {"cell": "DON-F1-U2-C03", "reason": "request"}
    assert (await desk.must(f"stays/{stay}/move", body))["cell"] == "DON-F1-U2-C03"
    assert (await desk.must(f"stays/{stay}/move", body))["cell"] == "DON-F1-U2-C03"
    assert await desk.told() == ["moved"]
    was = "SELECT reason FROM bed_use_history UNION SELECT reason FROM bed_uses ORDER BY 1"
    assert [reason for (reason,) in await rows(desk.bench.engine, was)] == [
        "arrival_phase_ended",
        "proposed",
        "request",
    ]
    lines = (await desk.get(f"stays/{stay}/history"))["items"]
    assert [(one["cell"], one["reason"], one["function"]) for one in lines][-1][1:] == ("request", "placement_officer")
    assert {one["cell"] for one in lines} == {"DON-F1-U1-C01", unit_cell, "DON-F1-U2-C03"}
    assert (await desk.get(f"stays/{stay}"))["cell"] == "DON-F1-U2-C03"
    for path in (f"stays/{uuid7()}", f"stays/{uuid7()}/history"):
        unknown = await desk.api.get(f"/v1/{path}", headers=desk.tokens.bearer("placement_officer"))
        assert (unknown.status_code, unknown.json()["code"]) == (404, "stay-unknown")
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("DON-H1-U1-C05", "sex-unfit"),
        ("DON-F1-U2-C10", "cell-type-unfit"),
        ("DON-F1-U9-C01", "cell-unknown"),
        ("DON-F1-U1-C04", "cell-taken"),
        ("DON-F1-U1-C05", "cell-closed"),
        ("DON-SW-C01", "sex-unfit"),
    ],
)
async def test_a_cell_that_cannot_be_had_is_refused_by_the_rule(desk: Desk, cell: str, code: str) -> None:
    _, stay, _ = await desk.ask()
    await desk.come(stay)
    await desk.ask(planned_entry=ENTRY)
    outage = {"reason": "works", "owner": "Maintenance", "starts_on": "2027-01-04"}
    assert (await desk.post("cells/DON-F1-U1-C05/outages", outage)).is_success
    assert await desk.refused(f"stays/{stay}/move", {"cell": cell, "reason": "other"}) == code


async def test_who_stays_longer_than_planned_keeps_the_bed_and_is_listed(desk: Desk, clock: SettableClock) -> None:
    _, stay, cell = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 1, 10))
    await desk.come(stay)
    await desk.ask(cell_type=CellType.ADAPTED)
    await desk.bench.published()
    assert await pass_days(desk, clock, 8) == []
    assert ("departure_overdue", stay) in await desk.attention()
    assert (await desk.get(f"sites/DON/plan?on={clock.now.date()}"))["items"]
    nights = await rows(desk.bench.engine, "SELECT upper(nights) FROM bed_uses WHERE nights @> date '2027-01-05'")
    assert nights == [(date(2027, 1, 13),)]
    await desk.must(f"stays/{stay}/depart", {"reason": "end_of_sentence", "departed_on": "2027-01-12"})
    told = await desk.bench.published()
    assert types(told) == ["departed", "bed_assigned"]
    # The bed is cleaned for a day before the next one sleeps in it.
    assert (told[1].body["cell"], told[1].body["starts_on"]) == (cell, "2027-01-13")
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_who_is_not_moved_on_the_day_stays_in_the_arrival_cell_and_is_listed(
    desk: Desk, clock: SettableClock
) -> None:
    _, stay, _ = await desk.ask()
    await desk.come(stay)
    await pass_days(desk, clock, 22)
    assert ("arrival_phase_over", stay) in await desk.attention()
    nights = "SELECT cell FROM bed_uses WHERE given_up_at IS NULL AND nights @> date '2027-01-26'"
    assert await rows(desk.bench.engine, nights) == [("DON-F1-U1-C01",)]


async def test_what_needs_somebody_there_or_to_come_is_refused_otherwise(desk: Desk) -> None:
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, waiting, _ = await desk.ask(cell_type=CellType.ADAPTED)
    unknown = "01931111-2222-7333-8444-555566667777"
    move = {"cell": "DON-F1-U2-C03", "reason": "other"}
    later = {"first_night": "2027-02-01", "reason": "other"}
    assert await desk.refused(f"stays/{stay}/move", move) == "stay-not-arrived"
    assert await desk.refused(f"stays/{unknown}/move", move) == "stay-unknown"
    assert await desk.refused(f"stays/{waiting}/postpone", later) == "stay-waiting"
    assert await desk.refused(f"stays/{stay}/postpone", later | {"first_night": "2028-07-01"}) == "impossible-dates"
    assert await desk.refused(f"stays/{stay}/postpone", later | {"first_night": "2027-01-03"}) == "date-past"
    await desk.come(stay)
    assert await desk.refused(f"stays/{stay}/postpone", later) == "stay-arrived"
    assert await desk.refused(f"stays/{stay}/release", {"reason": "other"}) == "stay-arrived"
    assert await desk.refused(f"stays/{stay}/move", move | {"first_night": "2027-01-03"}) == "date-past"
    for act, body in (("move", move), ("postpone", later), ("release", {"reason": "other"})):
        assert (await desk.post(f"stays/{stay}/{act}", body, by="spip")).status_code == 403
