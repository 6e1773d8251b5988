"""The outbox's way to a real Kafka: nothing skipped, first occurrences in order, one relay at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging import Consumer, Event, Topic, publish
from shared.messaging import relay as relay_module
from shared.messaging.event import utc_now
from shared.messaging.notify import Notifier
from shared.messaging.relay import Relay, confirmed_prefixes
from shared.messaging.tables import outbox
from shared.messaging.tests import specimen
from shared.messaging.timers import Timers
from shared.messaging.topics import WrongPartitions, ensure_topics, missing_topics
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually


class Kafka:
    """One test's own topic on the real broker, and what has arrived on it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.topic = Topic(f"relay.{uuid4().hex}", 3)

        class Sent(Event):
            topic = self.topic
            type = "relay.thing.sent.v1"

            word: str

        self.event = Sent

    async def arrived(self) -> list[tuple[bytes, str]]:
        """(key, word) of every record, in order within each key."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await reader.start()
        try:
            partitions = [TopicPartition(self.topic.name, n) for n in range(3)]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            found = []
            while any([await reader.position(p) < ends[p] for p in partitions]):
                for records in (await reader.getmany(timeout_ms=200)).values():
                    found += [(r.key, self.event.model_validate_json(r.value).word) for r in records]
            return found
        finally:
            await reader.stop()


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> Kafka:
    kafka = Kafka(kafka_bootstrap)
    await ensure_topics(kafka_bootstrap, Consumer(f"relay-{uuid4().hex}", ()), [kafka.topic])
    return kafka


Make = Callable[[], Relay]


@pytest.fixture
def make(database_url: str, engine: AsyncEngine, kafka: Kafka) -> Make:
    timers = Timers(specimen.consumer, engine, "/DON/specimen", utc_now)
    return lambda: Relay(database_url, kafka.bootstrap, "specimen-relay", timers)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def empty(engine: AsyncEngine) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        async with engine.connect() as conn:
            return not await conn.scalar(sa.select(sa.func.count()).select_from(outbox))

    return check


async def send(bench: Bench, kafka: Kafka, word: str, subject: UUID) -> None:
    async with bench.transaction() as tx:
        await publish(tx, kafka.event(word=word), subject=subject, version=1, site="DON")


async def test_a_transaction_that_commits_late_is_not_skipped(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make
) -> None:
    async with running(make()):
        async with bench.transaction() as late:
            await publish(late, kafka.event(word="late"), subject=uuid4(), version=1, site="DON")
            await send(bench, kafka, "early", uuid4())
            await eventually(lambda: _words(kafka, ["early"]))
        await eventually(empty(engine))
    assert sorted(word for _, word in await kafka.arrived()) == ["early", "late"]


async def test_bytes_and_headers_arrive_exactly_as_they_were_written(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make
) -> None:
    await send(bench, kafka, "é" * 10, uuid4())
    headers = [(b"ce_type", b"x"), (b"ce_null", None), (b"ce_type", b"y"), (b"bin", b"\xff\x00")]
    async with engine.begin() as conn:
        (written,) = await conn.execute(sa.select(outbox))
        await conn.execute(
            sa.update(outbox).values(header_names=[n for n, _ in headers], header_values=[v for _, v in headers])
        )
    async with running(make()):
        await eventually(empty(engine))
    reader = AIOKafkaConsumer(kafka.topic.name, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await reader.start()
    try:
        record = await reader.getone()
    finally:
        await reader.stop()
    assert (record.key, record.value) == (written.key, written.value)
    assert [(name.encode(), value) for name, value in record.headers] == headers


async def test_a_relay_that_loses_its_lock_before_the_delete_resends_and_first_occurrences_stay_in_order(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = [uuid4() for _ in range(5)]
    for number in range(50):
        await send(bench, kafka, str(number), subjects[number % 5])
    real, cut = relay_module._send, [False]

    async def sent_and_cut(producer: Any, rows: Any) -> Any:
        results = await real(producer, rows)
        if not cut[0]:
            cut[0] = True
            async with engine.begin() as conn:
                await conn.execute(
                    sa.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = 'specimen-relay' AND datname = current_database()"
                    )
                )
        return results

    monkeypatch.setattr(relay_module, "_send", sent_and_cut)
    async with running(make()):
        await eventually(empty(engine))
    arrived = await kafka.arrived()
    assert len(arrived) == 100
    for subject in subjects:
        firsts = list(dict.fromkeys(word for key, word in arrived if key == str(subject).encode()))
        assert firsts == sorted(firsts, key=int)


async def test_a_second_relay_only_waits_while_the_first_is_healthy_and_takes_over_when_it_is_gone(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make
) -> None:
    first, second = make(), make()
    async with running(first) as leader:
        await eventually(lambda: _true(first.leading))
        async with running(second):
            for number in range(20):
                await send(bench, kafka, str(number), uuid4())
            await eventually(empty(engine))
            assert (first.leading, second.leading) == (True, False)
            leader.cancel()
            await eventually(lambda: _true(second.leading))
            await send(bench, kafka, "after", uuid4())
            await eventually(empty(engine))
    assert len(await kafka.arrived()) == 21


async def test_a_notify_of_another_process_wakes_the_relay(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "POLL", 60.0)
    relay, notifier = make(), Notifier(engine)
    await send(bench, kafka, "before", uuid4())
    async with running(relay):
        # Its first look is over once this is gone; the next one would come in a minute.
        await eventually(empty(engine))
        await send(bench, kafka, "first", uuid4())
        notifier.poke()
        await eventually(empty(engine), within=10)
    await notifier.close()


async def test_what_a_failed_send_left_is_sent_again_by_a_new_producer(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = uuid4()
    for number in range(4):
        await send(bench, kafka, str(number), subject)
    real, failed = relay_module._send, [False]

    async def fail_the_second(producer: Any, rows: Any) -> Any:
        results = await real(producer, rows)
        if not failed[0]:
            failed[0] = True
            results[1] = KafkaError("unknown outcome")
        return results

    monkeypatch.setattr(relay_module, "_send", fail_the_second)
    async with running(make()):
        await eventually(empty(engine))
    words = [word for _, word in await kafka.arrived()]
    assert list(dict.fromkeys(words)) == ["0", "1", "2", "3"]
    assert words.count("0") == 1
    assert words.count("1") == 2


def test_only_the_confirmed_prefix_of_each_key_is_deleted() -> None:
    def row(number: int, key: bytes | None) -> dict[str, Any]:
        return {"id": number, "topic": "t", "key": key}

    rows = [row(1, b"a"), row(2, b"b"), row(3, b"a"), row(4, b"a"), row(5, b"b"), row(6, None), row(7, None)]
    lost = KafkaError()
    confirmed, failed = confirmed_prefixes(rows, [None, None, lost, None, None, lost, None])
    assert confirmed == [1, 2, 5, 7]
    assert failed is lost


async def test_topics_are_created_with_their_partitions_and_a_wrong_count_is_refused(kafka_bootstrap: str) -> None:
    name = f"topics-{uuid4().hex}"
    table = Consumer(name, ())
    produced = Topic(f"{name}.v1", 6)
    assert await missing_topics(kafka_bootstrap, [produced]) == [produced.name]
    assert await ensure_topics(kafka_bootstrap, table, [produced]) == sorted([produced.name, f"{name}.dlq"])
    assert await ensure_topics(kafka_bootstrap, table, [produced])
    assert await missing_topics(kafka_bootstrap, [produced]) == []
    with pytest.raises(WrongPartitions):
        await ensure_topics(kafka_bootstrap, table, [produced._replace(partitions=7)])


async def test_a_topic_is_never_created_by_writing_to_it(
    bench: Bench, engine: AsyncEngine, kafka: Kafka, make: Make
) -> None:
    nobodys = Kafka(kafka.bootstrap)
    await send(bench, nobodys, "lost?", uuid4())
    async with running(make()):
        with contextlib.suppress(AssertionError):
            await eventually(empty(engine), within=2)
    assert not await empty(engine)()
    assert await missing_topics(kafka.bootstrap, [nobodys.topic]) == [nobodys.topic.name]


async def _words(kafka: Kafka, expected: list[str]) -> bool:
    return [word for _, word in await kafka.arrived()] == expected


async def _true(value: bool) -> bool:
    return value
