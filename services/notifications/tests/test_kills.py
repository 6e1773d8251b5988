"""Workers killed at every step of claim, send and record: nothing is lost, and what is sent twice is counted."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.postgres import PostgresServer
from services.notifications.consumers import consumer
from services.notifications.delivery.engine import Limits
from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.doomed_worker import STEPS
from services.notifications.tests.receiver import Receiver, receiving
from services.notifications.tests.worker import Desk
from shared.contracts.notifications import PartnerAlerted
from shared.database import create_engine
from shared.messaging.event import utc_now
from shared.testing.fixtures import prepare
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

ENDPOINTS = 4
ROOM = 2 * Limits().room
"""What a worker can hold: in flight, and answered but not recorded."""


class Scene:
    """A backlog, a partner that counts, and one worker process after the other."""

    def __init__(self, url: str, engine: AsyncEngine, receiver: Receiver) -> None:
        self.url, self.engine, self.receiver = url, engine, receiver
        self.held: set[tuple[UUID, UUID]] = set()
        """Delivery and lease of all that was in flight when a worker died."""

    async def plan(self, number: int) -> None:
        """Plans so many deliveries, evenly for all endpoints: one by its event, the others copied from it."""
        for name in range(ENDPOINTS):
            partner = await a_partner(self.engine, name=f"Partner {name}")
            await a_subscription(self.engine, partner, url=f"{self.receiver.url}/{name}")
        bench = Bench(self.engine, consumer, clock=utc_now)
        await Desk(self.engine, bench, utc_now).approve()
        await bench.published()
        async with self.engine.begin() as conn:
            await conn.execute(_COPIES, {"last": number // ENDPOINTS - 1})

    @asynccontextmanager
    async def worker(self, step: str = "none", number: int = 1) -> AsyncIterator[asyncio.subprocess.Process]:
        """A worker that is killed at the step, or at the end of the block."""
        command = (sys.executable, "-m", "services.notifications.tests.doomed_worker", self.url, step, str(number))
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, env=dict(os.environ)
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def kill(self, step: str, number: int) -> None:
        """Lets a worker run into its death."""
        async with self.worker(step, number) as process:
            async with asyncio.timeout(60):
                assert await process.wait() == -signal.SIGKILL
        self.held |= await self.leases()

    async def leases(self) -> set[tuple[UUID, UUID]]:
        """Who holds what, once the killed worker's sessions have ended."""

        async def ended() -> bool:
            async with self.engine.connect() as conn:
                return not (await conn.execute(_SESSIONS)).scalar_one()

        await eventually(ended)
        async with self.engine.connect() as conn:
            return {(row.id, row.lease_token) for row in await conn.execute(_LEASES)}

    async def finish(self, within: float) -> None:
        """Lets a worker live until nothing is left."""
        async with self.worker():

            async def done() -> bool:
                async with self.engine.connect() as conn:
                    return not (await conn.execute(_LEFT)).scalar_one()

            await eventually(done, within=within, every=0.2)

    async def check(self, planned: int, kills: int, *, spare: int = 0) -> None:
        """Every delivery arrived and was said once; no more came twice than were in flight at a kill."""
        arrived = Counter(self.receiver.ids)
        assert len(arrived) == planned
        twice = sum(arrived.values()) - planned
        assert 0 < twice <= len(self.held) + spare
        assert len(self.held) <= ROOM * kills
        async with self.engine.connect() as conn:
            said: list[Any] = list((await conn.execute(_SAID, {"type": PartnerAlerted.type.encode()})).one())
            assert said == [planned, planned]
            # A lost attempt is on record wherever one was: the numbers of a delivery have no gap.
            assert (await conn.execute(_GAPS)).scalar_one() == 0


_COPIES = sa.text(
    """
    WITH made AS (
        SELECT d, r, gen_random_uuid() AS candidacy, gen_random_uuid()::text AS event
        FROM deliveries d, generate_series(1, CAST(:last AS int)) AS r
    ), approved AS (
        INSERT INTO approvals SELECT candidacy, decision_number, ordered, allowed FROM made, approvals
    ), named AS (
        INSERT INTO partner_references SELECT partner_id, candidacy, 'r_' || event
        FROM made JOIN subscriptions ON subscriptions.id = (made.d).subscription_id
    )
    INSERT INTO deliveries SELECT (jsonb_populate_record(
        d, jsonb_build_object('id', gen_random_uuid(), 'candidacy_id', candidacy, 'event_id', event)
    )).* FROM made
    """
)
_SESSIONS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doomed-worker'"
)
_LEASES = sa.text("SELECT id, lease_token FROM deliveries WHERE lease_token IS NOT NULL")
_LEFT = sa.text("SELECT count(*) FROM deliveries WHERE state <> 'delivered'")
_SAID = sa.text(
    "SELECT count(*), count(DISTINCT header_values[array_position(header_names, CAST('ce_subject' AS bytea))])"
    " FROM messaging.outbox WHERE header_values[array_position(header_names, CAST('ce_type' AS bytea))] = :type"
)
_GAPS = sa.text(
    "SELECT count(*) FROM deliveries d WHERE attempts <> (SELECT count(*) FROM attempts WHERE delivery_id = d.id)"
)


async def test_a_worker_killed_at_every_step_loses_nothing(engine: AsyncEngine) -> None:
    planned, dice = 400, Random(6)
    url = engine.url.render_as_string(hide_password=False)
    async with receiving() as receiver:
        scene = Scene(url, engine, receiver)
        await scene.plan(planned)
        for step in STEPS:
            await scene.kill(step, 1 if "claim" in step else dice.randint(2, 40))
        await scene.finish(within=40)
        await scene.check(planned, len(STEPS))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("restarts", [0, 10])
async def test_fifty_kills_and_a_database_that_restarts_lose_none_of_twenty_thousand(
    own_postgres: Callable[[], PostgresServer], restarts: int
) -> None:
    planned, kills, dice = 20_000, 50, Random(50)
    server = await asyncio.to_thread(own_postgres)
    url = server.url.replace("postgresql://", "postgresql+asyncpg://")
    await prepare("notifications", url)
    engine = create_engine(url, application="kills")
    async with receiving() as receiver:
        scene = Scene(url, engine, receiver)
        await scene.plan(planned)
        for number in range(kills):
            step = STEPS[number % len(STEPS)]
            restart = restarts and number % (kills // restarts) == 0
            # A claim takes many; together the workers must not come to the end of what there is.
            many = dice.randint(1, 8) if "claim" in step else dice.randint(100, 300)
            if restart:
                # The pool's sessions end with the server; the worker's too, in the middle of its work.
                await engine.dispose()
                async with asyncio.TaskGroup() as both:
                    both.create_task(scene.kill(step, many))
                    both.create_task(asyncio.to_thread(server.restart))
            else:
                await scene.kill(step, many)
        await scene.finish(within=300)
        await scene.check(planned, kills, spare=restarts * ROOM)
    await engine.dispose()
