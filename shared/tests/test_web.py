"""The application and its server: the door, the limits, the description, and the end at SIGTERM."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
import sqlalchemy as sa
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.machine import free_port
from shared import migrate
from shared.boundary import Anyone, Read, anyone, reading
from shared.testing.api import Tokens, client, once
from shared.testing.waiting import eventually
from shared.tests import specimen
from shared.tests.issuer import OwnIssuer
from shared.web import create_app

ANY = "/v1/things/018f0000-0000-7000-8000-000000000000"


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("path", [ANY, "/v1/things", "/v1/unknown", "/", "/openapi.json/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
async def test_no_address_answers_without_a_token(api: httpx.AsyncClient, path: str, method: str) -> None:
    answer = await api.request(method, path, json={"name": "a"})
    assert code(answer) == (401, "token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_of_another_site_opens_nothing_here(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for path in (ANY, "/v1/unknown"):
        assert code(await api.get(path, headers=tokens.bearer("spip", sites=("ARR",)))) == (403, "wrong-site")


async def test_the_token_is_checked_before_the_body_is_looked_at(api: httpx.AsyncClient) -> None:
    json_header = {"Content-Type": "application/json"}
    assert code(await api.post("/v1/things", content=b"{", headers=json_header)) == (401, "token-missing")
    assert code(await api.post("/v1/things", content=b"x" * 70_000)) == (401, "token-missing")


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


async def test_a_body_over_64_kib_is_too_large_announced_or_not(api: httpx.AsyncClient, tokens: Tokens) -> None:
    headers = tokens.bearer("spip") | once() | {"Content-Type": "application/json"}
    whole = {"name": "a" * 65_536}
    assert code(await api.post("/v1/things", json=whole, headers=headers)) == (413, "body-too-large")
    streamed = await api.post("/v1/things", content=pieces(66 * 1024), headers=headers)
    assert "content-length" not in streamed.request.headers
    assert code(streamed) == (413, "body-too-large")
    just = await api.post("/v1/things", content=b'{"name":"a"}'.ljust(65_536), headers=headers)
    assert just.status_code == 201


def test_a_route_that_names_no_roles_cannot_be_built() -> None:
    router = APIRouter(prefix="/v1")

    @router.get("/open")
    async def open_route() -> None: ...

    outer = APIRouter()
    outer.include_router(router)
    for routes in (router, outer):
        with pytest.raises(ValueError, match="/v1/open: a route names its roles once"):
            create_app("specimen", routes, specimen.Settings(), specimen.REFUSALS)


async def test_a_public_route_may_change_something_in_one_transaction(engine: AsyncEngine, tokens: Tokens) -> None:
    public = APIRouter()

    @public.post("/doors/left")
    async def door(name: str, anybody: Annotated[Anyone, Depends(anyone)]) -> str:
        thing = await anybody(lambda tx: specimen.make(tx, name, "DON"))
        return (await anybody.look(lambda conn: specimen.show(conn, thing))).name

    app = create_app(
        "specimen",
        APIRouter(),
        specimen.Settings(),
        specimen.REFUSALS,
        public=public,
        engine=engine,
        authenticator=tokens.authenticator,
    )
    async with client(app) as api:
        assert (await api.post("/doors/left?name=a")).json() == "a"
        assert code(await api.post("/doors/left?name=unwanted")) == (409, "unwanted")
        assert code(await api.post("/doors/left?name=Forbidden")) == (500, "internal-error")
        for other in ("/doors/left/?name=a", "/doors/lefT?name=a"):
            assert code(await api.post(other)) == (401, "token-missing"), other
    async with engine.connect() as conn:
        assert list((await conn.execute(sa.text("SELECT name FROM things"))).scalars()) == ["a"]


async def test_a_route_of_an_included_router_is_guarded_and_known_by_its_whole_path(
    engine: AsyncEngine, tokens: Tokens
) -> None:
    inner = APIRouter(prefix="/shelves")

    @inner.get("/{shelf}")
    async def shelf(shelf: str, read: Annotated[Read, Depends(reading("inspector"))]) -> str:
        return f"{shelf} of {read.site} at {read.now.isoformat()}"

    outer = APIRouter(prefix="/v1")
    outer.include_router(inner)
    app = create_app(
        "specimen",
        outer,
        specimen.Settings(),
        specimen.REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
    )
    async with client(app) as api:
        assert code(await api.get("/v1/shelves/top", headers=tokens.bearer("spip"))) == (403, "role-missing")
        assert (await api.get("/v1/shelves/top", headers=tokens.bearer("inspector"))).json().startswith("top of DON")
        assert app.openapi()["paths"]["/v1/shelves/{shelf}"]["get"]["x-roles"] == ["inspector"]


async def test_the_description_says_who_may_what_and_how_it_is_refused(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {"/v1/things", "/v1/things/{thing}", "/v1/scribble"} < set(described["paths"])
    assert not {"/livez", "/readyz", "/metrics"} & set(described["paths"])
    made, shown = described["paths"]["/v1/things"]["post"], described["paths"]["/v1/things/{thing}"]["get"]
    for operation, roles in ((made, ["spip"]), (shown, ["inspector", "spip"])):
        assert operation["x-roles"] == roles
        assert operation["security"] == [{"bearer": []}]
        assert "422" not in operation["responses"]
        refusal = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Problem"}
    assert [parameter["name"] for parameter in made["parameters"]] == ["Idempotency-Key"]
    assert [parameter["name"] for parameter in shown["parameters"]] == ["thing"]
    text = json.dumps(described)
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in described["components"]["schemas"]
    assert "HTTPValidationError" not in text


async def test_ready_means_accepting_and_at_the_migrations_head(
    api: httpx.AsyncClient, app: FastAPI, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "heads", lambda service: ("0001", "0007"))
    assert (await api.get("/readyz")).json()["checks"] == {"accepting": "ok", "database": "failed"}
    async with engine.begin() as conn:
        await conn.execute(sa.text("CREATE TABLE public.alembic_version (version_num text)"))
        await conn.execute(sa.text("INSERT INTO public.alembic_version VALUES ('0006')"))
    assert (await api.get("/readyz")).status_code == 503
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE public.alembic_version SET version_num = '0007'"))
    assert (await api.get("/readyz")).json() == {"status": "ready", "checks": {"accepting": "ok", "database": "ok"}}
    async with engine.begin() as conn:
        await conn.execute(sa.text("UPDATE public.alembic_version SET version_num = '0008'"))
    assert (await api.get("/readyz")).status_code == 200, "the next version's migrations do not stop this one"
    app.state.gate.close()
    assert (await api.get("/readyz")).json()["checks"]["accepting"] == "failed"
    assert (await api.get("/livez")).json() == {"status": "alive", "stale": []}


SERVED = """
import sys
from pydantic import SecretStr
from shared import logs
from shared.tests import specimen
from shared.web import serve_api

