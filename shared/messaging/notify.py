"""Wakes the relay of another process after a commit: one NOTIFY for many commits, outside of their transactions."""

import asyncio
import contextlib

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.outbox import CHANNEL

_PACE = 0.01


class Notifier:
    """Sends at most one NOTIFY every 10 ms; what is lost, the relay's own poll finds.

    Args:
        engine: of the service's database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def poke(self) -> None:
        """Asks for a NOTIFY, at once if none was sent lately."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._wanted:
            self._wanted = False
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with self._engine.connect() as connection:
                    await connection.execute(_NOTIFY, {"channel": CHANNEL})
            await asyncio.sleep(_PACE)

    async def close(self) -> None:
        """Ends a NOTIFY that is still under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


_NOTIFY = sa.text("SELECT pg_notify(:channel, '')")
