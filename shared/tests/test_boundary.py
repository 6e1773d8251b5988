"""The request boundary on a real PostgreSQL: once per key, all or nothing, and nobody who may not."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.boundary import idempotency, reading, recording, writing
from shared.boundary.access import Writing
from shared.boundary.context import Boundary
from shared.boundary.write import Write
from shared.messaging import Tx
from shared.messaging.tables import idempotency as idempotency_table
from shared.messaging.tables import outbox
from shared.problems import Problem
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually
from shared.tests.specimen import Thing, make, show, things


async def count(engine: AsyncEngine, table: sa.Table) -> int:
    async with engine.connect() as conn:
        return (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def post(api: httpx.AsyncClient, tokens: Tokens, key: str | None = None, **body: Any) -> httpx.Response:
    return await api.post("/v1/things", json=body or {"name": "Vase"}, headers=tokens.bearer("spip") | once(key))


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:inserre:problem:{response.json()['code']}"
    assert response.json()["status"] == response.status_code
    return response.status_code, response.json()["code"]


async def nothing_was_done(engine: AsyncEngine) -> None:
    assert [await count(engine, table) for table in (things, outbox, idempotency_table)] == [0, 0, 0]


async def test_a_write_is_done_shown_and_published_in_one_transaction(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    answer = await post(api, tokens, name="Vase")
    assert answer.status_code == 201
    assert answer.json()["name"] == "Vase"
    assert answer.json()["made_at"] == "2026-11-23T09:00:00Z"
    assert "Idempotency-Replayed" not in answer.headers
    async with engine.connect() as conn:
        names, values = (await conn.execute(sa.select(outbox.c.header_names, outbox.c.header_values))).one()
    headers = dict(zip(names, values, strict=True))
    assert headers[b"ce_source"] == b"/DON/specimen"
    assert headers[b"ce_actorfunction"] == b"cpip"
    assert headers[b"ce_regime"] == b"LED"
    shown = await api.get(f"/v1/things/{answer.json()['id']}", headers=tokens.bearer("inspector"))
    assert (shown.status_code, shown.json()) == (200, answer.json())


async def test_a_repeated_write_has_one_effect_and_is_shown_as_it_is_now(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    first = await post(api, tokens, "same", name="Vase")
    async with engine.begin() as conn:
        await conn.execute(sa.update(things).values(name="Urn"))
    again = await post(api, tokens, "same", name="Vase")
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json() | {"name": "Urn"}
    assert await count(engine, things) == await count(engine, outbox) == 1


async def test_a_key_used_for_another_body_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await post(api, tokens, "same", name="Vase")
    assert code(await post(api, tokens, "same", name="Urn")) == (422, "idempotency-key-reused")
    assert await count(engine, things) == 1


async def test_a_key_used_for_another_thing_of_the_same_route_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    one, other = [(await post(api, tokens, name=name)).json()["id"] for name in ("Vase", "Urn")]
    headers = tokens.bearer("spip") | once("same")
    assert (await api.post(f"/v1/things/{one}/rename", json={"name": "X"}, headers=headers)).status_code == 200
    refused = await api.post(f"/v1/things/{other}/rename", json={"name": "X"}, headers=headers)
    assert code(refused) == (422, "idempotency-key-reused")


async def test_the_same_key_of_another_person_or_for_another_route_is_another_write(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    mine = await post(api, tokens, "same", name="Vase")
    theirs = await api.post("/v1/things", json={"name": "Vase"}, headers=tokens.bearer("head_of_spip") | once("same"))
    renamed = await api.post(
        f"/v1/things/{mine.json()['id']}/rename", json={"name": "Urn"}, headers=tokens.bearer("spip") | once("same")
    )
    assert (theirs.status_code, renamed.status_code) == (201, 200)
    assert theirs.json()["id"] != mine.json()["id"]


async def test_the_same_write_many_times_at_once_has_one_effect(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    answers = await asyncio.gather(*(post(api, tokens, "same", name="Vase") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert await count(engine, things) == await count(engine, outbox) == 1


async def test_a_write_that_is_still_running_is_answered_with_conflict_after_two_seconds(
    app: FastAPI, engine: AsyncEngine, tokens: Tokens
) -> None:
    boundary: Boundary = app.state.boundary
    claim = idempotency.Claim("agent", "POST /v1/things", "same", b"f" * 32)
    async with engine.begin() as running:
        assert await idempotency.begin(running, claim, 201, boundary.clock()) is None
        started = asyncio.get_running_loop().time()
        async with engine.begin() as second:
            with pytest.raises(Problem) as refused:
                await idempotency.begin(second, claim, 201, boundary.clock())
            await second.rollback()
        waited = asyncio.get_running_loop().time() - started
    assert (refused.value.status, refused.value.code) == (409, "request-in-progress")
    assert 1.5 < waited < 3.5


async def test_the_short_wait_holds_for_the_key_alone(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        before = (await conn.execute(sa.text("SHOW lock_timeout"))).scalar_one()
        await idempotency.begin(conn, idempotency.Claim("agent", "r", "k", b"f"), 201, (await _now(conn)))
        assert (await conn.execute(sa.text("SHOW lock_timeout"))).scalar_one() == before == "5s"


async def _now(conn: AsyncConnection) -> Any:
    return (await conn.execute(sa.text("SELECT now()"))).scalar_one()


@pytest.mark.parametrize(("name", "expected"), [("unwanted", (409, "unwanted")), ("broken", (500, "internal-error"))])
async def test_a_refused_or_failed_write_leaves_nothing_behind(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, name: str, expected: tuple[int, str]
) -> None:
    assert code(await post(api, tokens, "same", name=name)) == expected
    await nothing_was_done(engine)
    assert (await post(api, tokens, "same", name="Vase")).status_code == 201, "the key is free again"


async def test_a_failed_render_undoes_the_write(app: FastAPI, engine: AsyncEngine) -> None:
    async def failing(conn: AsyncConnection, thing: UUID) -> Thing:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await a_write(app)(lambda tx: make(tx, "Vase", "DON"), failing)
    await nothing_was_done(engine)


def a_write(app: FastAPI, key: str = "k") -> Write:
    boundary: Boundary = app.state.boundary
    principal = Tokens("DON").authenticator._principal(
        {
            "iss": "http://issuer.test",
            "aud": "inserre",
            "exp": 4e9,
            "sub": "agent",
            "name": "A",
            "function": "cpip",
            "roles": [],
            "sites": [],
        },
        0.0,
    )
    return Write(principal, "DON", boundary, idempotency.Claim("agent", "POST /v1/things", key, b"f" * 32))


@pytest.mark.parametrize("state", ["40001", "40P01", "23P01"])
async def test_a_write_that_lost_against_another_is_run_again(app: FastAPI, engine: AsyncEngine, state: str) -> None:
    attempts = 0

    async def command(tx: Tx) -> UUID:
        nonlocal attempts
        attempts += 1
        thing = await make(tx, f"attempt {attempts}", "DON")
        if attempts <= 3:
            await tx.conn.execute(sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END $$"))
        return thing

    answer = await a_write(app)(command, show)
    assert answer.status_code == 201
    assert attempts == 4
    assert await count(engine, things) == await count(engine, outbox) == 1


async def test_a_write_that_loses_for_ever_is_given_up(app: FastAPI, engine: AsyncEngine) -> None:
    attempts = 0

    async def command(tx: Tx) -> UUID:
        nonlocal attempts
        attempts += 1
        await tx.conn.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"))
        raise AssertionError

    with pytest.raises(sa.exc.DBAPIError):
        await a_write(app)(command, show)
    assert attempts == 4
    await nothing_was_done(engine)


async def test_a_connection_that_the_server_ended_is_replaced_without_the_caller_noticing(
    app: FastAPI, engine: AsyncEngine
) -> None:
    attempts = 0

    async def command(tx: Tx) -> UUID:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await tx.conn.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return await make(tx, "Vase", "DON")

    answer = await a_write(app)(command, show)
    assert answer.status_code == 201
    assert attempts == 2
    assert await count(engine, things) == 1


async def test_the_relay_is_told_only_after_the_commit(app: FastAPI, api: httpx.AsyncClient, tokens: Tokens) -> None:
    heard: list[str] = []
    raw = await app.state.boundary.engine.raw_connection()
    driver: Any = raw.driver_connection
    await driver.add_listener("outbox", lambda *_: heard.append("outbox"))
    try:
        await post(api, tokens, name="unwanted")
        await post(api, tokens, name="Vase")

        async def told() -> bool:
            return bool(heard)

        await eventually(told)
        assert heard == ["outbox"]
    finally:
        await driver.remove_listener("outbox", heard.append)
        raw.invalidate()


@pytest.mark.parametrize("key", ["x" * 256, "not visible", "é", "tab\there"])
async def test_a_key_that_cannot_be_a_key_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine, key: str
) -> None:
    headers = [*tokens.bearer("spip").items(), ("Idempotency-Key", key.encode())]
    answer = await api.post("/v1/things", json={"name": "Vase"}, headers=headers)  # type: ignore[arg-type]
    assert code(answer) == (400, "idempotency-key-invalid")
    await nothing_was_done(engine)


async def test_a_write_needs_a_key_and_not_two(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
    bearer = tokens.bearer("spip")
    assert code(await api.post("/v1/things", json={"name": "Vase"}, headers=bearer)) == (400, "idempotency-key-missing")
    two = [*bearer.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert code(await api.post("/v1/things", json={"name": "Vase"}, headers=two)) == (400, "idempotency-key-invalid")
    await nothing_was_done(engine)


async def test_the_stored_fingerprint_tells_nothing_of_the_body(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await post(api, tokens, name="Vase")
    async with engine.connect() as conn:
        row = (await conn.execute(sa.select(idempotency_table))).one()
    assert (row.status, row.route) == (201, "POST /v1/things")
    assert len(row.fingerprint) == 32
    assert row.fingerprint not in {
        idempotency.fingerprint(b"another secret", b"POST", b"/v1/things", b"", body)
        for body in (b'{"name":"Vase"}', b'{"name": "Vase"}')
    }


def test_no_byte_of_a_request_can_move_from_one_part_to_the_next() -> None:
    assert idempotency.fingerprint(b"s", b"/a", b"b") != idempotency.fingerprint(b"s", b"/ab", b"")


async def test_a_role_that_the_route_does_not_name_is_refused(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    answer = await api.post("/v1/things", json={"name": "Vase"}, headers=tokens.bearer("inspector") | once())
    assert code(answer) == (403, "role-missing")
    await nothing_was_done(engine)
    made = await post(api, tokens, name="Vase")
    address = f"/v1/things/{made.json()['id']}"
    assert code(await api.get(address, headers=tokens.bearer("placement_officer"))) == (403, "role-missing")


async def test_a_reading_route_cannot_write(api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
    await post(api, tokens, name="Vase")
    assert code(await api.get("/v1/scribble", headers=tokens.bearer("inspector"))) == (500, "internal-error")
    assert await count(engine, things) == 1
    assert (await post(api, tokens, name="Urn")).status_code == 201, "the connection writes again afterwards"


async def test_a_noted_read_is_shown_with_its_note_or_not_at_all(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    address = f"/v1/things/{(await post(api, tokens, name='Vase')).json()['id']}/noted"
    assert code(await api.get(address, headers=tokens.bearer("spip"))) == (403, "role-missing")
    assert (await api.get(address, headers=tokens.bearer("inspector"))).json()["name"] == "Vase"
    assert await count(engine, things) == 2
    async with engine.begin() as conn:
        await conn.execute(sa.text("ALTER TABLE things ADD CHECK (name NOT LIKE 'read by %') NOT VALID"))
    refused = await api.get(address, headers=tokens.bearer("inspector"))
    assert code(refused) == (500, "internal-error")
    assert "Vase" not in refused.text
    assert await count(engine, things) == 2


async def test_a_refusal_that_a_noted_read_gives_is_answered_and_keeps_its_note(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    address = f"/v1/things/{uuid4()}/denied"
    assert code(await api.get(address, headers=tokens.bearer("inspector"))) == (409, "unwanted")
    assert await count(engine, things) == 1
    async with engine.begin() as conn:
        await conn.execute(sa.text("ALTER TABLE things ADD CHECK (name NOT LIKE 'refused to %') NOT VALID"))
    assert code(await api.get(address, headers=tokens.bearer("inspector"))) == (500, "internal-error")


def test_a_route_names_at_least_one_role() -> None:
    for dependency in (reading, writing, recording):
        with pytest.raises(ValueError, match="names the roles"):
            dependency()
    assert isinstance(writing("spip"), Writing)
