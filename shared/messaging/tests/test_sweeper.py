"""What is kept for a time only goes when that time is over, and not before."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.sweeper import IDEMPOTENCY, INBOX, Sweeper
from shared.messaging.tables import idempotency, inbox
from shared.messaging.tests.conftest import SetClock
from shared.messaging.tests.test_dispatch import noted, words
from shared.messaging.topics import RETENTION
from shared.testing.kernel import Bench


async def test_inbox_rows_outlive_every_record_that_could_come_again(
    bench: Bench, engine: AsyncEngine, clock: SetClock
) -> None:
    event = noted("once")
    await bench.dispatcher.dispatch([event])
    clock.forward(milliseconds=RETENTION)
    assert await Sweeper(engine, clock).sweep() == 0
    await bench.dispatcher.dispatch([event])
    assert await words(engine) == ["once"]
    clock.now += INBOX
    assert await Sweeper(engine, clock).sweep() == 1
    async with engine.connect() as conn:
        assert await conn.scalar(sa.select(sa.func.count()).select_from(inbox)) == 0


async def test_idempotency_keys_go_after_a_week(bench: Bench, engine: AsyncEngine, clock: SetClock) -> None:
    row = {"principal": "p", "route": "r", "fingerprint": b"f"}
    async with engine.begin() as conn:
        for key, age in (("old", IDEMPOTENCY + timedelta(hours=1)), ("young", timedelta(days=6))):
            await conn.execute(idempotency.insert().values(key=key, created_at=clock() - age, **row))
    assert await Sweeper(engine, clock).sweep() == 1
    async with engine.connect() as conn:
        assert list(await conn.scalars(sa.select(idempotency.c.key))) == ["young"]
