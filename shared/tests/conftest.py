"""Fixtures of the HTTP tests: the specimen's database, its application, and tokens for it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import create_engine
from shared.testing.api import Tokens, client
from shared.testing.fixtures import Databases
from shared.tests import specimen
from shared.web import create_app

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database_url(databases: Databases) -> str:
    return await databases.clone("kernel")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="tests", pool_size=10)
    async with engine.begin() as conn:
        await conn.run_sync(specimen.tables.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens("DON")


@pytest.fixture
def app(engine: AsyncEngine, tokens: Tokens) -> FastAPI:
    return create_app(
        "specimen",
        specimen.routes(),
        specimen.Settings(),
        specimen.REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=lambda: NOW,
    )


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as api:
        yield api
