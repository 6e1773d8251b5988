"""A worker's delivery engine for tests, on the test's database and clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from opentelemetry.context import Context
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.delivery.engine import Engine, Limits
from services.notifications.delivery.lease import Claimed, claim
from services.notifications.delivery.outcome import Ended
from services.notifications.delivery.settlement import Try
from services.notifications.domain import day_in_france
from services.notifications.domain.answer import Answer, decide
from services.notifications.handlers import DELIVERIES
from services.notifications.http.access import Accesses
from services.notifications.mail.mailer import Mailer
from services.notifications.tables import attempts, deliveries
from services.notifications.tests.builders import KEYS, SIGNING, a_withdrawal, an_approval
from shared.messaging.envelope import decode, restored
from shared.messaging.event import Clock
from shared.messaging.transaction import Transaction, transaction
from shared.testing.kernel import OFFICER, Bench, Published
from shared.testing.waiting import eventually


class Desk:
    """One database, its events and its deliveries, with a worker that can be started and stopped."""

    def __init__(self, engine: AsyncEngine, bench: Bench, clock: Clock) -> None:
        self.engine, self.bench, self.clock = engine, bench, clock
        self.wake = asyncio.Event()
        self.mailer: Mailer | None = None
        self.candidacy, self.approval, self.withdrawal = uuid7(), str(uuid7()), str(uuid7())

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction as the worker's composition root opens it."""
        return transaction(
            self.engine, now=self.clock(), actor=OFFICER, source="/DON/notifications", on_commit=self._committed
        )

    def _committed(self, channels: frozenset[str]) -> None:
        if DELIVERIES in channels:
            self.wake.set()

    def worker(self, **limits: Any) -> Engine:
        """A delivery engine that looks for due rows often."""
        return Engine(
            transaction=self.transaction,
            accesses=Accesses(KEYS, SIGNING, self.clock),
            allow_loopback=True,
            clock=self.clock,
            wake=self.wake,
            mailer=self.mailer,
            limits=Limits(**({"poll": 0.02, "deadline": 5.0} | limits)),
            rng=Random(1),
        )

    @asynccontextmanager
    async def working(self, **limits: Any) -> AsyncIterator[Engine]:
        """A worker that runs until the block ends."""
        worker = self.worker(**limits)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await task

    async def approve(self) -> list[Published]:
        return await self.bench.deliver(an_approval(), subject=self.candidacy, event_id=self.approval)

    async def withdraw(self) -> list[Published]:
        return await self.bench.deliver(a_withdrawal(), subject=self.candidacy, version=2, event_id=self.withdrawal)

    async def rows(self) -> list[sa.Row[Any]]:
        """All deliveries, the oldest first."""
        async with self.engine.connect() as conn:
            return list((await conn.execute(sa.select(deliveries).order_by(deliveries.c.id))).all())

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def tries(self) -> list[tuple[int, str, int | None]]:
        """Number, outcome and status of all attempts."""
        async with self.engine.connect() as conn:
            found = await conn.execute(sa.select(attempts).order_by(attempts.c.delivery_id, attempts.c.number))
            return [(row.number, row.outcome, row.http_status) for row in found]

    async def become(self, *states: str) -> list[sa.Row[Any]]:
        """Waits until the deliveries stand so, oldest first, and none is leased any more."""

        async def standing() -> list[sa.Row[Any]]:
            found = await self.rows()
            assert [row.state for row in found] == list(states)
            assert all(row.lease_token is None for row in found)
            return found

        return await eventually(standing)

    async def tried(self, number: int) -> list[sa.Row[Any]]:
        """Waits until so many attempts have been recorded."""

        async def enough() -> list[sa.Row[Any]]:
            assert len(await self.tries()) == number
            return await self.rows()

        return await eventually(enough)

    async def claim(self) -> list[Claimed]:
        """Takes what is due, as a worker does."""
        async with self.transaction() as tx:
            return await self.claim_on(tx.conn)

    async def claim_on(self, conn: AsyncConnection) -> list[Claimed]:
        """The same in a transaction of the test's."""
        now = self.clock()
        many: dict[str, Any] = {"cap": 8, "room": 32, "slow_room": 16}
        return await claim(conn, now=now, today=day_in_france(now), token=uuid7(), in_flight=[], **many)

    def ended(self, claimed: Claimed, status: int | None, milliseconds: int = 1, *, error: str | None = None) -> Ended:
        """The end of a claim, as an attempt gives it."""
        answer, now = Answer(status, error), self.clock()
        what = {"attempt": claimed.attempt, "failures": claimed.failures, "patient_since": claimed.patient_since}
        decided = decide(answer, **what, now=now, rng=Random(1))  # type: ignore[arg-type]
        tried = Try(now, milliseconds, answer.outcome, status, answer.reached)
        cause = decode(restored(claimed.header_names, claimed.header_values))
        return Ended(claimed, decided, tried, cause, Context())

    async def subscription(self, subscription: UUID) -> sa.Row[Any]:
        async with self.engine.connect() as conn:
            return (
                await conn.execute(sa.text("SELECT * FROM subscriptions WHERE id = :id"), {"id": subscription})
            ).one()
