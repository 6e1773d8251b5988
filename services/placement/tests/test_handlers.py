"""Each event gets exactly one reply, beds go in the order of the list, and nobody gets one twice."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.placement import handlers, store
from services.placement.consumers import consumer
from services.placement.domain import Refusal, Refused
from services.placement.tests.builders import DECISION, a_cancellation, a_change, a_request
from services.placement.tests.conftest import SettableClock
from shared.contracts.selection import ACCOMMODATION_REQUEST, CellType, WingSex
from shared.messaging import Actor, held, schedule
from shared.messaging.drainer import Kept
from shared.testing.kernel import Bench, Published, record
from shared.testing.waiting import eventually

ASSIGNED = "placement.stay.bed_assigned.v1"
CONFIRMED = "placement.stay.assignment_confirmed.v1"
WAITLISTED = "placement.stay.bed_waitlisted.v1"
RELEASED = "placement.stay.bed_released.v1"
NOTHING = "placement.stay.nothing_to_release.v1"
EXPIRED = "placement.stay.assignment_expired.v1"
OFFICER = Actor("placement_officer", "R240-3 Code pénitentiaire", "LED")


def types(published: list[Published]) -> list[str]:
    return [one.event_type.removeprefix("placement.stay.").removesuffix(".v1") for one in published]


def the(published: list[Published], event_type: str) -> Published:
    (one,) = [one for one in published if one.event_type == event_type]
    return one


async def at_once(bench: Bench, records: list[Kept]) -> None:
    """Dispatches each record in a transaction of its own, eight at a time: a waiting one must not run out of time."""
    few = asyncio.Semaphore(8)

    async def dispatch(one: Kept) -> None:
        async with few:
            await bench.dispatcher.dispatch([one])

    await asyncio.gather(*map(dispatch, records))


async def confirm(bench: Bench, reply: Published) -> list[Published]:
    async with bench.transaction(OFFICER) as tx:
        await handlers.confirm_stay(tx, UUID(reply.body["stay_id"]), "officer-7")
    return await bench.published()


async def refusal(bench: Bench, stay_id: UUID) -> Refusal:
    with pytest.raises(Refused) as refused:
        async with bench.transaction(OFFICER) as tx:
            await handlers.confirm_stay(tx, stay_id, "officer-7")
    return refused.value.refusal


async def rows(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.connect() as conn:
        return list((await conn.execute(sa.text(statement))).all())


async def assert_no_deadlock(engine: AsyncEngine) -> None:
    """The kernel would have run the losers of a deadlock again, so that nothing else shows one."""
    await engine.dispose()

    async def counted() -> bool:
        # A session's counts are complete once it has ended.
        others = "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
        return await rows(engine, others) == [(0,)]

    await eventually(counted)
    assert await rows(engine, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


async def assert_vacancies_are_what_uses_leave(engine: AsyncEngine) -> None:
    wrong = await rows(
        engine,
        """
        SELECT cells.code FROM cells WHERE pool IS NOT NULL AND
            (SELECT range_agg(period) FROM vacancies WHERE cell = cells.code) IS DISTINCT FROM
            datemultirange(daterange(NULL, NULL)) - coalesce((SELECT range_agg(period) FROM bed_uses
                WHERE cell = cells.code AND given_up_at IS NULL), '{}')
        """,
    )
    assert wrong == []


async def test_an_approved_candidacy_is_proposed_a_bed_that_fits(bench: Bench, clock: SettableClock) -> None:
    candidacy, asked = uuid7(), str(uuid7())
    (reply,) = await bench.deliver(a_request(), subject=candidacy, event_id=asked)
    assert reply.event_type == ASSIGNED
    assert reply.key == candidacy
    assert reply.topic == "placement.stay.v1"
    assert reply.body == {
        "candidacy_id": str(candidacy),
        "request_id": asked,
        "decision_number": DECISION,
        "stay_id": reply.body["stay_id"],
        "cell": "DON-F1-U2-C10",
        "state": "proposed",
        "confirm_by": (clock.now + timedelta(days=21)).isoformat().replace("+00:00", "Z"),
        "starts_on": "2027-01-04",
        "ends_on": "2028-07-01",
        "from_waiting_list": False,
        "unit_cell": None,
        "unit_from": None,
    }


async def test_each_need_takes_cells_of_its_own_wing_and_type_only(bench: Bench) -> None:
    cells = [
        the(await bench.deliver(a_request(wing_sex=sex, cell_type=kind), subject=uuid7()), ASSIGNED).body["cell"]
        for sex in WingSex
        for kind in CellType
    ]
    assert cells == ["DON-H1-U1-C01", "DON-H1-U4-C09", "DON-F1-U1-C01", "DON-F1-U2-C10"]


async def test_who_needs_a_standard_cell_spends_the_first_weeks_in_an_arrival_cell(
    bench: Bench, engine: AsyncEngine
) -> None:
    (reply,) = await bench.deliver(a_request(cell_type=CellType.STANDARD), subject=uuid7())
    shown = {name: reply.body[name] for name in ("cell", "starts_on", "unit_cell", "unit_from", "ends_on")}
    assert shown == {
        "cell": "DON-F1-U1-C01",
        "starts_on": "2027-01-04",
        "unit_cell": "DON-F1-U1-C03",
        "unit_from": "2027-01-25",
        "ends_on": "2028-07-01",
    }
    held = "SELECT cell, nights::text, period::text FROM bed_uses ORDER BY nights"
    assert await rows(engine, held) == [
        ("DON-F1-U1-C01", "[2027-01-04,2027-01-25)", "[2027-01-04,2027-01-26)"),
        ("DON-F1-U1-C03", "[2027-01-25,2028-07-01)", "[2027-01-25,2028-07-02)"),
    ]
    await bench.deliver(a_request(cell_type=CellType.STANDARD), subject=uuid7())
    (third,) = await bench.deliver(a_request(cell_type=CellType.STANDARD), subject=uuid7())
    # Both arrival cells of the wing are taken.
    assert (third.body["cell"], third.body["unit_cell"]) == ("DON-F1-U1-C05", None)
    await assert_vacancies_are_what_uses_leave(engine)


async def test_a_need_without_a_free_bed_goes_on_the_list(bench: Bench) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    (reply,) = await bench.deliver(a_request(file_number=2), subject=uuid7())
    assert (reply.event_type, reply.body["reason"]) == (WAITLISTED, "no_free_bed")


async def test_a_need_that_no_bed_of_the_site_can_ever_serve_says_so(engine: AsyncEngine, clock: SettableClock) -> None:
    arras = Bench(engine, consumer, site="ARR", clock=clock)
    candidacy = uuid7()
    (reply,) = await arras.deliver(a_request(), subject=candidacy)
    assert (reply.event_type, reply.body["reason"]) == (WAITLISTED, "no_compatible_pool")
    (again,) = await arras.deliver(a_request(), subject=candidacy, version=2)
    assert (again.event_type, again.body["reason"]) == (WAITLISTED, "no_compatible_pool")
    (left,) = await arras.deliver(a_cancellation(), subject=candidacy, version=3)
    assert left.body["left_waiting_list"] is True


async def test_a_bed_is_proposed_again_for_a_time_that_its_stays_leave_free(bench: Bench, engine: AsyncEngine) -> None:
    def months(first: date, last: date) -> dict[str, date]:
        return {"planned_entry": first, "projected_exit": last}

    middle = months(date(2027, 3, 1), date(2027, 6, 1))
    replies = [
        await bench.deliver(a_request(file_number=number, **period), subject=uuid7())
        for number, period in enumerate(
            (
                middle,
                # A day of cleaning lies between two stays.
                months(date(2027, 6, 2), date(2027, 9, 1)),
                months(date(2027, 1, 1), date(2027, 2, 28)),
                months(date(2027, 12, 1), date(2028, 1, 1)),
                months(date(2027, 9, 2), date(2027, 11, 30)),
                months(date(2027, 2, 28), date(2027, 3, 2)),
            )
        )
    ]
    assert [types(reply) for reply in replies] == [["bed_assigned"]] * 5 + [["bed_waitlisted"]]
    await assert_vacancies_are_what_uses_leave(engine)


async def test_a_cancellation_frees_the_bed_and_proposes_it_to_the_next(bench: Bench, engine: AsyncEngine) -> None:
    holder, late, early = uuid7(), uuid7(), uuid7()
    held = the(await bench.deliver(a_request(), subject=holder), ASSIGNED)
    await bench.deliver(a_request(file_number=8, decision_number="DON-8"), subject=late)
    (listed,) = await bench.deliver(a_request(file_number=3, decision_number="DON-3"), subject=early, event_id="early")
    cancelled = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    released, promoted = the(cancelled, RELEASED), the(cancelled, ASSIGNED)
    assert len(cancelled) == 2
    assert released.body["stay_id"] == held.body["stay_id"]
    assert (released.body["request_id"], released.key) == ("cancel", holder)
    assert promoted.key == early
    assert promoted.body["from_waiting_list"] is True
    # What the promoted person is told goes back to the own request, whoever's cancellation made it possible.
    assert (promoted.body["request_id"], promoted.body["decision_number"]) == ("early", "DON-3")
    assert promoted.headers["ce_causationid"] == "cancel"
    assert promoted.headers["ce_subject"] == listed.headers["ce_subject"]
    assert int(promoted.headers["ce_aggregateversion"]) == int(listed.headers["ce_aggregateversion"]) + 1
    await assert_vacancies_are_what_uses_leave(engine)


async def test_a_cancelled_bed_is_promoted_exactly_once(bench: Bench, engine: AsyncEngine) -> None:
    holder = uuid7()
    await bench.deliver(a_request(), subject=holder)
    for number in (2, 3):
        await bench.deliver(a_request(file_number=number), subject=uuid7())
    first = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    same = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    other = await bench.deliver(a_cancellation(), subject=holder, version=3)
    assert types(first) == ["bed_released", "bed_assigned"]
    assert types(same) == []
    assert types(other) == ["nothing_to_release"]
    assert await rows(engine, "SELECT count(*) FROM assignments WHERE state = 'proposed'") == [(1,)]


async def test_a_cancellation_on_the_list_leaves_it(bench: Bench) -> None:
    holder, waiting = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    (left,) = await bench.deliver(a_cancellation(), subject=waiting, version=2, event_id="cancel")
    assert (left.event_type, left.body["left_waiting_list"], left.body["request_id"]) == (NOTHING, True, "cancel")
    assert types(await bench.deliver(a_cancellation(), subject=holder, version=2)) == ["bed_released"]


async def test_a_cancellation_that_comes_first_is_answered_and_its_order_has_no_effect(bench: Bench) -> None:
    candidacy = uuid7()
    (nothing,) = await bench.deliver(a_cancellation(), subject=candidacy)
    assert (nothing.event_type, nothing.body["left_waiting_list"]) == (NOTHING, False)
    for version, order in ((2, a_request()), (3, a_change())):
        (void,) = await bench.deliver(order, subject=candidacy, version=version, event_id=f"order-{version}")
        assert (void.event_type, void.body["request_id"]) == (NOTHING, f"order-{version}")
    (anew,) = await bench.deliver(a_request(decision_number="DON-2"), subject=candidacy, version=4)
    assert (anew.event_type, anew.body["decision_number"]) == (ASSIGNED, "DON-2")


async def test_a_change_that_comes_first_is_an_order(bench: Bench) -> None:
    assert types(await bench.deliver(a_change(), subject=uuid7())) == ["bed_assigned"]


@pytest.mark.parametrize("order", [a_request(), a_change()])
async def test_an_order_redelivered_under_another_id_is_told_what_stands(
    bench: Bench, clock: SettableClock, order: Any
) -> None:
    holder, waiting = uuid7(), uuid7()
    (held,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)

    (again,) = await bench.deliver(order, subject=holder, version=2, event_id="again")
    assert again.body == held.body | {"request_id": "again"}
    (listed,) = await bench.deliver(order, subject=waiting, version=2, event_id="again-2")
    assert (listed.event_type, listed.body["request_id"]) == (WAITLISTED, "again-2")

    (confirmed,) = await confirm(bench, held)
    (third,) = await bench.deliver(order, subject=holder, version=3, event_id="third")
    assert third.body == confirmed.body | {"request_id": "third"}

    (promoted,) = [
        one for one in await bench.deliver(a_cancellation(), subject=holder, version=4) if one.key == waiting
    ]
    clock.forward(timedelta(days=22))
    assert types(await bench.fire_timers()) == ["assignment_expired"]
    (late,) = await bench.deliver(order, subject=waiting, version=3, event_id="late")
    assert (late.event_type, late.body["stay_id"]) == (EXPIRED, promoted.body["stay_id"])


async def test_an_older_decision_changes_nothing_and_is_answered(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid7()
    await bench.deliver(a_request(decision_number="DON-9"), subject=candidacy)
    older = {"decision_number": "DON-1", "decided_on": date(2026, 10, 1)}
    for version, order in enumerate(
        (a_request(**older), a_change(**older), a_cancellation(decision_number="DON-1")), 2
    ):
        (reply,) = await bench.deliver(order, subject=candidacy, version=version, event_id=f"old-{version}")
        assert (reply.event_type, reply.body["left_waiting_list"]) == (NOTHING, False)
        assert (reply.body["request_id"], reply.body["decision_number"]) == (f"old-{version}", "DON-1")
    assert await rows(engine, "SELECT state, decision_number FROM requests") == [("proposed", "DON-9")]


async def test_a_newer_decision_replaces_the_one_before(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid7()
    (before,) = await bench.deliver(a_request(), subject=candidacy)
    (after,) = await bench.deliver(
        a_request(decision_number="DON-2", cell_type=CellType.STANDARD), subject=candidacy, version=2
    )
    assert (after.event_type, after.body["decision_number"]) == (ASSIGNED, "DON-2")
    assert after.body["stay_id"] != before.body["stay_id"]
    assert await rows(engine, "SELECT state FROM assignments ORDER BY proposed_at, state") == [
        ("proposed",),
        ("released",),
    ]


async def test_a_change_moves_to_another_pool_and_the_bed_goes_to_the_next(bench: Bench, engine: AsyncEngine) -> None:
    holder, waiting = uuid7(), uuid7()
    (before,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    published = await bench.deliver(a_change(cell_type=CellType.STANDARD), subject=holder, version=2)
    by_key = {one.key: one for one in published}
    assert types(published) == ["bed_assigned", "bed_assigned"]
    assert by_key[holder].body["unit_cell"] == "DON-F1-U1-C03"
    assert by_key[holder].body["from_waiting_list"] is False
    assert by_key[waiting].body["cell"] == before.body["cell"]
    assert by_key[waiting].body["from_waiting_list"] is True
    assert await refusal(bench, UUID(before.body["stay_id"])) is Refusal.STAY_RELEASED
    await assert_vacancies_are_what_uses_leave(engine)


async def test_a_change_goes_in_line_behind_an_earlier_decision(bench: Bench) -> None:
    holder, earlier = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(decided_on=date(2026, 10, 1)), subject=earlier)
    published = await bench.deliver(a_change(planned_entry=date(2027, 1, 5)), subject=holder, version=2)
    assert [(one.event_type, one.key) for one in published] == [(ASSIGNED, earlier), (WAITLISTED, holder)]


async def test_a_change_on_the_list_keeps_to_one_place_in_it(bench: Bench, engine: AsyncEngine) -> None:
    holder, waiting = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    (still,) = await bench.deliver(a_change(planned_entry=date(2027, 1, 5)), subject=waiting, version=2)
    assert still.event_type == WAITLISTED
    (free,) = await bench.deliver(
        a_change(planned_entry=date(2029, 1, 1), projected_exit=date(2030, 1, 1)), subject=waiting, version=3
    )
    assert (free.event_type, free.body["from_waiting_list"]) == (ASSIGNED, False)


async def test_a_candidacy_with_a_held_key_is_passed_over_until_its_event_is_known(
    bench: Bench, engine: AsyncEngine
) -> None:
    holder, first, second = uuid7(), uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(file_number=2), subject=first)
    await bench.deliver(a_request(file_number=3), subject=second)
    # An event that can never be applied holds the key of the first in line.
    nonsense = a_change(planned_entry=date(2027, 1, 1), projected_exit=date(2027, 1, 1))
    await bench.dispatcher.dispatch([record(nonsense, subject=first, version=2)])
    published = await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert the(published, ASSIGNED).key == second
    assert await rows(engine, "SELECT state FROM requests WHERE file_number = 2") == [("waitlisted",)]
    async with bench.transaction() as tx:
        assert await held(tx, ACCOMMODATION_REQUEST, [first, second]) == {first}


@pytest.mark.parametrize(
    ("site", "event"),
    [
        ("DON", a_request(planned_entry=date(2027, 1, 1), projected_exit=date(2027, 1, 1))),
        ("DON", a_request(planned_entry=date(2027, 1, 2), projected_exit=date(2027, 1, 1))),
        ("ARR", a_request()),
        ("ARR", a_cancellation()),
    ],
)
async def test_a_stay_without_days_or_of_another_site_is_dead_and_changes_nothing(
    bench: Bench, engine: AsyncEngine, site: str, event: Any
) -> None:
    await bench.dispatcher.dispatch([record(event, subject=uuid7(), site=site)])
    assert bench.dispatcher.counts["dead"] == 1
    assert await rows(engine, "SELECT count(*) FROM requests") == [(0,)]


async def test_an_officer_confirms_a_proposal_once_and_its_timer_is_gone(
    bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    candidacy = uuid7()
    (proposed,) = await bench.deliver(a_request(), subject=candidacy, event_id="order")
    (confirmed,) = await confirm(bench, proposed)
    assert confirmed.event_type == CONFIRMED
    assert confirmed.key == candidacy
    assert confirmed.body == {
        "candidacy_id": str(candidacy),
        "request_id": "order",
        "decision_number": DECISION,
        "stay_id": proposed.body["stay_id"],
        "confirmed_by_function": "placement_officer",
    }
    assert await rows(engine, "SELECT state, confirmed_by FROM assignments") == [("confirmed", "officer-7")]
    assert await refusal(bench, UUID(proposed.body["stay_id"])) is Refusal.STAY_CONFIRMED
    assert await rows(engine, "SELECT count(*) FROM messaging.timer") == [(0,)]
    clock.forward(timedelta(days=22))
    assert await bench.fire_timers() == []


async def test_a_stay_that_is_not_proposed_is_not_confirmed(bench: Bench, engine: AsyncEngine) -> None:
    holder, waiting = uuid7(), uuid7()
    (proposed,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    ((stay,),) = await rows(engine, "SELECT stay_id FROM requests WHERE state = 'waitlisted'")
    assert await refusal(bench, stay) is Refusal.STAY_WAITING
    await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert await refusal(bench, UUID(proposed.body["stay_id"])) is Refusal.STAY_RELEASED
    assert await refusal(bench, uuid7()) is Refusal.STAY_UNKNOWN


async def test_a_proposal_past_its_date_is_overdue_and_keeps_its_bed(
    bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    holder = uuid7()
    (proposed,) = await bench.deliver(a_request(), subject=holder)
    clock.forward(timedelta(days=21) - timedelta(seconds=1))
    assert await bench.fire_timers() == []
    clock.forward(timedelta(seconds=1))
    (expired,) = await bench.fire_timers()
    assert (expired.event_type, expired.key) == (EXPIRED, holder)
    assert expired.body["stay_id"] == proposed.body["stay_id"]
    assert int(expired.headers["ce_aggregateversion"]) == 2
    assert await refusal(bench, UUID(proposed.body["stay_id"])) is Refusal.PROPOSAL_OVERDUE
    assert types(await bench.deliver(a_request(), subject=uuid7())) == ["bed_waitlisted"]
    assert types(await bench.deliver(a_cancellation(), subject=holder, version=2)) == ["bed_released", "bed_assigned"]
    assert await rows(engine, "SELECT overdue FROM requests WHERE overdue") == []


async def test_a_timer_whose_proposal_stands_no_more_says_nothing(bench: Bench, clock: SettableClock) -> None:
    candidacy = uuid7()
    (before,) = await bench.deliver(a_request(), subject=candidacy)
    await bench.deliver(a_change(planned_entry=date(2027, 1, 5)), subject=candidacy, version=2)
    async with bench.transaction() as tx:
        body = handlers.Proposal(stay_id=UUID(before.body["stay_id"]))
        request = UUID(before.headers["ce_subject"])
        await schedule(tx, handlers.PROPOSAL, request, clock.now, body)
    assert await bench.fire_timers() == []


async def test_a_timer_waits_for_nobody_who_works_on_its_request(
    bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    clock.forward(timedelta(days=21))
    async with engine.begin() as conn:
        await conn.execute(sa.text("SELECT 1 FROM requests FOR UPDATE"))
        assert await bench.fire_timers() == []
    # It gave way by itself: to wait would have ended in the lock's timeout.
    assert await rows(engine, "SELECT reason_code FROM messaging.timer") == [("handler-error",)]
    clock.forward(timedelta(minutes=1))
    assert types(await bench.fire_timers()) == ["assignment_expired"]


async def test_an_order_that_changed_pools_between_the_two_locks_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidacy = uuid7()
    await bench.deliver(a_request(), subject=candidacy)

    async def lock_none(conn: AsyncConnection, candidacy_id: UUID, wanted: str | None) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(store, "lock_pools", lock_none)
    await bench.dispatcher.dispatch([record(a_cancellation(), subject=candidacy, version=2)])
    assert bench.dispatcher.counts["parked"] == 1


async def test_fifty_at_once_for_the_only_adapted_womens_cell_give_one_proposal_and_an_ordered_list(
    bench: Bench, engine: AsyncEngine
) -> None:
    candidacies = {number: uuid7() for number in range(1, 51)}
    records = [record(a_request(file_number=number), subject=id_) for number, id_ in candidacies.items()]
    await at_once(bench, records)
    replies = await bench.published()
    assert sorted(types(replies)) == ["bed_assigned"] + ["bed_waitlisted"] * 49
    assert {one.key for one in replies} == set(candidacies.values())
    # Freed again and again, the cell goes down the list in the order of the files.
    holder = the(replies, ASSIGNED).key
    expected = [number for number, id_ in candidacies.items() if id_ != holder]
    in_line = await rows(engine, "SELECT file_number FROM requests WHERE state = 'waitlisted' ORDER BY 1")
    assert [number for (number,) in in_line] == expected
    promoted = []
    for _ in expected[:6]:
        assert holder
        published = await bench.deliver(a_cancellation(), subject=holder, version=2)
        assert types(published) == ["bed_released", "bed_assigned"]
        holder = the(published, ASSIGNED).key
        promoted.append(next(number for number, id_ in candidacies.items() if id_ == holder))
    assert promoted == expected[:6]
    await assert_vacancies_are_what_uses_leave(engine)


async def test_cancellations_and_orders_at_once_never_leave_a_free_bed_beside_somebody_waiting(
    bench: Bench, engine: AsyncEngine
) -> None:
    candidacies = [uuid7() for _ in range(40)]
    women = {"cell_type": CellType.STANDARD}
    orders = [record(a_request(file_number=n, **women), subject=id_) for n, id_ in enumerate(candidacies)]
    await at_once(bench, orders)
    later = [record(a_cancellation(), subject=id_, version=2) for id_ in candidacies[:20]]
    later += [
        record(a_change(file_number=n, wing_sex=WingSex.WOMEN), subject=candidacies[n], version=2)
        for n in range(20, 24)
    ]
    later += [record(a_request(file_number=100 + n, **women), subject=uuid7()) for n in range(10)]
    await at_once(bench, later)
    assert bench.dispatcher.counts == {"applied": 74}
    assert await rows(
        engine, "SELECT pool, state, count(*) FROM requests WHERE state <> 'cancelled' GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [
        ("DON-F-adapted", "proposed", 1),
        ("DON-F-adapted", "waitlisted", 3),
        ("DON-F-standard", "proposed", 17),
        ("DON-F-standard", "waitlisted", 9),
    ]
    await assert_vacancies_are_what_uses_leave(engine)
    await assert_no_deadlock(engine)
