"""What an event, its topic, its metadata and the transaction around it are. No SQL and no Kafka here."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, NamedTuple, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

Clock = Callable[[], datetime]
"""Gives the current time, timezone-aware, in UTC."""

Regime = Literal["LED", "GDPR"]
"""Which data-protection regime covers the processing: directive 2016/680 (title III of the French act) or the GDPR."""


def utc_now() -> datetime:
    """The wall clock of a real process, in UTC."""
    return datetime.now(UTC)


class Topic(NamedTuple):
    """A Kafka topic: its name and its partition count, both for ever."""

    name: str
    partitions: int = 6


class Event(BaseModel):
    """The body of an event. Producers own the class; consumers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[Topic]
    type: ClassVar[str]
    """`<service>.<aggregate>.<fact>.v<n>`; a breaking change is a new type."""

    def key(self, subject: UUID) -> UUID:
        """The Kafka key of this event: the aggregate `subject`, unless the contract says otherwise."""
        return subject


class Actor(NamedTuple):
    """In which function, on which legal basis and under which regime something was done. Never a person's name."""

    function: str
    legal_basis: str
    regime: Regime


class Meta(NamedTuple):
    """The envelope of a received event (CloudEvents 1.0 attributes and our extensions)."""

    id: str
    source: str
    """`/<site>/<service>`."""
    subject: UUID
    """The aggregate that the event is about."""
    version: int
    """The aggregate's version: each event of an aggregate has its own, rising."""
    time: datetime
    """When the fact happened, UTC."""
    site: str
    correlation: str
    causation: str | None
    decision: str | None
    """Number of the signed decision that caused the event, where one did."""
    actor: Actor


class Tx(Protocol):
    """An open transaction, given to handlers by the kernel or the request boundary, which alone begin and end it."""

    @property
    def conn(self) -> AsyncConnection: ...
    @property
    def now(self) -> datetime:
        """The instant of this transaction, UTC: the only clock a handler reads."""
        ...

    @property
    def actor(self) -> Actor: ...
    @property
    def cause(self) -> Meta | None:
        """The event or timer being handled; None at the HTTP boundary."""
        ...

    @property
    def source(self) -> str:
        """`/<site>/<service>` of the process that publishes."""
        ...

    @property
    def correlation(self) -> str:
        """Shared by all events that go back to the same request."""
        ...

    def wake(self, channel: str) -> None:
        """Wakes whoever waits for `channel`, once the transaction has committed."""
        ...


Handler = Callable[[Tx, Any, Meta], Awaitable[None]]
"""A use case: (transaction, event or timer body, envelope)."""


class Retry(Exception):
    """Raised by a handler: park the key and try again later (what any unknown error does too)."""


class Poison(Exception):
    """Raised by a handler: this event can never be applied. It is dead at once and holds its key.

    Args:
        reason: a stable code in kebab-case, stored and shown to operators; never data of the event.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
