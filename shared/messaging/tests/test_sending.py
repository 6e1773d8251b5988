"""Spans of the relay: an event's own while there are few, one for many when there are; each event is found in one."""

from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaTimeoutError
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from shared.messaging import sending, tracing
from shared.messaging.envelope import RawHeaders
from shared.messaging.sending import FEW, LINKS

TRACE = 0x0AF7651916CD43DD8448EB211C80319C


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


def headers(number: int) -> RawHeaders:
    return [("ce_id", b"1"), ("traceparent", f"00-{TRACE:032x}-{number + 1:016x}-01".encode())]


def sent(
    exporter: InMemorySpanExporter, topics: Sequence[str], its: Sequence[RawHeaders], broken: int | None = None
) -> Sequence[ReadableSpan]:
    rows = [{"topic": topic, "event_id": number} for number, topic in enumerate(topics)]
    spans = sending.begin(rows, its)
    sending.end(spans, [KafkaTimeoutError() if number == broken else None for number in range(len(rows))])
    return exporter.get_finished_spans()


def test_a_few_events_get_a_span_each_below_the_one_that_created_them(exporter: InMemorySpanExporter) -> None:
    spans = sent(exporter, ["a"] * FEW, [headers(number) for number in range(FEW)], broken=3)
    assert [span.parent.span_id for span in spans if span.parent] == list(range(1, FEW + 1))
    assert [span.status.status_code is StatusCode.ERROR for span in spans] == [number == 3 for number in range(FEW)]


def test_many_events_share_spans_by_topic_and_each_is_linked_once(exporter: InMemorySpanExporter) -> None:
    topics = ["a", "b"] * (LINKS + 1)
    spans = sent(exporter, topics, [headers(number) for number in range(len(topics))], broken=1)
    assert [(span.name, len(span.links), span.dropped_links) for span in spans] == [
        ("send a", LINKS, 0),
        ("send a", 1, 0),
        ("send b", LINKS, 0),
        ("send b", 1, 0),
    ]
    assert [span.parent for span in spans] == [None] * 4
    assert sorted(link.context.span_id for span in spans for link in span.links) == list(range(1, len(topics) + 1))
    assert {link.context.trace_id for span in spans for link in span.links} == {TRACE}
    assert [span.status.status_code is StatusCode.ERROR for span in spans] == [False, False, True, False]


@pytest.mark.parametrize("strange", [None, b"", b"00-zz-1-01", b"\xff", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"])
def test_an_event_without_a_usable_trace_is_counted_and_not_linked(
    exporter: InMemorySpanExporter, strange: bytes | None
) -> None:
    its = [headers(number) for number in range(FEW)]
    (span,) = sent(exporter, ["a"] * (FEW + 1), [*its, [("traceparent", strange)]])
    assert len(span.links) == FEW
    assert span.attributes
    assert span.attributes["messaging.batch.message_count"] == FEW + 1
