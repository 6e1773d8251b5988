"""Kafka's side of a worker: fetch, dispatch, commit explicit offsets; step back and wait when the database is away."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared.messaging.dispatch import Away, Dispatcher

FETCH = 100
"""Records fetched at once; offsets are committed once for them."""
_POLL = 10**12
"""Milliseconds of one poll, for ever: records end it at once, but after an empty one FastStream sleeps as long."""
_COMMIT = 5.0
_REVOKE = 20.0
_STOP = 10.0
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)

_log = structlog.get_logger()


class Intake(ConsumerRebalanceListener):  # type: ignore[misc]
    """One consumer group member.

    Args:
        dispatcher: applies what is fetched.
        bootstrap: `host:port` of Kafka, comma-separated.
        client: client id, shown by Kafka's tools.
        session_timeout: seconds after which Kafka gives the partitions of a silent member away.
    """

    def __init__(self, dispatcher: Dispatcher, bootstrap: str, client: str, session_timeout: float = 10.0) -> None:
        self._dispatcher = dispatcher
        self._running = asyncio.Lock()
        self._stopping = False
        self._revoking = False
        self._resumes: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._next: dict[TopicPartition, int] = {}
        self.generations = 0
        """How often partitions were assigned to this member."""
        table = dispatcher.consumer
        self._chunk = table.chunk
        self._broker = KafkaBroker(
            bootstrap,
            client_id=client,
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=_STOP,
            apply_types=False,
            logger=None,
            log_level=logging.DEBUG,
        )
        self._subscriber = self._broker.subscriber(
            *(topic.name for topic in table.topics),
            group_id=table.name,
            batch=True,
            max_records=FETCH,
            batch_timeout_ms=_POLL,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            listener=self,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            session_timeout_ms=int(session_timeout * 1000),
            heartbeat_interval_ms=int(session_timeout * 300),
            rebalance_timeout_ms=int((_REVOKE + 10) * 1000),
            no_reply=True,
            # FastStream's own parser drops a whole batch silently when one header is null or not UTF-8.
            parser=_unparsed,
            decoder=_records,
        )
        self._subscriber(self._take)

    @property
    def alive(self) -> bool:
        """Whether the loop that polls Kafka runs."""
        return any(not task.done() for task in self._subscriber.tasks)

    def lag(self) -> int:
        """Records of the assigned partitions that were not applied yet, as far as is known."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return 0
        ends = {partition: consumer.highwater(partition) for partition in consumer.assignment()}
        return sum(max(0, end - self._next.get(partition, end)) for partition, end in ends.items() if end is not None)

    async def start(self) -> None:
        """Joins the group. Raises KafkaError when Kafka is not there."""
        try:
            await self._broker.start()
        except BaseException:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._broker.stop(), _STOP)
            raise

    async def stop(self) -> None:
        """Finishes the running chunk, commits, and leaves the group; gives up after its deadline."""
        self._stopping = True
        self._forget_pauses()
        # FastStream waits for the running handler, and so for its commit, before it stops the consumer.
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._broker.stop(), _STOP)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Waits for the running chunk and its commit before another member gets the partitions."""
        self._revoking = True
        self._forget_pauses()
        try:
            await asyncio.wait_for(self._settled(), _REVOKE)
        except TimeoutError:
            _log.warning("chunk outlived the rebalance", partitions=len(revoked))

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:  # noqa: ARG002
        """Goes on with the new partitions, from their committed offsets."""
        self.generations += 1
        self._revoking = False

    async def _settled(self) -> None:
        async with self._running:
            pass

    async def _take(self, records: Sequence[ConsumerRecord]) -> None:
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        async with self._running:
            done: dict[TopicPartition, int] = {}
            for start in range(0, len(records), self._chunk):
                if self._stopping or self._revoking:
                    break
                chunk = records[start : start + self._chunk]
                try:
                    await self._dispatcher.dispatch(chunk)
                except Away as away:
                    self._step_back(consumer, records[start:], away.reason)
                    break
                except Exception as error:
                    _log.exception("dispatch failed", error_class=type(error).__name__)
                    self._step_back(consumer, records[start:], "kernel-error")
                    break
                self._failures = 0
                done.update({TopicPartition(r.topic, r.partition): r.offset + 1 for r in chunk})
            self._next.update(done)
            await self._commit(consumer, done)

    async def _commit(self, consumer: AIOKafkaConsumer, done: dict[TopicPartition, int]) -> None:
        mine = {partition: offset for partition, offset in done.items() if partition in consumer.assignment()}
        if not mine:
            return
        try:
            await asyncio.wait_for(consumer.commit(mine), _COMMIT)
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            # What is delivered again, the inbox knows.
            _log.warning("offsets not committed", error_class=type(error).__name__)

    def _step_back(self, consumer: AIOKafkaConsumer, records: Sequence[ConsumerRecord], reason: str) -> None:
        earliest: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            earliest[partition] = min(record.offset, earliest.get(partition, record.offset))
        delay = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._failures += 1
        _log.warning("stepped back", reason=reason, partitions=len(earliest), seconds=delay)
        for partition, offset in earliest.items():
            with contextlib.suppress(IllegalStateError):
                consumer.seek(partition, offset)
                consumer.pause(partition)
        resume = asyncio.create_task(self._resume(consumer, list(earliest), delay))
        self._resumes.add(resume)
        resume.add_done_callback(self._resumes.discard)

    async def _resume(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], delay: float) -> None:
        await asyncio.sleep(delay)
        for partition in partitions:
            with contextlib.suppress(IllegalStateError):
                consumer.resume(partition)

    def _forget_pauses(self) -> None:
        for resume in self._resumes:
            resume.cancel()


async def _unparsed(records: Any) -> KafkaMessage:
    return KafkaMessage(raw_message=records, body=b"", headers={}, message_id="", correlation_id="", consumer=None)  # type: ignore[arg-type]


async def _records(message: KafkaMessage) -> Any:
    return message.raw_message
