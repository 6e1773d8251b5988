"""Figures of deliveries for /metrics: what is due and since when, what is held, and that nothing is forgotten."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.figures import Figures, figures
from shared.messaging.event import Clock

Reading = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a connection to read from, and closes it."""

_EVERY = 5.0
_KINDS = ("due", "scheduled", "held", "forgotten")


class Gauges:
    """Reads the figures every few seconds, so that being asked for them costs no query.

    Args:
        reading: opens a connection to the service's database.
        clock: what is due by it.
    """

    def __init__(self, reading: Reading, clock: Clock) -> None:
        self._reading, self._clock = reading, clock
        self._figures: Figures | None = None
        meter = metrics.get_meter("inserre.notifications")
        meter.create_observable_gauge("inserre.deliveries.open", [self._open], description="by kind")
        meter.create_observable_gauge("inserre.deliveries.oldest_due", [self._oldest], unit="s")
        meter.create_observable_gauge("inserre.subscriptions.disabled", [self._disabled])

    async def run(self) -> None:
        """Reads for ever."""
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with self._reading() as connection:
                    self._figures = await figures(connection, self._clock())
            await asyncio.sleep(_EVERY)

    def _open(self, _: CallbackOptions) -> Iterable[Observation]:
        if self._figures is None:
            return []
        return [Observation(getattr(self._figures, kind), {"kind": kind}) for kind in _KINDS]

    def _oldest(self, _: CallbackOptions) -> Iterable[Observation]:
        return [] if self._figures is None else [Observation(self._figures.oldest_due_seconds)]

    def _disabled(self, _: CallbackOptions) -> Iterable[Observation]:
        return [] if self._figures is None else [Observation(self._figures.disabled)]