url, issuer, port = sys.argv[1:]
logs.configure("specimen", "api", "DON")
settings = specimen.Settings(database_url=SecretStr(url), oidc_issuer=issuer, api_port=int(port))
serve_api("specimen", settings, specimen.routes(), specimen.REFUSALS)
print("ended in order", flush=True)
"""


@pytest.fixture
async def issuer() -> AsyncIterator[OwnIssuer]:
    issuer = await OwnIssuer().start()
    yield issuer
    await issuer.stop()


@asynccontextmanager
async def served(url: str, issuer: OwnIssuer) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """The specimen's API in a process of its own, answering."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVED,
        *(url, issuer.url, str(port)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as api:

            async def up() -> bool:
                try:
                    return (await api.get("/livez")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(up, within=90)
            yield process, api
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_at_sigterm_a_running_write_is_finished_and_the_process_ends_by_itself(
    engine: AsyncEngine, database_url: str, issuer: OwnIssuer
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token()}"} | once()

    async def waiting() -> bool:
        async with engine.connect() as conn:
            query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool((await conn.execute(query)).scalar_one())

    async with served(database_url, issuer) as (process, api):
        async with engine.connect() as blocking:
            await blocking.execute(sa.text("LOCK TABLE things IN EXCLUSIVE MODE"))
            running = asyncio.create_task(api.post("/v1/things", json={"name": "a"}, headers=headers))
            await eventually(waiting)
            process.send_signal(signal.SIGTERM)

            async def closed() -> bool:
                try:
                    return "failed" in (await api.get("/readyz")).text
                except httpx.TransportError:
                    return True

            await eventually(closed)
            assert not running.done()
            await blocking.rollback()
        assert (await running).status_code == 201
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0
        assert b"ended in order" in said


async def test_the_real_server_tells_nothing_about_itself_and_bounds_what_it_reads(
    engine: AsyncEngine, database_url: str, issuer: OwnIssuer
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    async with served(database_url, issuer) as (_, api):
        assert "server" not in (await api.get("/livez")).headers
        for content in (b" " * 70_000, pieces(66 * 1024), b" " * 900_000):
            answer = await api.post("/v1/things", content=content, headers=headers | once())
            assert code(answer) == (413, "body-too-large")
        assert (await api.post("/v1/things", json={"name": "a"}, headers=headers | once())).status_code == 201
        assert "http_server_request_duration_seconds" in (await api.get("/metrics")).text
        await issuer.stop()
        other = {"Authorization": f"Bearer {issuer.token(sub='agent-2')}"}
        assert (await api.get(ANY, headers=other)).status_code == 404
