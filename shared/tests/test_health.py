"""Health answers: what is shown, what is not, and what counts as well."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import migrate
from shared.health import DatabaseAtHead, Gate, Heartbeats, health_routes, nothing_stale
from shared.telemetry import ASGIApp


async def ask(app: ASGIApp, method: str = "GET") -> tuple[int, bytes, dict[bytes, bytes]]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": method, "path": "/"}, receive, send)
    return sent[0]["status"], sent[1]["body"], dict(sent[0]["headers"])


async def well() -> bool:
    return True


async def unwell() -> bool:
    return False


async def raising() -> bool:
    raise OSError("connection to Zéphirine refused")


async def hanging() -> bool:
    await asyncio.Event().wait()
    return True


async def test_ready_means_that_every_check_passes_in_time() -> None:
    routes = dict(
        health_routes(
            {"a": well, "b": unwell, "c": raising, "d": hanging},
            nothing_stale,
            timeout=0.05,
        )
    )
    status, body, headers = await ask(routes["/readyz"])
    assert status == 503
    assert json.loads(body) == {
        "status": "not-ready",
        "checks": {"a": "ok", "b": "failed", "c": "failed", "d": "failed"},
    }
    assert headers[b"cache-control"] == b"no-store"
    assert (await ask(dict(health_routes({"a": well}, nothing_stale))["/readyz"]))[0] == 200


async def test_a_server_elsewhere_that_is_down_is_no_reason_to_restart() -> None:
    assert (await ask(dict(health_routes({"a": raising}, nothing_stale))["/livez"]))[0] == 200


async def test_a_loop_that_stands_still_is_named_and_makes_the_process_not_alive() -> None:
    now = 0.0
    loops = Heartbeats(within=30, monotonic=lambda: now)
    loops.tick("relay")
    loops.tick("drainer")
    routes = dict(health_routes({}, loops.stale))
    assert (await ask(routes["/livez"]))[0] == 200
    now = 31.0
    loops.tick("drainer")
    status, body, _ = await ask(routes["/livez"])
    assert (status, json.loads(body)) == (503, {"status": "stuck", "stale": ["relay"]})


async def test_a_process_that_stops_takes_no_work_any_more() -> None:
    gate = Gate()
    routes = dict(health_routes({"accepting": gate.check}, nothing_stale))
    assert (await ask(routes["/readyz"]))[0] == 200
    gate.close()
    assert (await ask(routes["/readyz"]))[0] == 503


async def test_figures_are_served_as_text_and_nothing_is_changed_through_health() -> None:
    routes = dict(health_routes({}, nothing_stale))
    status, _, headers = await ask(routes["/metrics"])
    assert (status, headers[b"content-type"].split(b";")[0]) == (200, b"text/plain")
    assert (await ask(routes["/livez"], "POST"))[0] == 405
    assert (await ask(routes["/livez"], "HEAD"))[1] == b""


async def test_a_database_that_was_never_migrated_is_not_at_head(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "heads", lambda service: ("0001", "0001"))
    routes = dict(health_routes({"database": DatabaseAtHead(engine, "specimen")}, nothing_stale))
    assert json.loads((await ask(routes["/readyz"]))[1])["checks"] == {"database": "failed"}
