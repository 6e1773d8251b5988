"""Real worker processes that are killed, frozen, stopped and cut off: effects once, order kept, nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.kafka import KafkaServer
from deploy.local.postgres import PostgresServer
from shared.database import create_engine
from shared.messaging.tables import failed_event, inbox, outbox, parked_key
from shared.messaging.tests import specimen
from shared.messaging.tests.specimen import GATE
from shared.messaging.topics import ensure_topics
from shared.migrate import upgrade_kernel
from shared.testing.kernel import record
from shared.testing.waiting import eventually

LONG = 60.0


class Scene:
    """A topic and a group of one test, its database, and the worker processes that it starts."""

    def __init__(self, bootstrap: str, url: str, engine: AsyncEngine, chunk: int = 50) -> None:
        self.name, self.bootstrap, self.url, self.engine, self.chunk = uuid4().hex, bootstrap, url, engine, chunk
        self.table, self.event = specimen.variant(self.name, chunk)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.versions: dict[UUID, int] = defaultdict(int)
        self.sent: dict[UUID, list[str]] = defaultdict(list)

    def start(self, step: str = "never") -> subprocess.Popen[bytes]:
        """Starts a worker that dies at `step`."""
        worker = subprocess.Popen(
            [sys.executable, "-m", "shared.messaging.tests.specimen_worker", self.name, str(self.chunk), step],
            env={**os.environ, "SPECIMEN_DATABASE_URL": self.url, "SPECIMEN_KAFKA": self.bootstrap},
            stdout=subprocess.DEVNULL,
        )
        self.workers.append(worker)
        return worker

    async def topics(self) -> None:
        await ensure_topics(self.bootstrap, self.table, [])

    async def send(self, words: list[str], subject: UUID | None = None) -> UUID:
        """Sends the words as events of one person, in order."""
        subject = subject or uuid4()
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for word in words:
                self.versions[subject] += 1
                self.sent[subject].append(word)
                kept = record(self.event(word=word), subject=subject, version=self.versions[subject])
                await producer.send_and_wait(kept.topic, kept.value, kept.key, headers=kept.headers)
        finally:
            await producer.stop()
        return subject

    async def notes(self) -> dict[UUID, list[str]]:
        found: dict[UUID, list[str]] = defaultdict(list)
        async with self.engine.connect() as conn:
            for subject, word in await conn.execute(sa.text("SELECT subject, word FROM note ORDER BY id")):
                found[subject].append(word)
        return found

    async def all_noted(self) -> bool:
        """Whether everything sent took effect; fails at once on anything twice or out of order."""
        notes = await self.notes()
        for subject, words in notes.items():
            if words != self.sent[subject][: len(words)]:
                pytest.fail(f"twice or out of order: {words} of {self.sent[subject]}")
        return notes == self.sent

    async def nobody_held(self) -> bool:
        async with self.engine.connect() as conn:
            rows = [await conn.scalar(sa.select(sa.func.count()).select_from(t)) for t in (parked_key, failed_event)]
            return rows == [0, 0]

    async def lag(self) -> int:
        """Records of the topic that the group has not committed yet."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await admin.start()
        await reader.start()
        try:
            committed = await admin.list_consumer_group_offsets(self.table.name)
            ends = await reader.end_offsets([TopicPartition(self.event.topic.name, n) for n in range(6)])
            return sum(end - (committed[p].offset if p in committed else 0) for p, end in ends.items())
        finally:
            await admin.close()
            await reader.stop()

    async def caught_up(self) -> bool:
        return await self.lag() == 0

    async def blocked_handlers(self) -> int:
        async with self.engine.connect() as conn:
            return int(
                await conn.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
                or 0
            )

    @asynccontextmanager
    async def gate(self) -> AsyncIterator[None]:
        """Holds every handler of a word that begins with `wait` in the middle of its chunk."""
        async with self.engine.connect() as conn:
            await conn.execute(sa.text("SET idle_in_transaction_session_timeout = 0"))
            await conn.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": GATE})
            try:
                yield
            finally:
                await conn.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": GATE})

    async def group(self) -> tuple[str, int]:
        """State of the consumer group and how many members it has."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            (answer,) = await admin.describe_consumer_groups([self.table.name])
            _, _, state, _, _, members, *_ = answer.groups[0]
            return state, len(members)
        finally:
            await admin.close()

    async def given_again(self) -> int:
        """Ends the workers in order; how many records they were given a second time."""
        running = [worker for worker in self.workers if worker.poll() is None]
        for worker in running:
            worker.send_signal(signal.SIGTERM)
        assert [await exited(worker) for worker in running] == [0] * len(running)
        async with self.engine.connect() as conn:
            return int(await conn.scalar(sa.text("SELECT sum(records) FROM again")) or 0)

    async def revocations(self, *, ended: bool) -> list[int]:
        """How many notes there were at each moment when a worker began, or had ended, to give partitions away."""
        async with self.engine.connect() as conn:
            found = await conn.execute(sa.text("SELECT notes FROM revocation WHERE ended = :ended"), {"ended": ended})
            return list(found.scalars())

    async def in_the_middle(self) -> None:
        async def blocked() -> bool:
            return await self.blocked_handlers() > 0

        await eventually(blocked, within=LONG)

    def end(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()


async def exited(worker: subprocess.Popen[bytes], within: float = LONG) -> int:
    async def gone() -> bool:
        return worker.poll() is not None

    await eventually(gone, within=within)
    return worker.returncode


@pytest.fixture
async def scene(kafka_bootstrap: str, database_url: str, engine: AsyncEngine) -> AsyncIterator[Scene]:
    scene = Scene(kafka_bootstrap, database_url, engine)
    await scene.topics()
    yield scene
    scene.end()


async def test_a_worker_killed_after_the_database_commit_and_before_the_offset_commit_repeats_nothing(
    scene: Scene,
) -> None:
    for number in range(3):
        await scene.send([f"{number}.{n}" for n in range(5)])
    assert await exited(scene.start("before-offsets")) == -signal.SIGKILL
    assert await scene.notes()
    assert await scene.lag() == 15
    scene.start()
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.all_noted()


async def test_a_worker_killed_in_mid_chunk_before_the_database_commit_loses_nothing(scene: Scene) -> None:
    first = scene.start()
    async with scene.gate():
        await scene.send(["before", "wait", "after"])
        await scene.in_the_middle()
        first.kill()
        assert await exited(first) == -signal.SIGKILL
    scene.start()
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.nobody_held()


async def test_a_relay_killed_between_the_brokers_ack_and_its_delete_resends_and_the_inbox_absorbs(
    scene: Scene,
) -> None:
    subject = uuid4()
    async with scene.engine.begin() as conn:
        for version in (1, 2):
            kept = record(scene.event(word=str(version)), subject=subject, version=version)
            scene.sent[subject].append(str(version))
            await conn.execute(
                outbox.insert().values(
                    event_id=uuid4(),
                    topic=kept.topic,
                    key=kept.key,
                    value=kept.value,
                    header_names=[name.encode() for name, _ in kept.headers],
                    header_values=[value for _, value in kept.headers],
                )
            )
    assert await exited(scene.start("before-delete")) == -signal.SIGKILL
    scene.start()

    async def resent() -> bool:
        reader = AIOKafkaConsumer(bootstrap_servers=scene.bootstrap)
        await reader.start()
        try:
            ends = await reader.end_offsets([TopicPartition(scene.event.topic.name, n) for n in range(6)])
        finally:
            await reader.stop()
        return bool(sum(ends.values()) == 4)

    await eventually(resent, within=LONG)
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.all_noted()


async def test_a_frozen_worker_that_wakes_after_its_partitions_were_taken_repeats_nothing(scene: Scene) -> None:
    frozen = scene.start()
    async with scene.gate():
        subject = await scene.send(["first", "wait", "third"])
        await scene.in_the_middle()
        frozen.send_signal(signal.SIGSTOP)
    # Its open transaction keeps the inbox rows until the server ends the session.
    scene.start()
    await scene.send(["fourth"], subject)
    await eventually(scene.all_noted, within=LONG)
    frozen.send_signal(signal.SIGCONT)
    await scene.send(["fifth"], subject)
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.all_noted()
    assert await scene.nobody_held()


async def test_a_rebalance_in_mid_chunk_waits_for_the_chunk_and_repeats_nothing(scene: Scene) -> None:
    scene.start()
    async with scene.gate():
        subjects = [await scene.send(["wait", "after"]) for _ in range(6)]
        await scene.in_the_middle()
        scene.start()
        await scene.send(["late"], subjects[0])
        await eventually(lambda: scene.revocations(ended=False), within=LONG)
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.all_noted()
    assert await scene.nobody_held()
    assert min(await scene.revocations(ended=True)) > 0, "nothing is given away before the chunk has taken effect"
    assert await scene.given_again() == 0


async def test_a_rebalance_in_back_off_gives_the_partitions_away_and_loses_nothing(scene: Scene) -> None:
    async with scene.engine.begin() as conn:
        # Every insert into the inbox fails as if the server were shutting down.
        await conn.execute(
            sa.text(
                "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM nextval('tries'); RAISE EXCEPTION 'away' USING ERRCODE = '57P03'; END $$"
            )
        )
        await conn.execute(
            sa.text("CREATE TRIGGER away BEFORE INSERT ON messaging.inbox FOR EACH STATEMENT EXECUTE FUNCTION away()")
        )
    scene.start()
    for number in range(4):
        await scene.send([f"{number}.{n}" for n in range(3)])

    async def backing_off() -> bool:
        async with scene.engine.connect() as conn:
            return bool(await conn.scalar(sa.text("SELECT is_called AND last_value > 3 FROM tries")))

    await eventually(backing_off, within=LONG)
    scene.start()
    await eventually(_in(scene, "Stable", members=2), within=LONG)
    async with scene.engine.begin() as conn:
        await conn.execute(sa.text("DROP TRIGGER away ON messaging.inbox"))
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.nobody_held()


async def test_sigterm_in_mid_chunk_finishes_it_and_nothing_is_delivered_again(scene: Scene) -> None:
    first = scene.start()
    async with scene.gate():
        await scene.send(["before", "wait", "after"])
        await scene.in_the_middle()
        first.send_signal(signal.SIGTERM)
    assert await exited(first) == 0
    assert await scene.all_noted()
    assert await scene.lag() == 0
    async with scene.engine.connect() as conn:
        assert await conn.scalar(sa.select(sa.func.count()).select_from(inbox)) == 3


@pytest.fixture
async def own(
    own_kafka: Callable[[], KafkaServer], own_postgres: Callable[[], PostgresServer]
) -> AsyncIterator[tuple[Scene, KafkaServer, PostgresServer]]:
    """A scene on servers of its own, which the test may stop."""
    kafka, postgres = own_kafka(), own_postgres()
    url = postgres.url.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_engine(url, application="tests")
    await upgrade_kernel(engine)
    async with engine.begin() as conn:
        await specimen.create(conn)
    scene = Scene(kafka.bootstrap, url, engine)
    yield scene, kafka, postgres
    scene.end()
    await engine.dispose()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["gone", "frozen"])
async def test_sigterm_with_kafka_down_ends_within_its_deadline(
    own: tuple[Scene, KafkaServer, PostgresServer], how: signal.Signals
) -> None:
    scene, kafka, _ = own
    await scene.topics()
    worker = scene.start()
    await scene.send(["one"])
    await eventually(scene.all_noted, within=LONG)
    assert kafka.pid is not None
    os.kill(kafka.pid, how)
    async with scene.engine.begin() as conn:
        await conn.execute(
            outbox.insert().values(
                event_id=uuid4(), topic=scene.event.topic.name, key=b"k", value=b"{}", header_names=[], header_values=[]
            )
        )
    worker.send_signal(signal.SIGTERM)
    assert await exited(worker, within=30) == 0


async def test_a_worker_started_before_its_servers_waits_and_then_works(
    own: tuple[Scene, KafkaServer, PostgresServer],
) -> None:
    scene, kafka, postgres = own
    kafka.stop()
    await scene.engine.dispose()
    postgres.stop()
    worker = scene.start()
    postgres.start()
    kafka.start()
    await scene.topics()
    await scene.send(["one", "two"])
    await eventually(scene.all_noted, within=LONG)
    assert worker.poll() is None


async def test_postgresql_restarted_under_load_loses_and_holds_nothing(
    own: tuple[Scene, KafkaServer, PostgresServer],
) -> None:
    scene, _, postgres = own
    await scene.topics()
    scene.start()
    subjects = [await scene.send(["begin"]) for _ in range(3)]
    await eventually(scene.all_noted, within=LONG)

    async def load() -> None:
        for number in range(40):
            await scene.send([str(number)], subjects[number % 3])

    loading = asyncio.create_task(load())
    for _ in range(2):
        await scene.engine.dispose()
        postgres.restart()
    await loading
    await eventually(_tolerant(scene.all_noted), within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.nobody_held()


async def test_kafka_restarted_under_load_loses_nothing(own: tuple[Scene, KafkaServer, PostgresServer]) -> None:
    scene, kafka, _ = own
    await scene.topics()
    scene.start()
    subjects = [await scene.send(["begin"]) for _ in range(3)]
    await eventually(scene.all_noted, within=LONG)
    kafka.kill()
    kafka.start()
    for number, subject in enumerate(subjects):
        await scene.send([f"after {number}"], subject)
    await eventually(scene.all_noted, within=LONG)
    await eventually(scene.caught_up, within=LONG)
    assert await scene.nobody_held()


def _in(scene: Scene, state: str, members: int = 1) -> Callable[[], Awaitable[bool]]:
    """Whether the group is in a state, with so many members at least."""

    async def check() -> bool:
        found, count = await scene.group()
        return found == state and count >= members

    return check


def _tolerant(check: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    async def calm() -> bool:
        try:
            return await check()
        except (sa.exc.DBAPIError, OSError):
            return False

    return calm
