"""What notifications' tests share: a database of their own, a settable clock and a bench on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.consumers import consumer
from services.notifications.tests.builders import NOW
from shared.database import create_engine
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench


@dataclass
class SettableClock:
    """Stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        """Lets time pass."""
        self.now += by


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def engine(databases: Databases) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await databases.clone("notifications"), application="notifications-tests")
    yield engine
    await engine.dispose()


@pytest.fixture
def bench(engine: AsyncEngine, clock: SettableClock) -> Bench:
    return Bench(engine, consumer, site="DON", clock=clock)
