"""What placement's tests share: a database of their own, a settable clock and a bench on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.placement.api import REFUSALS, Committals, router
from services.placement.consumers import consumer
from services.placement.settings import Settings
from services.placement.tests.desk import Desk
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


@dataclass
class Selection:
    """A server in the place of selection's, told what to answer to a committal number."""

    status: int = 200
    body: Any = None
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    """Path, headers and body of each request."""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, dict(request.headers), await request.json()))
        return web.json_response(self.body, status=self.status)


@pytest.fixture
def selection() -> Selection:
    return Selection()


@pytest.fixture
async def selection_url(selection: Selection) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{path:.*}", selection.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def api(
    engine: AsyncEngine, tokens: Tokens, clock: SettableClock, selection_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        SITE="DON",
        database_url=SecretStr(str(engine.url)),
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=ISSUER,
        idempotency_secret=SecretStr("s" * 32),
        selection_url=selection_url,
        api_port=1,
        worker_port=1,
        sheets_dir=Path("/nowhere"),
    )
    app = create_app(
        "placement",
        router,
        settings,
        REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=clock,
        clients={"committals": Committals(settings.selection_url)},
    )
    async with client(app) as api:
        yield api


@pytest.fixture
def desk(api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> Desk:
    """The placement officer's desk."""
    return Desk(api, tokens, bench)
