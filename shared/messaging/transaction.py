"""The one way to open a transaction for handlers: begun and ended here, its wake-ups sent after the commit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from shared.messaging.event import Actor, Meta

OnCommit = Callable[[frozenset[str]], None]
"""Told, after a commit, which channels to wake."""


def nobody(channels: frozenset[str]) -> None:
    """Wakes nobody: for commands and tests without waiting loops."""


@dataclass(slots=True)
class Transaction:
    """What handlers see as `Tx`."""

    conn: AsyncConnection
    now: datetime
    actor: Actor
    source: str
    cause: Meta | None = None
    correlation: str = field(default_factory=lambda: str(uuid7()))
    """Shared by all events that go back to the same request."""
    woken: set[str] = field(default_factory=set)

    def wake(self, channel: str) -> None:
        self.woken.add(channel)


@asynccontextmanager
async def transaction(
    engine: AsyncEngine,
    *,
    now: datetime,
    actor: Actor,
    source: str,
    cause: Meta | None = None,
    on_commit: OnCommit = nobody,
) -> AsyncIterator[Transaction]:
    """A transaction: committed at the end, rolled back by any exception.

    Args:
        engine: of the service's database.
        now: the instant of the transaction, UTC.
        actor: in whose function it is done.
        source: `/<site>/<service>`.
        cause: the event that it goes back to, if any.
        on_commit: told which channels to wake.
    """
    async with engine.begin() as conn:
        tx = Transaction(conn=conn, now=now, actor=actor, source=source, cause=cause)
        if cause is not None:
            tx.correlation = cause.correlation
        yield tx
    on_commit(frozenset(tx.woken))
