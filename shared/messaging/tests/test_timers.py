"""Timers: durable, replaced, cancelled, fired once, in due order, with the state checked again under the lock."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging import Consumer, at, cancel, schedule, schedule_unless_set
from shared.messaging.tables import timer
from shared.messaging.tests import specimen
from shared.messaging.tests.conftest import SetClock
from shared.messaging.tests.specimen import Ring
from shared.messaging.tests.test_dispatch import words
from shared.messaging.timers import Timers
from shared.testing.kernel import Bench

KEY = UUID("01890000-0000-7000-8000-000000000009")


async def set_timer(bench: Bench, word: str, key: UUID = KEY, **later: float) -> None:
    async with bench.transaction() as tx:
        await schedule(tx, "ring", key, bench.clock() + timedelta(**later), Ring(word=word))


async def test_a_timer_fires_once_at_its_time_and_not_before(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    await set_timer(bench, "due", days=21)
    clock.forward(days=20, hours=23)
    await bench.fire_timers()
    assert await words(engine) == []
    clock.forward(hours=1)
    await bench.fire_timers()
    await bench.fire_timers()
    assert await words(engine) == ["due"]


async def test_the_same_kind_and_key_replaces(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    await set_timer(bench, "early", hours=1)
    await set_timer(bench, "late", hours=5)
    clock.forward(hours=2)
    await bench.fire_timers()
    assert await words(engine) == []
    clock.forward(hours=3)
    await bench.fire_timers()
    assert await words(engine) == ["late"]


async def test_a_timer_that_is_set_unless_there_is_one_replaces_none(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    for word, hours in (("first", 2), ("second", 1)):
        async with bench.transaction() as tx:
            await schedule_unless_set(tx, "ring", KEY, clock() + timedelta(hours=hours), Ring(word=word))
    clock.forward(hours=1)
    await bench.fire_timers()
    assert await words(engine) == []
    clock.forward(hours=1)
    await bench.fire_timers()
    assert await words(engine) == ["first"]


async def test_a_timer_belongs_to_its_callers_transaction(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    await set_timer(bench, "kept", hours=1)
    try:
        async with bench.transaction() as tx:
            assert await cancel(tx, "ring", KEY)
            await schedule(tx, "ring", uuid4(), clock(), Ring(word="never"))
            raise LookupError
    except LookupError:
        pass
    clock.forward(hours=1)
    await bench.fire_timers()
    assert await words(engine) == ["kept"]


async def test_a_cancelled_timer_never_fires(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    await set_timer(bench, "cancelled", hours=1)
    async with bench.transaction() as tx:
        assert await cancel(tx, "ring", KEY)
        assert not await cancel(tx, "ring", KEY)
    clock.forward(hours=2)
    await bench.fire_timers()
    assert await words(engine) == []


async def test_after_an_outage_timers_fire_in_due_order(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    for hours in (3, 1, 2):
        await set_timer(bench, str(hours), uuid4(), hours=hours)
    clock.forward(days=2)
    await bench.fire_timers()
    assert await words(engine) == ["1", "2", "3"]


async def test_two_workers_fire_each_timer_once(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    for number in range(20):
        await set_timer(bench, str(number), uuid4(), minutes=number)
    clock.forward(hours=1)
    both = [Timers(specimen.consumer, engine, bench.source, clock) for _ in range(2)]
    await asyncio.gather(*(timers.fire() for timers in both))
    assert sorted(await words(engine), key=int) == [str(n) for n in range(20)]


async def test_a_timer_cancelled_while_it_is_about_to_fire_sees_that_under_its_lock(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    await set_timer(bench, "late", hours=1)
    clock.forward(hours=1)
    async with bench.transaction() as tx:
        await cancel(tx, "ring", KEY)
        firing = asyncio.create_task(bench.timers.fire())
        await asyncio.wait({firing}, timeout=0.2)
    await firing
    assert await words(engine) == []


async def test_a_failing_timer_backs_off_in_its_own_row_and_lets_the_others_fire(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "broken")
    await set_timer(bench, "broken", hours=1)
    await set_timer(bench, "other", uuid4(), hours=2)
    clock.forward(hours=3)
    await bench.fire_timers()
    assert await words(engine) == ["other"]
    async with engine.begin() as conn:
        row = (await conn.execute(sa.select(timer))).one()
        await specimen.mend(conn)
    assert (row.attempts >= 1, row.reason_code) == (True, "handler-error")
    clock.now = row.next_at
    await bench.fire_timers()
    assert await words(engine) == ["other", "broken"]


async def test_a_handler_may_set_the_same_timer_again(engine: AsyncEngine, bench: Bench, clock: SetClock) -> None:
    fired = []

    async def again(tx: Any, body: Ring, meta: Any) -> None:
        fired.append(body.word)
        await schedule(tx, "ring", meta.subject, tx.now + timedelta(days=1), Ring(word=body.word + "!"))

    table = Consumer("specimen", (at("ring", Ring, again),))
    await set_timer(bench, "tick", hours=1)
    clock.forward(hours=1)
    timers = Timers(table, engine, bench.source, clock)
    await timers.fire()
    clock.forward(days=1)
    await timers.fire()
    assert fired == ["tick", "tick!"]
