"""What both sides of K and R work on: a smallest table, an event in and an event out, and records of realistic size."""

import random
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from shared.messaging.envelope import encode
from shared.messaging.event import Actor, Event, Meta, Topic

SITE = "ARR"
SCHEMA = """
    CREATE TABLE noted (
        candidacy_id uuid NOT NULL, version bigint NOT NULL, wish text NOT NULL, asked_on date NOT NULL,
        noted_at timestamptz NOT NULL, PRIMARY KEY (candidacy_id, version)
    )
"""
ACTOR = Actor("director", "D211-19 Code pénitentiaire", "LED")
MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The time of all records: what is measured does not depend on it."""


class Asked(Event):
    """Comes in: about as many fields as the events of the main job have."""

    topic: ClassVar[Topic] = Topic("bench.asked.v1")
    type: ClassVar[str] = "bench.request.asked.v1"

    decision_number: str
    asked_on: str
    file_number: int
    wishes: tuple[str, ...]


class Heard(Event):
    """Goes out, one for each that came in."""

    topic: ClassVar[Topic] = Topic("bench.heard.v1")
    type: ClassVar[str] = "bench.request.heard.v1"

    candidacy_id: UUID
    request_id: str
    decision_number: str
    wish: str


class Sample(NamedTuple):
    """A record as it stands in an outbox or in Kafka."""

    event_id: UUID
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


def samples(count: int, seed: int) -> list[Sample]:
    """Records of `Asked`: four versions of each aggregate, in order; the same ones for the same seed."""
    rng = random.Random(seed)
    made = []
    subject = _uuid(rng)
    for number in range(count):
        if number % 4 == 0:
            subject = _uuid(rng)
        event_id = _uuid(rng)
        event = Asked(
            decision_number=f"{SITE}-2026-{number:06}",
            asked_on="2026-11-23",
            file_number=number,
            wishes=("ARR-WEB", "ARR-METAL", "ARR-COOK"),
        )
        meta = Meta(
            id=str(event_id),
            source=f"/{SITE}/selection",
            subject=subject,
            version=number % 4 + 1,
            time=MOMENT,
            site=SITE,
            correlation=str(_uuid(rng)),
            causation=None,
            decision=event.decision_number,
            actor=ACTOR,
        )
        headers = encode(meta, event.type, MOMENT)
        headers.append(("traceparent", f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01".encode()))
        made.append(Sample(event_id, str(subject).encode(), headers, event.model_dump_json().encode()))
    return made


def outbox_row(sample: Sample, topic: str) -> tuple[Any, ...]:
    """The columns of `OUTBOX_COLUMNS`."""
    names = [name.encode() for name, _ in sample.headers]
    return sample.event_id, topic, sample.key, names, [value for _, value in sample.headers], sample.value, MOMENT


OUTBOX_COLUMNS = ("event_id", "topic", "key", "header_names", "header_values", "value", "created_at")


def _uuid(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
