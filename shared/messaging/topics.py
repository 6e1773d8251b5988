"""Creates the topics that a service produces and consumes, with explicit partition counts, or checks them."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.messaging.consumer import Consumer
from shared.messaging.event import Topic

RETENTION = 14 * 24 * 3600 * 1000
"""Milliseconds that a topic keeps its records; the inbox keeps its rows longer."""
_FACT = 1024 * 1024
_DEAD = 2 * 1024 * 1024


class WrongPartitions(Exception):
    """A topic exists with another partition count than the contract says. Keys would lose their order: stop."""


async def ensure_topics(
    bootstrap: str, consumer: Consumer, produced: Iterable[Topic], replication: int = 1
) -> list[str]:
    """Creates what is missing and checks what is there.

    Args:
        bootstrap: `host:port` of Kafka.
        consumer: whose topics and dead-letter topic are wanted.
        produced: topics that the service writes.
        replication: copies of each partition.

    Returns:
        The names of all topics wanted, sorted.

    Raises:
        WrongPartitions: one has another partition count.
        KafkaError: Kafka is not there, or refused.
    """
    wanted = {topic.name: topic for topic in (*consumer.topics, *produced, consumer.dead_letters)}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        known = await _partitions(admin, wanted)
        missing = [
            NewTopic(
                name,
                topic.partitions,
                replication,
                topic_configs={
                    "retention.ms": str(RETENTION),
                    "max.message.bytes": str(_DEAD if name.endswith(".dlq") else _FACT),
                },
            )
            for name, topic in wanted.items()
            if name not in known
        ]
        if missing:
            answer = await admin.create_topics(missing)
            for _, code, *_ in answer.topic_errors:
                # Another service that shares the topic may have been quicker.
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise for_code(code)
    finally:
        await admin.close()
    wrong = [name for name, count in known.items() if count != wanted[name].partitions]
    if wrong:
        raise WrongPartitions(", ".join(sorted(wrong)))
    return sorted(wanted)


async def missing_topics(bootstrap: str, wanted: Iterable[Topic]) -> list[str]:
    """Which of the topics do not exist yet. Raises KafkaError when Kafka is not there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    await admin.start()
    try:
        names = {topic.name: topic for topic in wanted}
        return sorted(set(names) - set(await _partitions(admin, names)))
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, wanted: dict[str, Topic]) -> dict[str, int]:
    existing = set(await admin.list_topics()) & set(wanted)
    if not existing:
        return {}
    return {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics(sorted(existing))}
