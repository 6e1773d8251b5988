"""Held keys: who waits, in which order they go on, and that nobody is left behind."""

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.drainer import Drainer
from shared.messaging.tests import specimen
from shared.messaging.tests.conftest import SetClock
from shared.messaging.tests.test_dispatch import NEIGHBOUR, failures, held, noted, words
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually


async def drain_when_due(bench: Bench, clock: SetClock) -> None:
    for row in await held(bench.engine):
        assert row.next_at is not None
        clock.now = max(clock.now, row.next_at)
    await bench.drainer.drain()


async def test_a_failing_handler_holds_only_its_key_and_drains_in_order_once_mended(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one"), noted("two", version=2), noted("neighbour", NEIGHBOUR)])
    await bench.dispatcher.dispatch([noted("three", version=3)])
    assert await words(engine) == ["neighbour"]
    assert [row.reason_code for row in await failures(engine)] == [
        "handler-error",
        "behind-held-key",
        "behind-held-key",
    ]
    await drain_when_due(bench, clock)
    assert await words(engine) == ["neighbour"]

    async with engine.begin() as conn:
        await specimen.mend(conn)
    await drain_when_due(bench, clock)
    assert await words(engine) == ["neighbour", "one", "two", "three"]
    assert await failures(engine) == []
    assert await held(engine) == []


async def test_the_pause_between_two_tries_grows_and_ends_at_ten_minutes(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one")])
    pauses = []
    for _ in range(14):
        await drain_when_due(bench, clock)
        (row,) = await held(engine)
        pauses.append((row.next_at - clock.now).total_seconds())
        clock.now = row.next_at
    assert all(pause <= 2**n for n, pause in enumerate(pauses, start=1))
    assert 30 < max(pauses) <= 600
    assert (await failures(engine))[0].attempts == 14


async def test_a_drained_event_that_turns_out_poison_is_dead_and_still_holds_its_key(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one"), noted("poison", version=2), noted("three", version=3)])
    async with engine.begin() as conn:
        await specimen.mend(conn)
    await drain_when_due(bench, clock)
    assert await words(engine) == ["one"]
    assert [row.state for row in await failures(engine)] == ["dead", "parked"]
    assert [row.next_at for row in await held(engine)] == [None]
    assert [row.topic for row in await bench.published()] == ["specimen.echo.v1", "specimen.dlq"]


async def test_an_event_appended_while_the_drainer_empties_the_key_is_not_stranded(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one")])
    async with engine.begin() as conn:
        await specimen.mend(conn)
    (row,) = await held(engine)
    clock.now = row.next_at
    assert await bench.drainer._step()
    # The key is empty now but still held; the drainer takes it to free it while an appender wants to append.
    async with engine.connect() as blocker:
        await blocker.execute(sa.text("SELECT FROM messaging.failed_event FOR UPDATE"))
        await blocker.execute(sa.text("LOCK TABLE messaging.failed_event IN ACCESS EXCLUSIVE MODE"))
        freeing = asyncio.create_task(bench.drainer._step())
        await eventually(lambda: waiting_for_locks(engine, 1))
        appending = asyncio.create_task(bench.dispatcher.dispatch([noted("two", version=2)]))
        await eventually(lambda: waiting_for_locks(engine, 2))
        await blocker.rollback()
    assert await freeing
    await appending
    await bench.drainer.drain()
    assert await words(engine) == ["one", "two"]
    assert await held(engine) == []
    assert await failures(engine) == []


async def test_an_event_appended_first_is_seen_by_the_drainer(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one")])
    async with engine.begin() as conn:
        await specimen.mend(conn)
    (row,) = await held(engine)
    clock.now = row.next_at
    await bench.drainer._step()
    async with engine.connect() as blocker:
        await blocker.execute(sa.text("LOCK TABLE messaging.failed_event IN SHARE MODE"))
        appending = asyncio.create_task(bench.dispatcher.dispatch([noted("two", version=2)]))
        await eventually(lambda: waiting_for_locks(engine, 1))
        # The appender holds the key's row in share mode: the drainer passes it by.
        assert not await bench.drainer._step()
        await blocker.rollback()
    await appending
    await bench.drainer.drain()
    assert await words(engine) == ["one", "two"]
    assert await held(engine) == []


async def test_two_drainers_never_run_the_same_key_at_once(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "0")
    events = [noted(str(n), version=n + 1) for n in range(20)]
    await bench.dispatcher.dispatch(events)
    async with engine.begin() as conn:
        await specimen.mend(conn)
    (row,) = await held(engine)
    clock.now = row.next_at
    both = [Drainer(specimen.consumer, engine, bench.source, clock) for _ in range(2)]

    async def drained() -> bool:
        await asyncio.gather(*(drainer.drain() for drainer in both))
        return not await held(engine)

    await eventually(drained)
    assert await words(engine) == [str(n) for n in range(20)]


async def test_a_lost_race_while_draining_does_not_count_as_a_failed_try(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "one")
    await bench.dispatcher.dispatch([noted("one")])
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE broken SET sqlstate = '40P01', times = 3"))
    for _ in range(4):
        await drain_when_due(bench, clock)
    assert await words(engine) == ["one"]
    assert await held(engine) == []


async def waiting_for_locks(engine: AsyncEngine, count: int) -> bool:
    async with engine.connect() as conn:
        waiting = await conn.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
    return bool(waiting == count)
