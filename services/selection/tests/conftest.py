"""Fixtures of selection's tests: its database, its consumers on it, and a clock that tests set."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from deploy.local.issuer import OFFICERS
from services.selection import store
from services.selection.api import REFUSALS, Places, router
from services.selection.consumers import consumer
from services.selection.settings import Settings
from services.selection.tests.builders import COMPETENT, DIRECTOR, NOW, Clock, a_delegation
from services.selection.tests.officers import Api
from shared.database import create_engine
from shared.testing.api import Tokens, client
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench
from shared.web import create_app


@pytest.fixture
def clock() -> Clock:
    """The time that handlers see; `clock.now = …` moves it."""
    return Clock(NOW)


@pytest.fixture
async def engine(databases: Databases) -> AsyncIterator[AsyncEngine]:
    """The engine of a fresh, migrated database, in which every deciding officer holds the delegation of `GROUNDS`."""
    made = create_engine(await databases.clone("selection"), application="selection-tests")
    async with made.begin() as conn:
        for delegate in (DIRECTOR.id, *(one.subject for one in OFFICERS.values() if "decision_authority" in one.roles)):
            recorded = store.Recorded(uuid7(), a_delegation(delegate_id=delegate), COMPETENT.id, NOW)
            await store.insert_delegation(conn, recorded)
    yield made
    await made.dispose()


@pytest.fixture
def bench(engine: AsyncEngine, clock: Clock) -> Bench:
    """Selection's consumers on a database of their own."""
    return Bench(engine, consumer, site="DON", clock=clock)


@pytest.fixture
def tokens() -> Tokens:
    """Tokens of this site's officers."""
    return Tokens("DON")


@pytest.fixture
def placement_url() -> str | None:
    """Where the API asks for free places; nowhere, unless a test stands in for placement."""
    return None


@pytest.fixture
async def api(engine: AsyncEngine, clock: Clock, tokens: Tokens, placement_url: str | None) -> AsyncIterator[Api]:
    """Selection's API on a database of its own."""
    settings = Settings(
        SITE="DON",
        database_url=SecretStr("postgresql+asyncpg://unused"),
        kafka_bootstrap="unused:9092",
        oidc_issuer="http://issuer.test",
        idempotency_secret=SecretStr("s" * 32),
        placement_url=placement_url,
        api_port=1,
        worker_port=2,
    )
    app = create_app(
        "selection",
        router,
        settings,
        REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=clock,
        policy=settings.policy,
        clients={"places": Places(settings.placement_url)},
    )
    async with client(app) as http:
        yield Api(http, tokens, engine)
