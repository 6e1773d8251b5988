"""Fixtures of the kernel's tests: a migrated database with the specimen's tables, and a clock that tests set."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import create_engine
from shared.messaging.tests import specimen
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench


class SetClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Moves on by a timedelta's arguments."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def database_url(databases: Databases) -> str:
    return await databases.clone("kernel")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="tests")
    async with engine.begin() as conn:
        await specimen.create(conn)
    yield engine
    await engine.dispose()


@pytest.fixture
def bench(engine: AsyncEngine, clock: SetClock) -> Bench:
    return Bench(engine, specimen.consumer, clock=clock)
