"""The trace rule: create → send and create → process are parent and child; what is resumed later is linked."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.messaging.envelope import Headers, RawHeaders

_tracer = trace.get_tracer("inserre.messaging")
_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_w3c = TraceContextTextMapPropagator()


def stamp(headers: Headers, context: Context | None = None) -> None:
    """Appends a trace context, the current one if none is given, as W3C headers."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier, context)
    headers.extend((name, value.encode()) for name, value in carrier.items())


def context_of(headers: RawHeaders) -> Context:
    """The trace context that the headers carry; an empty one when they carry none."""
    carrier = {
        name: value.decode(errors="replace")
        for name, value in headers
        if value is not None and name in {"traceparent", "tracestate"}
    }
    return _w3c.extract(carrier, Context())


def links_to(records: Iterable[RawHeaders]) -> list[Link]:
    """A link to the span that created each record, where its headers carry one; for many of them, so by hand."""
    found = (_TRACEPARENT.fullmatch(_last(headers, "traceparent")) for headers in records)
    return [
        Link(SpanContext(int(ids[1], 16), int(ids[2], 16), is_remote=True, trace_flags=TraceFlags(int(ids[3], 16))))
        for ids in found
        if ids is not None
    ]


def _last(headers: RawHeaders, wanted: str) -> bytes:
    for name, value in reversed(headers):
        if name == wanted:
            return value or b""
    return b""


def link_to(context: Context) -> list[Link]:
    """A link to the span of a remote context, if it has one."""
    remote = trace.get_current_span(context).get_span_context()
    return [Link(remote)] if remote.is_valid else []


def start(
    name: str, kind: SpanKind, *, context: Context | None = None, links: list[Link] | None = None, **attributes: str
) -> Span:
    """Starts a span.

    Args:
        name: operation and destination.
        kind: of the span.
        context: the parent's; None for the current one.
        links: to spans that it goes back to.
        attributes: with `__` for `.`.
    """
    return _tracer.start_span(
        name,
        context=context,
        kind=kind,
        links=links,
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    )


@contextmanager
def current(span: Span) -> Iterator[Span]:
    """Makes the span current and ends it; an exception marks it failed with its class name alone."""
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except Exception as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
