"""Figures of a service's messaging for /metrics: what waits, since when, and how records ended."""

import asyncio
import contextlib
from collections.abc import Iterable

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.dispatch import Dispatcher
from shared.messaging.intake import Intake
from shared.messaging.operators import Status, status

_EVERY = 5.0


class Gauges:
    """Reads the figures every few seconds, so that being asked for them costs no query.

    Args:
        engine: of the service's database.
        dispatcher: counts how records ended.
        intake: knows how far behind it is.
    """

    def __init__(self, engine: AsyncEngine, dispatcher: Dispatcher, intake: Intake) -> None:
        self._engine, self._dispatcher, self._intake = engine, dispatcher, intake
        self._status: Status | None = None
        meter = metrics.get_meter("inserre.messaging")
        meter.create_observable_counter("inserre.messaging.records", [self._records], description="by outcome")
        meter.create_observable_gauge("inserre.messaging.waiting", [self._waiting], description="rows by kind")
        meter.create_observable_gauge("inserre.messaging.outbox.oldest", [self._oldest], unit="s")
        meter.create_observable_gauge("inserre.messaging.lag", [self._lag], description="records not yet fetched")

    async def run(self) -> None:
        """Reads for ever."""
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with self._engine.connect() as connection:
                    self._status = await status(connection)
            await asyncio.sleep(_EVERY)

    def _records(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(count, {"outcome": outcome}) for outcome, count in self._dispatcher.counts.items()]

    def _waiting(self, _: CallbackOptions) -> Iterable[Observation]:
        if self._status is None:
            return []
        return [
            Observation(self._status.outbox_rows, {"kind": "outbox"}),
            Observation(self._status.parked_keys, {"kind": "parked_keys"}),
            Observation(self._status.dead_events, {"kind": "dead_events"}),
            Observation(self._status.timers_overdue, {"kind": "timers_overdue"}),
        ]

    def _oldest(self, _: CallbackOptions) -> Iterable[Observation]:
        return [] if self._status is None else [Observation(self._status.outbox_oldest_seconds)]

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(self._intake.lag())]
