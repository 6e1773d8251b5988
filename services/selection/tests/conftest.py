"""Fixtures of selection's tests: its database, its consumers on it, and a clock that tests set."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.selection.consumers import consumer
from services.selection.tests.builders import NOW, Clock
from shared.database import create_engine
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench


@pytest.fixture
def clock() -> Clock:
    """The time that handlers see; `clock.now = …` moves it."""
    return Clock(NOW)


@pytest.fixture
async def engine(databases: Databases) -> AsyncIterator[AsyncEngine]:
    """The engine of a fresh, migrated database."""
    made = create_engine(await databases.clone("selection"), application="selection-tests")
    yield made
    await made.dispose()


@pytest.fixture
def bench(engine: AsyncEngine, clock: Clock) -> Bench:
    """Selection's consumers on a database of their own."""
    return Bench(engine, consumer, site="DON", clock=clock)
