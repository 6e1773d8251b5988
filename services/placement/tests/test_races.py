"""Several at once, on one cell and on a full site: nothing is given twice, nobody waits for ever, the order holds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.placement import handlers
from services.placement.tests.builders import a_cancellation, a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.test_handlers import (
    ASSIGNED,
    OFFICER,
    assert_no_deadlock,
    assert_vacancies_are_what_uses_leave,
    at_once,
    rows,
    the,
    types,
)
from shared.contracts.selection import CellType, WingSex
from shared.messaging import Tx
from shared.messaging.drainer import Kept
from shared.messaging.envelope import decode
from shared.testing.kernel import Bench, record
from shared.testing.waiting import eventually

ADAPTED = "DON-F1-U2-C10"
WHY = "Chosen by hand."


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def during(bench: Bench, first: Callable[[Tx], Awaitable[Any]], second: Awaitable[Any]) -> Any:
    """What comes of the second act, which begins when the first one is done and not committed yet."""

    async def waits() -> bool:
        waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await rows(bench.engine, waiting))

    async with bench.transaction(OFFICER) as tx:
        await first(tx)
        late = asyncio.ensure_future(second)
        await eventually(waits)
    return await late


async def test_of_two_officers_who_place_two_persons_in_one_cell_the_second_is_refused(desk: Desk) -> None:
    (_, one, _), (_, other, bed) = await desk.ask(), await desk.ask()
    chosen = {"cell": "DON-F1-U2-C05", "reason": WHY}
    code = await during(
        desk.bench,
        lambda tx: handlers.place(tx, UUID(one), chosen["cell"], WHY, "officer-7"),
        desk.refused(f"stays/{other}/place", chosen),
    )
    assert code == "cell-taken"
    # Who was refused keeps what there was.
    assert (await desk.get(f"stays/{other}/explanation"))["chosen"]["arrival_cell"] == bed
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


async def test_a_cell_is_not_placed_by_hand_that_the_line_has_just_given_to_the_next(desk: Desk) -> None:
    _, holder, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, first, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, second, _ = await desk.ask(cell_type=CellType.ADAPTED)
    code = await during(
        desk.bench,
        lambda tx: handlers.release_place(tx, UUID(holder), "other", "officer-7"),
        desk.refused(f"stays/{second}/place", {"cell": ADAPTED, "reason": WHY}),
    )
    assert code == "cell-taken"
    assert [one["id"] for one in (await desk.get("stays?state=proposed"))["items"]] == [first]


async def test_who_is_put_ahead_while_a_bed_is_freed_is_the_next_or_stays_in_line(desk: Desk) -> None:
    _, holder, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, first, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, second, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await during(
        desk.bench,
        lambda tx: handlers.go_ahead(tx, UUID(second), WHY, "officer-7"),
        desk.must(f"stays/{holder}/release", {"reason": "other"}),
    )
    assert [one["id"] for one in (await desk.get("stays?state=proposed"))["items"]] == [second]
    assert [one["stay_id"] for one in (await desk.get("sites/DON/waiting-list"))["items"]] == [first]


async def a_pair_with_one_unit_between_them(desk: Desk) -> tuple[dict[str, Any], Kept, UUID]:
    """Unit 2 is closed; one has a bed in unit 1. The separation, and the order of the other."""
    works = {"reason": "works", "owner": "Maintenance", "starts_on": "2027-01-04"}
    for number in range(1, 10):
        await desk.must(f"cells/DON-F1-U2-C{number:02}/outages", works)
    one, _, _ = await desk.ask()
    other = uuid7()
    pair = {"one": str(one), "other": str(other), "starts_on": "2027-01-04", "reason": WHY}
    declared = await desk.must("separations", pair)
    await desk.bench.published()
    order = a_request(cell_type=CellType.STANDARD, file_number=9, decision_number="DON-9")
    return declared, record(order, subject=other, clock=desk.bench.clock), other


async def test_an_order_that_comes_while_a_separation_is_lifted_finds_it_lifted(desk: Desk) -> None:
    declared, order, other = await a_pair_with_one_unit_between_them(desk)
    await during(
        desk.bench,
        lambda tx: handlers.lift(tx, "DON", UUID(declared["id"]), 1, "officer-7"),
        desk.bench.dispatcher.dispatch([order]),
    )
    told = await desk.bench.published()
    assert [one.event_type.split(".")[2] for one in told] == ["lifted", "bed_assigned"]
    assert the(told, ASSIGNED).key == other


async def test_a_separation_that_is_lifted_while_an_order_is_put_in_line_proposes_to_it_once(desk: Desk) -> None:
    declared, order, other = await a_pair_with_one_unit_between_them(desk)
    event = a_request(cell_type=CellType.STANDARD, file_number=9, decision_number="DON-9")
    lifted = desk.post(f"separations/{declared['id']}/lift", **{"If-Match": '"1"'})
    answer = await during(desk.bench, lambda tx: handlers.assign_bed(tx, event, decode(order.headers)), lifted)
    assert answer.status_code == 200
    told = await desk.bench.published()
    assert [one.event_type.split(".")[2] for one in told] == ["bed_waitlisted", "lifted", "bed_assigned"]
    assert the(told, ASSIGNED).key == other
    await assert_no_deadlock(desk.bench.engine)


async def test_of_fifty_at_once_for_the_last_bed_who_is_put_ahead_is_the_next_and_then_the_order_goes_on(
    desk: Desk,
) -> None:
    bench, people = desk.bench, {number: uuid7() for number in range(1, 51)}
    need = {"cell_type": CellType.ADAPTED}
    await at_once(
        bench,
        [
            record(a_request(file_number=number, decision_number=f"DON-{number}", **need), subject=id_)
            for number, id_ in people.items()
        ],
    )
    replies = await bench.published()
    assert sorted(types(replies)) == ["bed_assigned"] + ["bed_waitlisted"] * 49
    line = (await desk.get("sites/DON/waiting-list"))["items"]
    assert [one["rank"] for one in line] == list(range(1, 50))
    assert [one["file_number"] for one in line] == sorted(one["file_number"] for one in line)
    ahead = line[30]
    await desk.must(f"stays/{ahead['stay_id']}/ahead", {"reason": WHY})
    expected = [ahead["file_number"], *(one["file_number"] for one in line if one is not ahead)][:5]
    numbers, promoted = {id_: number for number, id_ in people.items()}, []
    holder = the(replies, ASSIGNED).key
    for _ in expected:
        assert holder
        cancelled = a_cancellation(decision_number=f"DON-{numbers[holder]}")
        told = await bench.deliver(cancelled, subject=holder, version=2)
        assert types(told) == ["bed_released", "bed_assigned"]
        holder = the(told, ASSIGNED).key
        assert holder
        promoted.append(numbers[holder])
    assert promoted == expected
    await assert_vacancies_are_what_uses_leave(bench.engine)


FULL = {
    (WingSex.MEN, CellType.STANDARD): (80, 72),
    (WingSex.MEN, CellType.ADAPTED): (8, 4),
    (WingSex.WOMEN, CellType.STANDARD): (24, 17),
    (WingSex.WOMEN, CellType.ADAPTED): (8, 1),
}
"""How many ask for each kind of bed, and how many beds there are."""


async def test_eight_workers_and_officers_on_a_full_site_never_close_a_circle_and_fill_it_exactly(desk: Desk) -> None:
    await crowd(desk, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_eight_workers_with_a_thousand_orders_each_never_close_a_circle_and_fill_it_exactly(desk: Desk) -> None:
    await crowd(desk, -(-8_000 // sum(asked for asked, _ in FULL.values())))


async def crowd(desk: Desk, times: int) -> None:
    """Everybody of `FULL` asks so many times, each time as somebody else, and officers act meanwhile."""
    bench = desk.bench
    kinds = [kind for kind, (asked, _) in FULL.items() for _ in range(asked * times)]
    # Neighbours in the queue are of different pools.
    order = sorted(range(len(kinds)), key=lambda n: (n * 37) % len(kinds))
    people = {number: (uuid7(), kinds[number]) for number in order}
    orders = [
        a_request(
            wing_sex=sex,
            cell_type=kind,
            file_number=number,
            decision_number=f"DON-{number}",
            decided_on=date(2026, 11, 2),
        )
        for number, (_, (sex, kind)) in people.items()
    ]
    await at_once(bench, [record(one, subject=people[one.file_number][0]) for one in orders])
    await assert_full(bench)

    # Everything at once: beds are freed, somebody goes ahead, pairs are kept apart.
    stays = await rows(bench.engine, "SELECT stay_id, file_number, state FROM requests ORDER BY file_number")
    held = [one.file_number for one in stays if one.state == "proposed"][::12]
    cancelled = [
        record(a_cancellation(decision_number=f"DON-{number}"), subject=people[number][0], version=2) for number in held
    ]
    waiting = [one.stay_id for one in stays if one.state == "waitlisted"][:: 4 * times]
    ahead = [desk.post(f"stays/{stay}/ahead", {"reason": WHY}) for stay in waiting]
    candidacies = [one for one, _ in people.values()]
    pairs = [
        desk.must(
            "separations",
            {"one": str(candidacies[n]), "other": str(candidacies[-n - 1]), "starts_on": "2027-01-04", "reason": WHY},
        )
        for n in range(4)
    ]
    await asyncio.gather(at_once(bench, cancelled), *ahead, *pairs)
    assert bench.dispatcher.counts == {"applied": len(orders) + len(cancelled)}
    # Nobody who could have one of the beds that were freed waits.
    await assert_full(bench)
    await assert_no_deadlock(bench.engine)


async def assert_full(bench: Bench) -> None:
    await assert_vacancies_are_what_uses_leave(bench.engine)
    held = await rows(
        bench.engine,
        "SELECT sex, cell_type, count(*) FROM requests WHERE state = 'proposed' GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert {(sex, kind): count for sex, kind, count in held} == {
        (sex.value, kind.value): beds for (sex, kind), (_, beds) in FULL.items()
    }
    assert await rows(bench.engine, "SELECT type FROM messaging.failed_event") == []
