"""What placement's tests share: a database of their own, a settable clock and a bench on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.placement.api import REFUSALS, router
from services.placement.consumers import consumer
from services.placement.settings import Settings
from shared.database import create_engine
from shared.testing.api import ISSUER, Tokens, client
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench
from shared.web import create_app


@dataclass
class SettableClock:
    """Stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

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
    engine = create_engine(await databases.clone("placement"), application="placement-tests", pool_size=10)
    yield engine
    await engine.dispose()


@pytest.fixture
def bench(engine: AsyncEngine, clock: SettableClock) -> Bench:
    return Bench(engine, consumer, site="DON", clock=clock)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens("DON")


@pytest.fixture
async def api(engine: AsyncEngine, tokens: Tokens, clock: SettableClock) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        SITE="DON",
        database_url=SecretStr(str(engine.url)),
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=ISSUER,
        idempotency_secret=SecretStr("s" * 32),
        api_port=1,
        worker_port=1,
        sheets_dir=Path("/nowhere"),
    )
    app = create_app(
        "placement", router, settings, REFUSALS, engine=engine, authenticator=tokens.authenticator, clock=clock
    )
    async with client(app) as api:
        yield api
