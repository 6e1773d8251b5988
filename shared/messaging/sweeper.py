"""Removes what is kept for a time only: inbox rows after the topics' retention, idempotency keys after a week."""

import asyncio
import contextlib
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.event import Clock

INBOX = timedelta(days=30)
"""Longer than a topic keeps its records (14 days): whatever can come again is still known."""
IDEMPOTENCY = timedelta(days=7)
_BATCH = 5_000
_EVERY = 3600.0

_OLD = (
    (
        "DELETE FROM messaging.inbox WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM messaging.inbox WHERE received_at < :before LIMIT :batch))",
        INBOX,
    ),
    (
        "DELETE FROM messaging.idempotency WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM messaging.idempotency WHERE created_at < :before LIMIT :batch))",
        IDEMPOTENCY,
    ),
)


class Sweeper:
    """Sweeps one service's kernel tables; any number of workers may run one.

    Args:
        engine: of the service's database.
        clock: decides what is old.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    async def sweep(self) -> int:
        """Removes what is too old, in small transactions; gives how many rows went."""
        swept = 0
        for statement, age in _OLD:
            gone = _BATCH
            while gone == _BATCH:
                async with self._engine.begin() as conn:
                    values = {"before": self._clock() - age, "batch": _BATCH}
                    gone = (await conn.execute(sa.text(statement), values)).rowcount
                swept += gone
        return swept

    async def run(self) -> None:
        """Sweeps every hour, for ever."""
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                await self.sweep()
            await asyncio.sleep(_EVERY)
