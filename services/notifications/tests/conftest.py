"""What notifications' tests share: a database of their own, a settable clock and a bench on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.api import REFUSALS, build, mailboxes, well_known
from services.notifications.api.proofs import Post
from services.notifications.consumers import consumer
from services.notifications.http.access import Accesses
from services.notifications.http.credentials import read_certificate
from services.notifications.http.proof import asking
from services.notifications.http.trial import trying
from services.notifications.settings import Settings
from services.notifications.tests.account import Account
from services.notifications.tests.builders import KEYS, NOW, SEED, SIGNING, a_partner, a_subscription
from services.notifications.tests.receiver import Receiver, receiving
from services.notifications.tests.worker import Desk
from shared.contracts import webhooks
from shared.database import create_engine
from shared.testing.api import ISSUER, Tokens, client
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench
from shared.web import create_app


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


@pytest.fixture
def tokens() -> Tokens:
    return Tokens("DON")


@pytest.fixture
def post() -> Post | None:
    """What sends mailboxes their links: nothing, unless a test has a relay."""
    return None


@pytest.fixture
def app(engine: AsyncEngine, tokens: Tokens, clock: SettableClock, post: Post | None) -> FastAPI:
    settings = Settings(
        SITE="DON",
        database_url=SecretStr(str(engine.url)),
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=ISSUER,
        idempotency_secret=SecretStr("s" * 32),
        secrets_key=SecretStr("a" * 43 + "="),
        signing_keys=f'[{{"id":"1","seed":"{SEED}","not_before":"2020-01-01T00:00Z","not_after":"2100-01-01T00:00Z"}}]',
        api_port=1,
        worker_port=1,
    )
    ask = asking(Accesses(KEYS, SIGNING, clock), "DON", clock, allow_loopback=True)
    send = trying(Accesses(KEYS, SIGNING, clock), allow_loopback=True)
    router = build(KEYS.seal, ask, SIGNING.sign, send, read_certificate, post, allow_loopback=False)
    public = well_known.build(SIGNING.published())
    public.include_router(mailboxes.router)
    return create_app(
        "notifications",
        router,
        settings,
        REFUSALS,
        public=public,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=clock,
        webhooks=webhooks.described(),
    )


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as api:
        yield api


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def subscription(engine: AsyncEngine, receiver: Receiver) -> UUID:
    return await a_subscription(engine, await a_partner(engine), url=receiver.url)


@pytest.fixture
def desk(engine: AsyncEngine, bench: Bench, clock: SettableClock, subscription: UUID) -> Desk:
    return Desk(engine, bench, clock)


@pytest.fixture
async def account(api: httpx.AsyncClient, tokens: Tokens, subscription: UUID, engine: AsyncEngine) -> Account:
    async with engine.connect() as conn:
        return Account(api, tokens, (await conn.execute(sa.text("SELECT partner_id FROM subscriptions"))).scalar_one())
