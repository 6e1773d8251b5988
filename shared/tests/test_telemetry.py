"""Spans, figures and log lines: that they are there, and that nobody's data is in them."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog
from fastapi import APIRouter
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.machine import free_port
from shared import logs, telemetry
from shared.messaging.tables import idempotency
from shared.testing.api import Tokens, client, once
from shared.tests import specimen
from shared.web import create_app

CANARY = "Zephirine-Canari"
REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        # The process has one provider for ever, which other tests may have installed before.
        provider = telemetry.tracer_provider(telemetry.resource("specimen", "api", "DON"), InMemorySpanExporter())
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


async def test_a_write_is_one_trace_from_the_request_to_the_outbox(
    spans: InMemorySpanExporter, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    headers = tokens.bearer("spip") | once() | {"traceparent": REMOTE, "baggage": "name=Z", "User-Agent": CANARY}
    answer = await api.post(f"/v1/things?hint={CANARY}", json={"name": CANARY}, headers=headers)
    assert answer.status_code == 201
    found = by_name(spans)
    assert set(found) == {"POST /v1/things", "transaction specimen", "create specimen.thing.v1"}
    server, transaction = found["POST /v1/things"], found["transaction specimen"]
    create = found["create specimen.thing.v1"]
    assert server.kind is SpanKind.SERVER
    assert transaction.kind is SpanKind.INTERNAL
    assert parent_of(server) == 0xB7AD6B7169203331
    assert {span.context.trace_id for span in found.values() if span.context} == {0x0AF7651916CD43DD8448EB211C80319C}
    assert server.context is not None
    assert transaction.context is not None
    assert parent_of(transaction) == server.context.span_id
    assert parent_of(create) == transaction.context.span_id
    assert server.attributes == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "http.route": "/v1/things",
        "http.response.status_code": 201,
    }
    assert CANARY not in "".join(span.to_json() for span in found.values())


async def test_a_route_of_a_router_within_a_router_is_known_by_its_whole_template(
    spans: InMemorySpanExporter, engine: AsyncEngine, tokens: Tokens
) -> None:
    outer = APIRouter(prefix="/outer")
    outer.include_router(specimen.routes())
    app = create_app(
        "specimen",
        outer,
        specimen.Settings(),
        specimen.REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
    )
    async with client(app) as api:
        await api.post("/outer/v1/things", json={"name": "a"}, headers=tokens.bearer("spip") | once())
    assert "POST /outer/v1/things" in by_name(spans)
    async with engine.connect() as conn:
        assert (await conn.execute(sa.select(idempotency.c.route))).scalar_one() == "POST /outer/v1/things"


async def test_an_address_that_leads_nowhere_leaves_no_trace_of_its_text(
    spans: InMemorySpanExporter, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await api.get(f"/v1/{CANARY}", headers=tokens.bearer("spip"))
    await api.get("/v1/things")
    await api.get("/livez")
    found = spans.get_finished_spans()
    assert [span.name for span in found] == ["GET", "GET"]
    assert [span.status.status_code for span in found] == [StatusCode.UNSET, StatusCode.UNSET]
    assert CANARY not in "".join(span.to_json() for span in found)


async def test_a_failure_marks_the_spans_without_its_text_and_a_refusal_does_not(
    spans: InMemorySpanExporter, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    for name in ("broken", "Forbidden", "unwanted"):
        spans.clear()
        await api.post("/v1/things", json={"name": name}, headers=tokens.bearer("spip") | once())
        found = by_name(spans)
        expected = StatusCode.UNSET if name == "unwanted" else StatusCode.ERROR
        for span in (found["POST /v1/things"], found["transaction specimen"]):
            assert span.status.status_code is expected
            assert span.status.description is None
        for span in found.values():
            assert not span.events
            assert "canary" not in span.to_json()
            assert "Forbidden" not in span.to_json()


async def test_even_a_span_that_records_exceptions_exports_no_event(spans: InMemorySpanExporter) -> None:
    with telemetry.tracer().start_as_current_span("careless", set_status_on_exception=False) as span:
        span.record_exception(RuntimeError(CANARY))
    assert CANARY not in spans.get_finished_spans()[0].to_json()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in ("aiokafka", "aiohttp.access", "uvicorn", "alembic")}
    before = structlog.get_config()
    stream = io.StringIO()
    logs.configure("specimen", "api", "DON", stream)
    yield stream
    structlog.reset_defaults()
    structlog.configure(**before)
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def test_a_line_says_who_where_and_in_which_trace(logged: io.StringIO, spans: InMemorySpanExporter) -> None:
    with telemetry.span("work") as span:
        structlog.get_logger("kernel").info("done", count=3)
        logging.getLogger("library").warning("careful: %s", "x")
    own, foreign = lines(logged)
    assert own | {"timestamp": ""} == {
        "event": "done",
        "count": 3,
        "level": "info",
        "logger": "kernel",
        "timestamp": "",
        "service": "specimen",
        "component": "api",
        "site": "DON",
        "trace_id": trace.format_trace_id(span.get_span_context().trace_id),
        "span_id": trace.format_span_id(span.get_span_context().span_id),
    }
    assert own["timestamp"].endswith("Z")
    assert (foreign["event"], foreign["logger"], foreign["site"]) == ("careful: x", "library", "DON")
    assert foreign["trace_id"] == own["trace_id"]


def failing() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        raise RuntimeError(CANARY) from error


@pytest.mark.parametrize("logger", ["ours", "library"])
def test_an_exception_is_logged_by_class_and_frames_alone(logged: io.StringIO, logger: str) -> None:
    try:
        failing()
    except RuntimeError as error:
        if logger == "ours":
            structlog.get_logger().error("failed", exc_info=error, error=error)
            structlog.get_logger().exception("failed", errors=[error])
        else:
            logging.getLogger("library").exception("failed: %s", error)  # noqa: TRY401
            logging.getLogger("library").error(error, exc_info=True)
            logging.getLogger("library").error("%(error)s", {"error": error})  # noqa: TRY400
    assert CANARY not in logged.getvalue()
    first = lines(logged)[0]
    assert [link["type"] for link in first["exception"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert first["exception"][0]["frames"][-1].endswith("failing")


async def test_a_task_that_nobody_awaited_does_not_log_its_exceptions_text(logged: io.StringIO) -> None:
    async def lost() -> None:
        raise RuntimeError(CANARY)

    task = asyncio.get_running_loop().create_task(lost())
    await asyncio.wait({task})
    task.__del__()
    task.exception()
    assert lines(logged)[0]["event"] == "Task exception was never retrieved"
    assert CANARY not in logged.getvalue()


async def test_a_failed_write_is_logged_without_what_was_written(
    logged: io.StringIO, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await api.post("/v1/things", json={"name": "Forbidden"}, headers=tokens.bearer("spip") | once())
    line = next(line for line in lines(logged) if line["event"] == "request failed")
    assert line["route"] == "/v1/things"
    assert line["exception"][0]["type"] == "sqlalchemy.exc.IntegrityError"
    assert any(link.get("sqlstate") == "23514" for link in line["exception"])
    assert "Forbidden" not in logged.getvalue()


CONFIGURED = """
import sys
from shared import telemetry
flush = telemetry.configure("specimen", "worker", "DON", sys.argv[1] or None)
with telemetry.span("work"):
    telemetry.meter().create_counter("inserre.things").add(2)
print(telemetry.exposition()[0].decode())
flush()
"""


def run_configured(endpoint: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CONFIGURED, endpoint],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    return done.stdout


async def test_spans_reach_the_receiver_with_service_component_and_site() -> None:
    from aiohttp import web
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    received: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        received.append(ExportTraceServiceRequest.FromString(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        figures = await asyncio.to_thread(run_configured, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
    origin = received[0].resource_spans[0]
    named = {item.key: item.value.string_value for item in origin.resource.attributes}
    assert named["service.name"] == "inserre-specimen"
    assert (named["service.component"], named["site.id"]) == ("worker", "DON")
    assert [span.name for span in origin.scope_spans[0].spans] == ["work"]
    assert "inserre_things_total" in figures
    assert "process_resident_memory_bytes" in figures


def test_without_a_receiver_or_with_a_dead_one_work_goes_on_and_ends() -> None:
    for endpoint in ("", f"http://127.0.0.1:{free_port()}"):
        assert "inserre_things_total" in run_configured(endpoint)
