"""One running stack for all journeys of a test run: the four real services, real Kafka, PostgreSQL and a partner."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.local.officers import Officers
from deploy.local.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack(site="DON") as running:
        yield running


@pytest.fixture
async def officers(stack: Stack) -> AsyncIterator[Officers]:
    async with Officers(stack, datetime.now(ZoneInfo("Europe/Paris")).date()) as officers:
        yield officers
