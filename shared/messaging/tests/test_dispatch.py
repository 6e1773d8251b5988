"""Records that come twice, late, broken or in bad company: what dispatch does with each."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import create_engine
from shared.messaging import Consumer, on
from shared.messaging.dispatch import Away, Dispatcher
from shared.messaging.drainer import Kept
from shared.messaging.envelope import BIGGEST
from shared.messaging.operators import Keyless, NotThere, Unnamed, discard, retry
from shared.messaging.tables import failed_event, failed_event_audit, outbox, parked_key
from shared.messaging.tests import specimen
from shared.messaging.tests.conftest import SetClock
from shared.messaging.tests.specimen import Noted
from shared.testing.kernel import Bench, record

PERSON = UUID("01890000-0000-7000-8000-000000000001")
NEIGHBOUR = UUID("01890000-0000-7000-8000-000000000002")


async def words(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        return await specimen.words(conn)


async def failures(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as conn:
        return list(await conn.execute(sa.select(failed_event).order_by(failed_event.c.kafka_offset)))


async def held(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as conn:
        return list(await conn.execute(sa.select(parked_key)))


def noted(word: str, subject: UUID = PERSON, version: int = 1, **more: Any) -> Kept:
    return record(Noted(word=word), subject=subject, version=version, **more)


def with_header(kept: Kept, name: str, value: bytes | None) -> Kept:
    headers = [(found, value if found == name else old) for found, old in kept.headers]
    return kept._replace(headers=headers if any(found == name for found, _ in headers) else [*headers, (name, value)])


async def test_an_event_takes_effect_once_though_it_is_delivered_three_times(bench: Bench, engine: AsyncEngine) -> None:
    event = noted("once")
    for _ in range(3):
        await bench.dispatcher.dispatch([event])
    assert await words(engine) == ["once"]
    assert bench.dispatcher.counts["duplicate"] == 2


async def test_the_same_record_twice_in_one_chunk_takes_effect_once(bench: Bench, engine: AsyncEngine) -> None:
    event = noted("once")
    await bench.dispatcher.dispatch([event, event, noted("other", NEIGHBOUR)])
    assert await words(engine) == ["once", "other"]
    assert len(await bench.published()) == 2
    # By the inbox, before its version is looked at.
    assert (bench.dispatcher.counts["duplicate"], bench.dispatcher.counts["stale"]) == (1, 0)


async def test_a_lower_or_equal_version_is_acknowledged_and_counted(bench: Bench, engine: AsyncEngine) -> None:
    await bench.dispatcher.dispatch([noted("second", version=2)])
    await bench.dispatcher.dispatch([noted("first", version=1), noted("second again", version=2)])
    assert await words(engine) == ["second"]
    assert bench.dispatcher.counts["stale"] == 2
    assert await failures(engine) == []


async def test_two_aggregates_under_one_key_are_both_applied(bench: Bench, engine: AsyncEngine) -> None:
    candidacy = uuid4()
    deliveries = [record(Noted(word=f"delivery {n}", group=candidacy), subject=uuid4(), version=1) for n in (1, 2)]
    assert deliveries[0].key == deliveries[1].key
    await bench.dispatcher.dispatch(deliveries)
    assert await words(engine) == ["delivery 1", "delivery 2"]


async def test_an_unknown_type_is_skipped_and_counted_and_the_rest_of_it_unread(
    bench: Bench, engine: AsyncEngine
) -> None:
    stranger = with_header(noted("x"), "ce_type", b"specimen.thing.forgotten.v1")._replace(value=b"\xff", key=None)
    await bench.dispatcher.dispatch([stranger, noted("known", NEIGHBOUR)])
    assert await words(engine) == ["known"]
    assert bench.dispatcher.counts["skipped"] == 1
    assert await failures(engine) == []


BROKEN: dict[str, tuple[str, Kept]] = {
    "a null header": ("header-null", with_header(noted("x"), "ce_time", None)),
    "a null header of somebody else": ("header-null", with_header(noted("x"), "x-other", None)),
    "a header that is not UTF-8": ("header-unreadable", with_header(noted("x"), "ce_source", b"\xff\xfe")),
    "a type that is not UTF-8": ("type-unreadable", with_header(noted("x"), "ce_type", b"\xff\xfe")),
    "a null type": ("type-missing", with_header(noted("x"), "ce_type", None)),
    "a NUL in the id": ("header-unreadable", with_header(noted("x"), "ce_id", b"a\x00b")),
    "an id of 3 kB": ("header-unreadable", with_header(noted("x"), "ce_id", b"a" * 3000)),
    "a subject that is no id": ("envelope-malformed", with_header(noted("x"), "ce_subject", b"Durand")),
    "a time without a zone": ("envelope-malformed", with_header(noted("x"), "ce_time", b"2026-11-23T09:00:00")),
    "an undecodable body": ("body-invalid", noted("x")._replace(value=b"{\xff")),
    "a body of another shape": ("body-invalid", noted("x")._replace(value=b'{"wrong": "Durand"}')),
    "no body": ("body-missing", noted("x")._replace(value=None)),
    "an unknown major version": ("major-unknown", with_header(noted("x"), "ce_type", b"specimen.thing.noted.v2")),
    "an oversized body": ("body-too-big", noted("x")._replace(value=b'{"word": "' + b"a" * BIGGEST + b'"}')),
    "a null key": ("key-missing", noted("x")._replace(key=None)),
}


@pytest.mark.parametrize(("reason", "broken"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_record_is_one_dead_event_with_a_byte_exact_copy_and_its_neighbours_flow(
    bench: Bench, engine: AsyncEngine, reason: str, broken: Kept
) -> None:
    before, after = noted("before", NEIGHBOUR, 1), noted("after", NEIGHBOUR, 2)
    await bench.dispatcher.dispatch([before, broken, after])
    await bench.dispatcher.dispatch([broken])

    (dead,) = await failures(engine)
    assert (dead.state, dead.reason_code) == ("dead", reason)
    assert (dead.key, dead.value) == (broken.key, broken.value)
    assert list(zip(dead.header_names, dead.header_values, strict=True)) == [
        (name.encode(), value) for name, value in broken.headers
    ]
    assert await words(engine) == ["before", "after"]
    async with engine.connect() as conn:
        (copy,) = await conn.execute(sa.select(outbox).where(outbox.c.topic == "specimen.dlq"))
    assert (copy.key, copy.value, copy.header_names, copy.header_values) == (
        dead.key,
        dead.value,
        dead.header_names,
        dead.header_values,
    )
    if broken.key is None:
        assert await held(engine) == []
    else:
        assert [(row.key, row.next_at) for row in await held(engine)] == [(broken.key, None)]


async def test_a_dead_event_holds_its_key_and_a_retry_after_the_fix_applies_it_once_before_the_later_ones(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    # A consumer that has no row for the first event's contract yet.
    dead = with_header(noted("first"), "ce_regime", b"XXX")
    await bench.dispatcher.dispatch([dead])
    await bench.dispatcher.dispatch([noted("second", version=2), noted("neighbour", NEIGHBOUR)])
    clock.forward(hours=1)
    await bench.drainer.drain()
    assert await words(engine) == ["neighbour"]

    fixed = with_header(dead, "ce_regime", b"LED")
    async with engine.begin() as conn:
        await conn.execute(
            sa.update(failed_event)
            .where(failed_event.c.state == "dead")
            .values(header_values=[value for _, value in fixed.headers])
        )
        await retry(conn, (await failures(engine))[0].id, actor="Claire Fontaine", reason="producer mended")
    clock.now = (await held(engine))[0].next_at
    await bench.drainer.drain()
    await bench.drainer.drain()

    assert await words(engine) == ["neighbour", "first", "second"]
    assert await failures(engine) == []
    assert await held(engine) == []
    async with engine.connect() as conn:
        audit = (await conn.execute(sa.select(failed_event_audit))).one()
    assert (audit.action, audit.actor, audit.reason) == ("retry", "Claire Fontaine", "producer mended")


async def test_a_discard_needs_a_name_and_a_reason_and_lets_the_later_events_go_on(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    await bench.dispatcher.dispatch([noted("poison"), noted("second", version=2)])
    dead = (await failures(engine))[0]
    assert dead.reason_code == "cannot-be-noted"
    async with engine.begin() as conn:
        for actor, reason in (("", "because"), ("Claire Fontaine", " ")):
            with pytest.raises(Unnamed):
                await discard(conn, dead.id, actor, reason)
    with pytest.raises(sa.exc.IntegrityError):
        async with engine.begin() as conn:
            await conn.execute(sa.update(failed_event).values(state="discarded"))

    async with engine.begin() as conn:
        await discard(conn, dead.id, "Claire Fontaine", "sent by mistake")
    clock.now = (await held(engine))[0].next_at
    await bench.drainer.drain()
    assert await words(engine) == ["second"]
    assert await held(engine) == []
    async with engine.begin() as conn:
        with pytest.raises(NotThere):
            await retry(conn, dead.id, "Claire Fontaine")


async def test_a_dead_event_without_a_key_can_only_be_discarded(bench: Bench, engine: AsyncEngine) -> None:
    await bench.dispatcher.dispatch([noted("x")._replace(key=None)])
    (dead,) = await failures(engine)
    async with engine.begin() as conn:
        with pytest.raises(Keyless):
            await retry(conn, dead.id, "Claire Fontaine")
        await discard(conn, dead.id, "Claire Fontaine", "nobody's")


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_lost_race_is_run_again_and_never_holds_a_key(bench: Bench, engine: AsyncEngine, sqlstate: str) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "racy", sqlstate, times=7)
    await bench.dispatcher.dispatch([noted("before", NEIGHBOUR), noted("racy"), noted("after", NEIGHBOUR, 2)])
    assert await words(engine) == ["before", "racy", "after"]
    assert await failures(engine) == []
    assert await held(engine) == []


async def test_two_real_deadlocked_dispatchers_both_finish(engine: AsyncEngine, bench: Bench) -> None:
    async with engine.begin() as conn:
        await conn.execute(sa.text("CREATE TABLE spot (place int PRIMARY KEY, taken int NOT NULL)"))
        await conn.execute(sa.text("INSERT INTO spot VALUES (1, 0), (2, 0)"))
    meet = asyncio.Barrier(2)
    first_try = {"one": True, "two": True}

    async def cross(tx: Any, event: Noted, meta: Any) -> None:
        order = (1, 2) if event.word == "one" else (2, 1)
        lock = sa.text("UPDATE spot SET taken = taken + 1 WHERE place = :place")
        await tx.conn.execute(lock, {"place": order[0]})
        if first_try.pop(event.word, None):
            await meet.wait()
        await tx.conn.execute(lock, {"place": order[1]})

    table = Consumer("specimen", (on(Noted, cross),))
    both = [Dispatcher(table, engine, "/DON/specimen", bench.clock) for _ in range(2)]
    await asyncio.gather(
        both[0].dispatch([noted("one", PERSON)]),
        both[1].dispatch([noted("two", NEIGHBOUR)]),
    )
    async with engine.connect() as conn:
        taken = [row.taken for row in await conn.execute(sa.text("SELECT taken FROM spot"))]
    assert taken == [2, 2]
    assert await held(engine) == []


async def test_an_exclusion_violation_is_tried_four_times_then_parks(bench: Bench, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "taken", "23P01", times=3)
    await bench.dispatcher.dispatch([noted("taken")])
    assert await words(engine) == ["taken"]
    async with engine.begin() as conn:
        await conn.execute(sa.text("ALTER SEQUENCE tries RESTART"))
        await conn.execute(sa.text("UPDATE broken SET times = 4"))
    await bench.dispatcher.dispatch([noted("taken", version=2)])
    assert [(row.state, row.reason_code) for row in await failures(engine)] == [("parked", "sqlstate-23P01")]


@pytest.mark.parametrize("sqlstate", ["57014", "55P03"])
async def test_a_timeout_is_transient_until_the_fifth_of_one_event_alone(
    bench: Bench, engine: AsyncEngine, sqlstate: str
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "slow", sqlstate, times=5)
    await bench.dispatcher.dispatch([noted("slow"), noted("neighbour", NEIGHBOUR)])
    # Once in the chunk, four times alone; the fifth alone goes through.
    assert await words(engine) == ["slow", "neighbour"]
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE broken SET times = 1000"))
    await bench.dispatcher.dispatch([noted("slow", version=2), noted("neighbour 2", NEIGHBOUR, 2)])
    assert await words(engine) == ["slow", "neighbour", "neighbour 2"]
    assert [row.reason_code for row in await failures(engine)] == [f"sqlstate-{sqlstate}"]


@pytest.mark.parametrize("sqlstate", ["08006", "57P01", "53300"])
async def test_an_absent_database_parks_nobody_and_the_records_can_be_given_again(
    bench: Bench, engine: AsyncEngine, sqlstate: str
) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "away", sqlstate, times=1)
    chunk = [noted("before", NEIGHBOUR), noted("away")]
    with pytest.raises(Away):
        await bench.dispatcher.dispatch(chunk)
    assert await words(engine) == []
    assert await failures(engine) == []
    await bench.dispatcher.dispatch(chunk)
    assert await words(engine) == ["before", "away"]


async def test_a_connection_that_died_in_the_pool_is_used_once_at_most(bench: Bench, engine: AsyncEngine) -> None:
    address = engine.url.render_as_string(hide_password=False)
    small = create_engine(address, application="dies", pool_size=1)
    dispatcher = Dispatcher(bench.dispatcher.consumer, small, bench.source, bench.clock)
    try:
        await dispatcher.dispatch([noted("before")])
        async with engine.connect() as conn:
            # Waits until it is gone.
            ended = await conn.execute(
                sa.text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dies'")
            )
            assert ended.scalars().all() == [True]
        with pytest.raises(Away):
            await dispatcher.dispatch([noted("after", version=2)])
        await dispatcher.dispatch([noted("after", version=2)])
    finally:
        await small.dispose()
    assert await words(engine) == ["before", "after"]


async def test_no_text_of_a_database_error_or_of_a_handler_is_stored(bench: Bench, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await specimen.break_(conn, "own")
        await specimen.break_(conn, "database", "23505")
    await bench.dispatcher.dispatch([noted("own"), noted("database", NEIGHBOUR)])
    rows = await failures(engine)
    assert [(row.reason_code, row.error_class) for row in rows] == [
        ("handler-error", "RuntimeError"),
        ("sqlstate-23505", "IntegrityError"),
    ]
    assert "Durand" not in repr([row._replace(value=None) if hasattr(row, "_replace") else row for row in rows])
