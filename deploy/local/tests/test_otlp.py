"""The receiver gives back every span it was sent, and draws a trace as a tree."""

from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from deploy.local.otlp import Store, create_app
from deploy.local.traces import orphans, tree

TRACE = bytes(range(16))


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def span(number: int, parent: int | None, name: str, start: int, end: int, *, trace: bytes = TRACE) -> Span:
    return Span(
        trace_id=trace,
        span_id=number.to_bytes(8, "big"),
        parent_span_id=b"" if parent is None else parent.to_bytes(8, "big"),
        name=name,
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=start * 1_000_000,
        end_time_unix_nano=end * 1_000_000,
        attributes=[text("site", "DON")],
    )


def export(*spans: Span) -> ExportTraceServiceRequest:
    resource = Resource(attributes=[text("service.name", "inserre-selection"), text("service.component", "api")])
    batch = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=spans)])
    return ExportTraceServiceRequest(resource_spans=[batch])


async def test_a_received_trace_is_given_back_whole() -> None:
    async with TestClient(TestServer(create_app(Store()))) as client:
        body = export(span(1, None, "approve", 0, 10), span(2, 1, "publish", 2, 5)).SerializeToString()
        assert (await client.post("/v1/traces", data=body)).status == 200
        spans = await (await client.get(f"/traces/{TRACE.hex()}")).json()
        found = await (await client.get("/traces", params={"site": "DON", "name": "publish"})).json()
        missing = await (await client.get("/traces", params={"site": "ARR"})).json()

    assert [(one["name"], one["parent_id"], one["kind"]) for one in spans] == [
        ("approve", None, "server"),
        ("publish", "0000000000000001", "server"),
    ]
    assert spans[0]["attributes"] == {"site": "DON"}
    assert spans[0]["resource"]["service.name"] == "inserre-selection"
    assert found == [TRACE.hex()]
    assert missing == []


async def test_what_is_not_otlp_is_refused() -> None:
    async with TestClient(TestServer(create_app(Store()))) as client:
        assert (await client.post("/v1/traces", data=b"\xff\xff\xff")).status == 400
        assert await (await client.get("/traces/not-hex")).json() == []


def test_the_oldest_trace_goes_when_the_store_is_full() -> None:
    store = Store(limit=2)
    for number in range(3):
        store.add(export(span(1, None, "approve", 0, 1, trace=bytes([number]) * 16)))

    assert store.trace("00" * 16) == []
    assert len(store.trace("02" * 16)) == 1


def test_a_tree_shows_parents_before_children_and_marks_orphans() -> None:
    store = Store()
    store.add(
        export(
            span(3, 1, "second", 6, 8),
            span(2, 1, "first", 1, 5),
            span(4, 2, "below", 2, 3),
            span(1, None, "root", 0, 9),
            span(6, 5, "stray", 7, 8),
        )
    )
    spans = store.trace(TRACE.hex())

    lines = tree(spans)

    assert [line.split("  ")[0].rstrip() for line in lines] == ["root", "├─ first", "│", "└─ second", "? stray"]
    assert "└─ below" in lines[2]
    assert lines[0].split() == ["root", "selection", "api", "+", "0.0", "ms", "9.0", "ms"]
    assert [one["name"] for one in orphans(spans)] == ["stray"]
