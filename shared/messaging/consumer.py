"""The table of a service's consumers: which event or timer goes to which handler."""

from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel

from shared.messaging.event import Event, Handler, Topic


class On(NamedTuple):
    """An event and the use case that it sets off."""

    event: type[Event]
    handler: Handler


class At(NamedTuple):
    """A kind of timer, the body it was scheduled with, and the use case that it sets off."""

    kind: str
    body: type[BaseModel]
    handler: Handler


def on(event: type[Event], handler: Handler) -> On:
    """Row of the table: an event → a handler."""
    return On(event, handler)


def at(kind: str, body: type[BaseModel], handler: Handler) -> At:
    """Row of the table: a timer → a handler."""
    return At(kind, body, handler)


def _family(event_type: str) -> str:
    """The type without its major version."""
    return event_type.rpartition(".v")[0]


@dataclass(frozen=True)
class Consumer:
    """All that one service consumes, as one Kafka consumer group.

    Args:
        name: of the group; `<name>.dlq` gets the copies of its dead events.
        rows: the table.
        chunk: events that share one transaction: up to 50 where handlers only insert, 1 where they lock capacity.
    """

    name: str
    rows: tuple[On | At, ...]
    chunk: int = 1
    events: dict[str, On] = field(init=False, repr=False)
    timers: dict[str, At] = field(init=False, repr=False)
    _families: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        events = {row.event.type: row for row in self.rows if isinstance(row, On)}
        timers = {row.kind: row for row in self.rows if isinstance(row, At)}
        if len(events) + len(timers) != len(self.rows):
            raise ValueError(f"{self.name}: an event or a timer stands twice in the table")
        object.__setattr__(self, "events", events)
        object.__setattr__(self, "timers", timers)
        object.__setattr__(self, "_families", frozenset(map(_family, events)))

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics to read, each once."""
        return tuple(sorted({row.event.topic for row in self.events.values()}))

    @property
    def dead_letters(self) -> Topic:
        """Where byte-exact copies of dead events go, for people to look at."""
        return Topic(f"{self.name}.dlq", 1)

    def is_unknown_major(self, event_type: str) -> bool:
        """Whether the type is a version that we have no row for of a fact that we do handle."""
        return event_type not in self.events and _family(event_type) in self._families
