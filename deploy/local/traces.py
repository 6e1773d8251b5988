"""A received trace as plain data, and its picture as an indented tree with durations."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypedDict


class Span(TypedDict):
    """One span as the receiver gives it. Ids are lower-case hex, times are nanoseconds since 1970 UTC."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    """`internal`, `server`, `client`, `producer` or `consumer`."""
    status: str
    """`unset`, `ok` or `error`."""
    service: str
    links: list[dict[str, str]]
    """Each with `trace_id` and `span_id`."""
    start: int
    end: int
    attributes: dict[str, Any]
    resource: dict[str, Any]


def roots(spans: Iterable[Span]) -> list[Span]:
    """Spans without a parent, earliest first; a whole trace has one."""
    return sorted((span for span in spans if span["parent_id"] is None), key=lambda span: span["start"])


def orphans(spans: Iterable[Span]) -> list[Span]:
    """Spans whose parent was not received, earliest first; a whole trace has none."""
    spans = list(spans)
    known = {span["span_id"] for span in spans}
    strays = (span for span in spans if span["parent_id"] is not None and span["parent_id"] not in known)
    return sorted(strays, key=lambda span: span["start"])


def tree(spans: Iterable[Span]) -> list[str]:
    """Draws a trace: one line per span, below its parent, with its offset from the start and its duration.

    Spans whose parent is missing are drawn last, marked with `?`.
    """
    spans = list(spans)
    if not spans:
        return []
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span["start"]):
        children[span["parent_id"]].append(span)
    zero = min(span["start"] for span in spans)
    rows: list[tuple[str, str, float, float]] = []

    def draw(span: Span, indent: str, branch: str, mark: str = "") -> None:
        label = f"{indent}{branch}{mark}{span['name']}" + (" !" if span["status"] == "error" else "")
        component = span["resource"].get("service.component")
        service = span["service"].removeprefix("inserre-") + (f" {component}" if component else "")
        rows.append((label, service, (span["start"] - zero) / 1e6, (span["end"] - span["start"]) / 1e6))
        below = children[span["span_id"]]
        deeper = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        for child in below:
            draw(child, deeper, "└─ " if child is below[-1] else "├─ ")

    for root in roots(spans):
        draw(root, "", "")
    for stray in orphans(spans):
        draw(stray, "", "", "? ")
    wide, middle = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    return [f"{row[0]:<{wide}}  {row[1]:<{middle}}  +{row[2]:8.1f} ms  {row[3]:8.1f} ms" for row in rows]
