"""A small OTLP/HTTP receiver: keeps the last spans in memory and gives them back as JSON or as a drawn tree.

Run it with `python -m deploy.local.otlp --port 4318`. `POST /v1/traces` takes protobuf; `GET /traces/<trace id>` gives
the spans (`?format=tree` the drawing), `GET /traces?<attribute>=<value>` the ids of traces with such a span.
"""

import argparse
from collections import OrderedDict
from typing import Any

from aiohttp import web
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from deploy.local.traces import Span, tree

SPANS = 300_000
"""Spans kept; beyond that the oldest traces go."""
BODY = 32 * 2**20
"""Largest accepted request in bytes."""
KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return None if kind is None else getattr(value, kind)


def _attributes(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pair: KeyValue
    for pair in pairs:
        value = _value(pair.value)
        found[pair.key] = value.hex() if isinstance(value, bytes) else value
    return found


def decode(span: trace_pb2.Span, resource: dict[str, Any]) -> Span:
    """One received span as plain data."""
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        name=span.name,
        kind=KINDS[span.kind],
        status=STATUSES[span.status.code],
        service=str(resource.get("service.name", "")),
        links=[{"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()} for link in span.links],
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        resource=resource,
    )


class Store:
    """Spans by trace, in the order of a trace's first span. Decoded when read: receiving must cost little."""

    def __init__(self, limit: int = SPANS) -> None:
        self._limit, self._count = limit, 0
        self._traces: OrderedDict[bytes, list[tuple[trace_pb2.Span, dict[str, Any]]]] = OrderedDict()

    def add(self, request: ExportTraceServiceRequest) -> None:
        """Keeps what one export carries."""
        for batch in request.resource_spans:
            resource = _attributes(batch.resource.attributes)
            for scope in batch.scope_spans:
                for span in scope.spans:
                    self._traces.setdefault(span.trace_id, []).append((span, resource))
                    self._count += 1
        while self._count > self._limit:
            self._count -= len(self._traces.popitem(last=False)[1])

    def trace(self, trace_id: str) -> list[Span]:
        """Every span received of a trace, earliest start first; empty if the id is unknown or not hex."""
        try:
            kept = self._traces.get(bytes.fromhex(trace_id), [])
        except ValueError:
            return []
        return sorted((decode(*item) for item in kept), key=lambda span: span["start"])

    def find(self, wanted: dict[str, str], limit: int) -> list[str]:
        """Ids of traces that have one span with all the wanted attributes, the newest first."""
        found: list[str] = []
        for trace_id, kept in reversed(self._traces.items()):
            if len(found) == limit:
                break
            if not wanted or any(_carries(span, wanted) for span, _ in kept):
                found.append(trace_id.hex())
        return found


def _carries(span: trace_pb2.Span, wanted: dict[str, str]) -> bool:
    attributes = {"name": span.name, **_attributes(span.attributes)}
    return all(str(attributes.get(name)) == value for name, value in wanted.items())


def create_app(store: Store) -> web.Application:
    """The HTTP face of a store."""

    async def receive(request: web.Request) -> web.Response:
        try:
            store.add(ExportTraceServiceRequest.FromString(await request.read()))
        except DecodeError:
            return web.Response(status=400)
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )

    async def trace(request: web.Request) -> web.Response:
        spans = store.trace(request.match_info["trace_id"])
        if request.query.get("format") == "tree":
            return web.Response(text="\n".join(tree(spans)) + "\n")
        return web.json_response(spans)

    async def search(request: web.Request) -> web.Response:
        wanted = {name: value for name, value in request.query.items() if name != "limit"}
        return web.json_response(store.find(wanted, int(request.query.get("limit", "20"))))

    app = web.Application(client_max_size=BODY)
    app.router.add_post("/v1/traces", receive)
    app.router.add_get("/traces/{trace_id}", trace)
    app.router.add_get("/traces", search)
    return app


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    web.run_app(create_app(Store()), host="127.0.0.1", port=parser.parse_args().port, print=None, access_log=None)


if __name__ == "__main__":
    main()
