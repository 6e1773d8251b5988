"""What the citizen space's tests share: a database of their own with two small trainings, and a bench on it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.citizen_space.consumers import consumer
from shared.database import create_engine
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench

OFFER = (
    # Small ones beside the seeded ones, at dates that do not move with the day of the test.
    "INSERT INTO activities (code, site, title, kind, places) VALUES ('DON-ONE', 'DON', 'One', 'training', 1),"
    " ('DON-TWO', 'DON', 'Two', 'training', 1), ('DON-SIX', 'DON', 'Six', 'training', 6)",
    "INSERT INTO cohorts (code, activity, starts_on, ends_on, capacity) VALUES"
    " ('DON-ONE-A', 'DON-ONE', '2030-02-04', '2030-04-26', 1),"
    " ('DON-TWO-A', 'DON-TWO', '2030-02-04', '2030-04-26', 1),"
    " ('DON-SIX-A', 'DON-SIX', '2030-02-04', '2030-04-26', 2), ('DON-SIX-B', 'DON-SIX', '2030-03-04', '2030-05-24', 4)",
)


@pytest.fixture
async def engine(databases: Databases) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await databases.clone("citizen_space"), application="citizen-space-tests", pool_size=10)
    async with engine.begin() as conn:
        for statement in OFFER:
            await conn.execute(sa.text(statement))
    yield engine
    await engine.dispose()


@pytest.fixture
def bench(engine: AsyncEngine) -> Bench:
    return Bench(engine, consumer, site="DON", clock=lambda: datetime(2029, 11, 23, 9, 0, tzinfo=UTC))
