"""One trace from the decision to the partner's webhook; a retry, perhaps hours later, is linked to it."""

from datetime import timedelta
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver, answering
from services.notifications.tests.worker import Desk
from shared.messaging import tracing
from shared.messaging.event import utc_now


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What the kernel and the engine trace in this test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("tests"))
    return exporter


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(utc_now())


@pytest.fixture
async def subscription(engine: AsyncEngine, receiver: Receiver) -> UUID:
    return await a_subscription(engine, await a_partner(engine), url=f"{receiver.url}?token=canary")


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def context(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> tuple[int, int] | None:
    return (span.parent.trace_id, span.parent.span_id) if span.parent else None


async def test_the_first_attempt_and_what_we_say_of_it_belong_to_the_decision_s_trace(
    desk: Desk, spans: InMemorySpanExporter
) -> None:
    await desk.approve()
    async with desk.working():
        await desk.become("delivered")
    (process,) = named(spans, "process selection.candidacy.v1")
    (attempt,) = named(spans, "POST webhook")
    said = named(spans, "create notifications.delivery.v1")
    assert parent(attempt) == context(process)
    assert attempt.kind is SpanKind.CLIENT
    assert [parent(one) for one in said] == [context(process), context(attempt)]


async def test_a_retry_is_a_trace_of_its_own_with_a_link(
    desk: Desk, receiver: Receiver, clock: SettableClock, spans: InMemorySpanExporter
) -> None:
    receiver.answers = [answering(500)]
    await desk.approve()
    async with desk.working():
        await desk.tried(1)
        clock.forward(timedelta(seconds=7))
        await desk.become("delivered")
    (process,) = named(spans, "process selection.candidacy.v1")
    first, second = named(spans, "POST webhook")
    assert parent(first) == context(process)
    assert parent(second) is None
    assert [(link.context.trace_id, link.context.span_id) for link in second.links] == [context(process)]
    _, said = named(spans, "create notifications.delivery.v1")
    assert parent(said) == context(second)
    assert not first.status.is_ok
    assert second.status.is_ok


async def test_a_span_says_where_to_by_the_host_alone(
    desk: Desk, receiver: Receiver, spans: InMemorySpanExporter
) -> None:
    await desk.approve()
    async with desk.working():
        (row,) = await desk.become("delivered")
    (attempt,) = named(spans, "POST webhook")
    assert dict(attempt.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "inserre.delivery.id": str(row.id),
        "inserre.delivery.attempt": 1,
    }
