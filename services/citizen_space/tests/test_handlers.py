"""Each event gets exactly one reply, seats go in the order of the lists, and nobody gets two."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.citizen_space import handlers, store
from services.citizen_space.consumers import consumer
from services.citizen_space.domain import Refusal, Refused
from services.citizen_space.tests.builders import DECISION, a_cancellation, a_change, a_request
from shared.contracts.selection import TRAINING_REQUEST
from shared.messaging import Actor, held
from shared.messaging.drainer import Kept
from shared.testing.kernel import Bench, Published, record
from shared.testing.waiting import eventually

ENROLLED = "citizen-space.enrolment.enrolled.v1"
CONFIRMED = "citizen-space.enrolment.confirmed.v1"
WAITLISTED = "citizen-space.enrolment.waitlisted.v1"
PROMOTED = "citizen-space.enrolment.promoted.v1"
CANCELLED = "citizen-space.enrolment.cancelled.v1"
NOTHING = "citizen-space.enrolment.nothing_to_cancel.v1"
LEAD = Actor("training_lead", "L411-1 Code pénitentiaire", "LED")


def types(published: list[Published]) -> list[str]:
    return [one.event_type.removeprefix("citizen-space.enrolment.").removesuffix(".v1") for one in published]


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
    async with bench.transaction(LEAD) as tx:
        await handlers.confirm_enrolment(tx, UUID(reply.body["enrolment_id"]), "lead-7")
    return await bench.published()


async def refusal(bench: Bench, enrolment_id: UUID) -> Refusal:
    with pytest.raises(Refused) as refused:
        async with bench.transaction(LEAD) as tx:
            await handlers.confirm_enrolment(tx, enrolment_id, "lead-7")
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


async def assert_taken_is_what_enrolments_hold(engine: AsyncEngine) -> None:
    wrong = await rows(
        engine,
        "SELECT code FROM cohorts WHERE taken <> (SELECT count(*) FROM enrolments"
        " WHERE cohort = cohorts.code AND state <> 'cancelled')",
    )
    assert wrong == []


async def test_an_approved_candidacy_is_reserved_a_seat_of_its_wish(bench: Bench) -> None:
    candidacy, asked = uuid7(), str(uuid7())
    (reply,) = await bench.deliver(a_request(), subject=candidacy, event_id=asked)
    assert reply.event_type == ENROLLED
    assert reply.key == candidacy
    assert reply.topic == "citizen-space.enrolment.v1"
    assert reply.body == {
        "candidacy_id": str(candidacy),
        "request_id": asked,
        "decision_number": DECISION,
        "enrolment_id": reply.body["enrolment_id"],
        "activity": "DON-ONE",
        "starts_on": "2030-02-04",
        "state": "reserved",
    }


async def test_the_dearest_wish_with_a_seat_comes_first_whatever_starts_sooner(bench: Bench) -> None:
    wishes = ("DON-LAUNDRY", "DON-TWO", "DON-SIX", "DON-ONE")
    got = [
        the(await bench.deliver(a_request(file_number=n, wishes=wishes), subject=uuid7()), ENROLLED).body
        for n in range(5)
    ]
    assert [(one["activity"], one["starts_on"]) for one in got] == [
        ("DON-TWO", "2030-02-04"),
        ("DON-SIX", "2030-02-04"),
        ("DON-SIX", "2030-02-04"),
        ("DON-SIX", "2030-03-04"),
        ("DON-SIX", "2030-03-04"),
    ]


@pytest.mark.parametrize(
    ("need", "starts_on"),
    [
        ({"earliest_start": date(2030, 2, 4)}, "2030-02-04"),
        ({"earliest_start": date(2030, 2, 5)}, "2030-03-04"),
        ({"earliest_start": date(2030, 3, 5)}, None),
        ({"projected_exit": date(2030, 4, 26)}, "2030-02-04"),
        ({"projected_exit": date(2030, 4, 25)}, None),
    ],
)
async def test_a_cohort_starts_after_arrival_and_ends_before_the_exit(
    bench: Bench, need: dict[str, Any], starts_on: str | None
) -> None:
    (reply,) = await bench.deliver(a_request(wishes=("DON-SIX",), **need), subject=uuid7())
    assert reply.body.get("starts_on") == starts_on
    assert (reply.event_type == ENROLLED) is bool(starts_on)


@pytest.mark.parametrize("wishes", [(), ("DON-LAUNDRY", "DON-GREEN"), ("DON-NOWHERE",), ("ARR-BASIC",)])
async def test_without_a_training_of_the_site_among_the_wishes_nothing_is_reserved(
    bench: Bench, wishes: tuple[str, ...]
) -> None:
    candidacy = uuid7()
    (reply,) = await bench.deliver(a_request(wishes=wishes), subject=candidacy)
    assert (reply.event_type, reply.body["reason"]) == (WAITLISTED, "no_training_wished")
    (again,) = await bench.deliver(a_request(wishes=wishes), subject=candidacy, version=2)
    assert (again.event_type, again.body["reason"]) == (WAITLISTED, "no_training_wished")
    (left,) = await bench.deliver(a_cancellation(), subject=candidacy, version=3)
    assert left.body["left_waiting_list"] is True


async def test_who_finds_no_seat_is_on_all_wished_lists_and_the_first_promotion_takes_it_from_the_others(
    bench: Bench, engine: AsyncEngine
) -> None:
    one, two, both, after = uuid7(), uuid7(), uuid7(), uuid7()
    await bench.deliver(a_request(), subject=one)
    await bench.deliver(a_request(wishes=("DON-TWO",)), subject=two)
    (listed,) = await bench.deliver(a_request(wishes=("DON-ONE", "DON-TWO"), file_number=2), subject=both)
    assert (listed.event_type, listed.body["reason"]) == (WAITLISTED, "no_free_seat")
    await bench.deliver(a_request(file_number=3), subject=after)

    promoted = the(await bench.deliver(a_cancellation(), subject=two, version=2), PROMOTED)
    assert (promoted.key, promoted.body["activity"]) == (both, "DON-TWO")
    promoted = the(await bench.deliver(a_cancellation(), subject=one, version=2), PROMOTED)
    assert (promoted.key, promoted.body["activity"]) == (after, "DON-ONE")
    await assert_taken_is_what_enrolments_hold(engine)


async def test_a_cancellation_frees_the_seat_and_promotes_the_next(bench: Bench, engine: AsyncEngine) -> None:
    holder, late, early = uuid7(), uuid7(), uuid7()
    held_seat = the(await bench.deliver(a_request(), subject=holder), ENROLLED)
    await bench.deliver(a_request(file_number=8, decision_number="DON-8"), subject=late)
    (listed,) = await bench.deliver(a_request(file_number=3, decision_number="DON-3"), subject=early, event_id="early")
    cancelled = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    freed, promoted = the(cancelled, CANCELLED), the(cancelled, PROMOTED)
    assert len(cancelled) == 2
    assert freed.body["enrolment_id"] == held_seat.body["enrolment_id"]
    assert (freed.body["request_id"], freed.key) == ("cancel", holder)
    assert promoted.key == early
    # What the promoted person is told goes back to the own request, whoever's cancellation made it possible.
    assert (promoted.body["request_id"], promoted.body["decision_number"]) == ("early", "DON-3")
    assert promoted.headers["ce_causationid"] == "cancel"
    assert promoted.headers["ce_subject"] == listed.headers["ce_subject"]
    assert int(promoted.headers["ce_aggregateversion"]) == int(listed.headers["ce_aggregateversion"]) + 1
    await assert_taken_is_what_enrolments_hold(engine)


async def test_somebody_who_does_not_fit_the_freed_cohort_is_passed_over_for_who_does(bench: Bench) -> None:
    holder, too_late, fits = uuid7(), uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(file_number=2, earliest_start=date(2030, 2, 5)), subject=too_late)
    await bench.deliver(a_request(file_number=3), subject=fits)
    assert the(await bench.deliver(a_cancellation(), subject=holder, version=2), PROMOTED).key == fits


async def test_a_cancelled_seat_is_promoted_exactly_once(bench: Bench, engine: AsyncEngine) -> None:
    holder = uuid7()
    await bench.deliver(a_request(), subject=holder)
    for number in (2, 3):
        await bench.deliver(a_request(file_number=number), subject=uuid7())
    first = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    same = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    other = await bench.deliver(a_cancellation(), subject=holder, version=3)
    assert types(first) == ["cancelled", "promoted"]
    assert types(same) == []
    assert types(other) == ["nothing_to_cancel"]
    assert await rows(engine, "SELECT count(*) FROM enrolments WHERE state = 'reserved'") == [(1,)]


async def test_a_cancellation_on_the_list_leaves_it(bench: Bench) -> None:
    holder, waiting = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    (left,) = await bench.deliver(a_cancellation(), subject=waiting, version=2, event_id="cancel")
    assert (left.event_type, left.body["left_waiting_list"], left.body["request_id"]) == (NOTHING, True, "cancel")
    assert types(await bench.deliver(a_cancellation(), subject=holder, version=2)) == ["cancelled"]


async def test_a_cancellation_that_comes_first_is_answered_and_its_order_has_no_effect(bench: Bench) -> None:
    candidacy = uuid7()
    (nothing,) = await bench.deliver(a_cancellation(), subject=candidacy)
    assert (nothing.event_type, nothing.body["left_waiting_list"]) == (NOTHING, False)
    for version, order in ((2, a_request()), (3, a_change())):
        (void,) = await bench.deliver(order, subject=candidacy, version=version, event_id=f"order-{version}")
        assert (void.event_type, void.body["request_id"]) == (NOTHING, f"order-{version}")
    (anew,) = await bench.deliver(a_request(decision_number="DON-2"), subject=candidacy, version=4)
    assert (anew.event_type, anew.body["decision_number"]) == (ENROLLED, "DON-2")


async def test_a_change_that_comes_first_is_an_order(bench: Bench) -> None:
    assert types(await bench.deliver(a_change(), subject=uuid7())) == ["enrolled"]


@pytest.mark.parametrize("order", [a_request(), a_change()])
async def test_an_order_redelivered_under_another_id_is_told_what_stands(bench: Bench, order: Any) -> None:
    holder, waiting = uuid7(), uuid7()
    (seat,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)

    (again,) = await bench.deliver(order, subject=holder, version=2, event_id="again")
    assert again.body == seat.body | {"request_id": "again"}
    (listed,) = await bench.deliver(order, subject=waiting, version=2, event_id="again-2")
    assert (listed.event_type, listed.body["request_id"]) == (WAITLISTED, "again-2")

    (confirmed,) = await confirm(bench, seat)
    (third,) = await bench.deliver(order, subject=holder, version=3, event_id="third")
    assert third.body == confirmed.body | {"request_id": "third"}

    promoted = the(await bench.deliver(a_cancellation(), subject=holder, version=4), PROMOTED)
    (fourth,) = await bench.deliver(order, subject=waiting, version=3, event_id="fourth")
    assert (fourth.event_type, fourth.body) == (PROMOTED, promoted.body | {"request_id": "fourth"})


async def test_an_older_decision_changes_nothing_and_is_answered(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid7()
    await bench.deliver(a_request(decision_number="DON-9"), subject=candidacy)
    older = {"decision_number": "DON-1", "decided_on": date(2029, 10, 1)}
    for version, order in enumerate(
        (a_request(**older), a_change(**older), a_cancellation(decision_number="DON-1")), 2
    ):
        (reply,) = await bench.deliver(order, subject=candidacy, version=version, event_id=f"old-{version}")
        assert (reply.event_type, reply.body["left_waiting_list"]) == (NOTHING, False)
        assert (reply.body["request_id"], reply.body["decision_number"]) == (f"old-{version}", "DON-1")
    assert await rows(engine, "SELECT state, decision_number FROM requests") == [("reserved", "DON-9")]


async def test_a_newer_decision_replaces_the_one_before(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid7()
    (before,) = await bench.deliver(a_request(), subject=candidacy)
    (after,) = await bench.deliver(
        a_request(decision_number="DON-2", wishes=("DON-SIX",)), subject=candidacy, version=2
    )
    assert (after.event_type, after.body["decision_number"]) == (ENROLLED, "DON-2")
    assert after.body["enrolment_id"] != before.body["enrolment_id"]
    assert await rows(engine, "SELECT cohort, state FROM enrolments ORDER BY cohort") == [
        ("DON-ONE-A", "cancelled"),
        ("DON-SIX-A", "reserved"),
    ]
    await assert_taken_is_what_enrolments_hold(engine)


async def test_a_change_moves_to_another_training_and_the_seat_goes_to_the_next(bench: Bench) -> None:
    holder, waiting = uuid7(), uuid7()
    (before,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    published = await bench.deliver(a_change(wishes=("DON-TWO",)), subject=holder, version=2)
    assert len(published) == 2
    assert (the(published, ENROLLED).key, the(published, ENROLLED).body["activity"]) == (holder, "DON-TWO")
    assert (the(published, PROMOTED).key, the(published, PROMOTED).body["activity"]) == (waiting, "DON-ONE")
    assert await refusal(bench, UUID(before.body["enrolment_id"])) is Refusal.ENROLMENT_CANCELLED


async def test_a_change_goes_in_line_behind_an_earlier_decision(bench: Bench) -> None:
    holder, earlier = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(decided_on=date(2029, 10, 1)), subject=earlier)
    published = await bench.deliver(a_change(projected_exit=date(2031, 8, 1)), subject=holder, version=2)
    assert [(one.event_type, one.key) for one in published] == [(PROMOTED, earlier), (WAITLISTED, holder)]


async def test_a_change_on_the_lists_keeps_to_one_place_in_them(bench: Bench) -> None:
    holder, waiting = uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    assert types(await bench.deliver(a_change(projected_exit=date(2031, 8, 1)), subject=waiting, version=2)) == [
        "waitlisted"
    ]
    assert types(await bench.deliver(a_change(wishes=("DON-TWO",)), subject=waiting, version=3)) == ["enrolled"]


async def test_a_candidacy_with_a_held_key_is_passed_over_until_its_event_is_known(
    bench: Bench, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, first, second = uuid7(), uuid7(), uuid7()
    await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(file_number=2), subject=first)
    await bench.deliver(a_request(file_number=3), subject=second)
    # The key of the first in line is held by a cancellation that could not be applied yet.
    with monkeypatch.context() as broken:
        broken.setattr(store, "save", None)
        await bench.dispatcher.dispatch([record(a_cancellation(), subject=first, version=2)])
    async with bench.transaction() as tx:
        assert await held(tx, TRAINING_REQUEST, [first, second]) == {first}
    published = await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert the(published, PROMOTED).key == second
    assert await rows(engine, "SELECT state FROM requests WHERE file_number = 2") == [("waitlisted",)]


@pytest.mark.parametrize("event", [a_request(), a_cancellation()])
async def test_an_order_of_another_site_is_dead_and_changes_nothing(
    bench: Bench, engine: AsyncEngine, event: Any
) -> None:
    await bench.dispatcher.dispatch([record(event, subject=uuid7(), site="ARR")])
    assert bench.dispatcher.counts["dead"] == 1
    assert await rows(engine, "SELECT count(*) FROM requests") == [(0,)]


async def test_the_training_lead_confirms_a_reservation_once(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid7()
    (reserved,) = await bench.deliver(a_request(), subject=candidacy, event_id="order")
    (confirmed,) = await confirm(bench, reserved)
    assert (confirmed.event_type, confirmed.key) == (CONFIRMED, candidacy)
    assert confirmed.body == {
        "candidacy_id": str(candidacy),
        "request_id": "order",
        "decision_number": DECISION,
        "enrolment_id": reserved.body["enrolment_id"],
        "confirmed_by_function": "training_lead",
    }
    assert await rows(engine, "SELECT state, confirmed_by FROM enrolments") == [("confirmed", "lead-7")]
    assert await refusal(bench, UUID(reserved.body["enrolment_id"])) is Refusal.ENROLMENT_CONFIRMED
    await assert_taken_is_what_enrolments_hold(engine)


async def test_an_enrolment_that_is_not_reserved_is_not_confirmed(bench: Bench, engine: AsyncEngine) -> None:
    holder, waiting = uuid7(), uuid7()
    (reserved,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(), subject=waiting)
    ((enrolment,),) = await rows(engine, "SELECT enrolment_id FROM requests WHERE state = 'waitlisted'")
    assert await refusal(bench, enrolment) is Refusal.ENROLMENT_WAITING
    await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert await refusal(bench, UUID(reserved.body["enrolment_id"])) is Refusal.ENROLMENT_CANCELLED
    assert await refusal(bench, uuid7()) is Refusal.ENROLMENT_UNKNOWN


async def test_an_order_whose_wishes_changed_between_the_two_locks_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidacy = uuid7()
    await bench.deliver(a_request(), subject=candidacy)

    async def lock_none(conn: AsyncConnection, candidacy_id: UUID, site: str, wishes: tuple[str, ...]) -> tuple[str]:
        return ("DON-TWO",)

    monkeypatch.setattr(store, "lock_trainings", lock_none)
    await bench.dispatcher.dispatch([record(a_cancellation(), subject=candidacy, version=2)])
    assert bench.dispatcher.counts["parked"] == 1


async def test_fifty_at_once_for_one_seat_give_one_reservation_and_an_ordered_list(
    bench: Bench, engine: AsyncEngine
) -> None:
    candidacies = {number: uuid7() for number in range(1, 51)}
    records = [record(a_request(file_number=number), subject=id_) for number, id_ in candidacies.items()]
    await at_once(bench, records)
    replies = await bench.published()
    assert sorted(types(replies)) == ["enrolled"] + ["waitlisted"] * 49
    assert {one.key for one in replies} == set(candidacies.values())
    # Freed again and again, the seat goes down the list in the order of the files.
    holder = the(replies, ENROLLED).key
    expected = [number for number, id_ in candidacies.items() if id_ != holder]
    in_line = await rows(engine, "SELECT file_number FROM requests WHERE state = 'waitlisted' ORDER BY 1")
    assert [number for (number,) in in_line] == expected
    promoted = []
    for _ in expected[:6]:
        assert holder
        published = await bench.deliver(a_cancellation(), subject=holder, version=2)
        assert types(published) == ["cancelled", "promoted"]
        holder = the(published, PROMOTED).key
        promoted.append(next(number for number, id_ in candidacies.items() if id_ == holder))
    assert promoted == expected[:6]
    await assert_taken_is_what_enrolments_hold(engine)


async def test_two_seats_freed_at_once_never_both_go_to_the_same_person(bench: Bench, engine: AsyncEngine) -> None:
    one, two, both, after = uuid7(), uuid7(), uuid7(), uuid7()
    await bench.deliver(a_request(), subject=one)
    await bench.deliver(a_request(wishes=("DON-TWO",)), subject=two)
    await bench.deliver(a_request(wishes=("DON-ONE", "DON-TWO"), file_number=2), subject=both)
    await bench.deliver(a_request(wishes=("DON-ONE", "DON-TWO"), file_number=3), subject=after)
    async with engine.connect() as other, other.begin():
        # Whoever is promoted first is kept in the air, until both transactions have chosen the same person.
        await other.execute(sa.text("SELECT 1 FROM requests WHERE file_number = 2 FOR UPDATE"))
        racing = asyncio.gather(
            bench.dispatcher.dispatch([record(a_cancellation(), subject=one, version=2)]),
            bench.dispatcher.dispatch([record(a_cancellation(), subject=two, version=2)]),
        )

        async def both_wait() -> bool:
            blocked = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return await rows(engine, blocked) == [(2,)]

        await eventually(both_wait)
    await racing
    promoted = [one for one in await bench.published() if one.event_type == PROMOTED]
    assert {one.key for one in promoted} == {both, after}
    assert {one.body["activity"] for one in promoted} == {"DON-ONE", "DON-TWO"}
    assert bench.dispatcher.counts == {"applied": 6}
    await assert_taken_is_what_enrolments_hold(engine)


async def test_wishes_that_cross_never_lock_each_other_out(bench: Bench, engine: AsyncEngine) -> None:
    trainings = ("DON-ONE", "DON-TWO", "DON-SIX", "DON-BASIC", "DON-REMOTE")
    late = {"earliest_start": date(2030, 2, 1)}
    candidacies = [uuid7() for _ in range(40)]

    def wishes(number: int) -> tuple[str, ...]:
        return (*(trainings[number * step % 5] for step in (1, 3, 2)), "DON-LAUNDRY")

    orders = [
        record(a_request(file_number=n, wishes=wishes(n), **late), subject=id_) for n, id_ in enumerate(candidacies)
    ]
    await at_once(bench, orders)
    later = [record(a_cancellation(), subject=id_, version=2) for id_ in candidacies[:16]]
    later += [
        record(a_change(file_number=n, wishes=wishes(n + 1), **late), subject=candidacies[n], version=2)
        for n in range(16, 32)
    ]
    later += [record(a_request(file_number=100 + n, wishes=wishes(n), **late), subject=uuid7()) for n in range(8)]
    await at_once(bench, later)
    assert bench.dispatcher.counts == {"applied": 80}
    assert await rows(engine, "SELECT code FROM cohorts WHERE taken < capacity AND code LIKE 'DON-%-_'") == []
    await assert_taken_is_what_enrolments_hold(engine)
    await assert_no_deadlock(engine)


async def test_a_site_has_its_own_trainings_only(engine: AsyncEngine) -> None:
    arras = Bench(engine, consumer, site="ARR")
    (reply,) = await arras.deliver(a_request(wishes=("DON-ONE",)), subject=uuid7())
    assert reply.body["reason"] == "no_training_wished"
