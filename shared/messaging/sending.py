"""The spans of what the relay sends: one for each event while there are few, one for many events when there are."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from shared.messaging import tracing
from shared.messaging.envelope import RawHeaders

FEW = 50
"""Rows of a batch that get a span each."""
LINKS = 128
"""Links that the SDK keeps of one span."""

Sent = list[tuple[Span, Sequence[int]]]
"""Spans with the places, in the batch, of the rows that they stand for."""


def begin(rows: Sequence[Any], headers: Sequence[RawHeaders]) -> Sent:
    """Starts the spans of a batch.

    Up to `FEW` rows: each is a child of the span that created the event, a part of its trace. More: one span for up to
    `LINKS` events of a topic, in a trace of its own, linked to each that created one.

    Args:
        rows: of the outbox, with `topic` and `event_id`.
        headers: of each row.
    """
    if len(rows) <= FEW:
        return [
            (_span(row["topic"], tracing.context_of(its), messaging__message__id=str(row["event_id"])), (place,))
            for place, (row, its) in enumerate(zip(rows, headers, strict=True))
        ]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row["topic"]].append(place)
    return [
        (_together(topic, [headers[place] for place in some]), some)
        for topic, all_of_it in places.items()
        for some in (all_of_it[at : at + LINKS] for at in range(0, len(all_of_it), LINKS))
    ]


def end(sent: Sent, results: Sequence[BaseException | None]) -> None:
    """Ends the spans; one is an error if any of its rows was not confirmed.

    Args:
        sent: what `begin` gave.
        results: what became of each row: None when Kafka has it.
    """
    for span, places in sent:
        failed = next((error for place in places if (error := results[place]) is not None), None)
        if failed is not None:
            span.set_status(Status(StatusCode.ERROR, type(failed).__name__))
        span.end()


def _together(topic: str, headers: Sequence[RawHeaders]) -> Span:
    span = _span(topic, Context(), links=tracing.links_to(headers))
    span.set_attribute("messaging.batch.message_count", len(headers))
    return span


def _span(topic: str, context: Context, **more: Any) -> Span:
    return tracing.start(
        f"send {topic}",
        SpanKind.PRODUCER,
        context=context,
        messaging__system="kafka",
        messaging__operation__name="send",
        messaging__destination__name=topic,
        **more,
    )
