"""Whoever steps a replay is killed at every statement of a step: each delivery of the range is taken once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications import handlers
from services.notifications.consumers import consumer
from services.notifications.domain import State
from services.notifications.handlers import Asked
from services.notifications.tests.builders import an_approval
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.kernel import OFFICER, Bench
from shared.testing.waiting import eventually

FAILED = 48
STATEMENTS = 11
"""Of a step that takes something, commits among them, and of the look at what is due after it."""


@asynccontextmanager
async def stepping(url: str, number: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that steps, and is killed at the statement, or at the end of the block."""
    command = (sys.executable, "-m", "services.notifications.tests.doomed_replay", url, str(number))
    process = await asyncio.create_subprocess_exec(*command, env=dict(os.environ))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_replay_that_is_killed_at_every_statement_takes_each_delivery_once(
    engine: AsyncEngine, receiver: Receiver, subscription: UUID
) -> None:
    bench = Bench(engine, consumer, clock=utc_now)
    desk = Desk(engine, bench, utc_now)
    for _ in range(FAILED):
        await bench.deliver(an_approval(), subject=uuid7())

    async def rows(statement: str) -> list[tuple[Any, ...]]:
        async with engine.begin() as conn:
            return [tuple(row) for row in await conn.execute(sa.text(statement))]

    await rows("UPDATE deliveries SET state = 'failed', next_attempt_at = NULL RETURNING id")
    url = engine.url.render_as_string(hide_password=False)
    now = utc_now()
    notices, states = frozenset({"candidacy.approved"}), frozenset({State.FAILED})
    asked = Asked(subscription, now - timedelta(hours=1), now, notices, states, 240, "outage")
    async with bench.transaction(OFFICER) as tx:
        replay = await handlers.order_replay(tx, asked, "agent-1")

    async def all_taken() -> bool:
        return await rows("SELECT taken FROM replays") == [(FAILED,)]

    async with desk.working():
        for number in range(1, STATEMENTS + 1):
            async with stepping(url, number) as process, asyncio.timeout(60):
                assert await process.wait() == -signal.SIGKILL
        ((midway,),) = await rows("SELECT taken FROM replays")
        assert 0 < midway < FAILED
        async with stepping(url, 0):
            await eventually(all_taken, within=60, every=0.2)
        await desk.become(*["delivered"] * FAILED)
    assert len(receiver.ids) == len(set(receiver.ids)) == FAILED
    assert {one["inserre-replay"] for one in receiver.headers} == {str(replay)}
    assert await rows("SELECT ended, count(*) FROM replayed GROUP BY ended") == [("delivered", FAILED)]
