"""`docs/events.md`: its tables are written from the code, its matrix by people, and checked against the code."""

import re
from collections.abc import Iterator, Mapping, Sequence

from shared.contracts.gate.catalogue import Catalogue, producer
from shared.contracts.gate.schemas import plain, schema_of
from shared.messaging.event import Event

TOPICS = "topics"
EVENTS = "events"
MATRIX = "matrix"
_TYPE = re.compile(r"`([a-z_-]+\.[a-z_-]+\.[a-z_]+\.v\d+)`")
_TIMER = re.compile(r"^timer ([a-z_]+)")
_FACT = re.compile(r"`([a-z_]+)`")
_CELLS = 5
"""Columns of the matrix: event or timer, service, effect, inverse, reply."""


def section(name: str) -> tuple[str, str]:
    """The lines between which a part of the page stands."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def between(page: str, name: str) -> str:
    """One part of the page, without its marks. Raises ValueError when the marks are missing."""
    begin, end = section(name)
    return page[page.index(begin) + len(begin) : page.index(end)]


def rewritten(page: str, catalogue: Catalogue) -> str:
    """The page with its tables as the code has them now; all else is left alone."""
    for name, lines in ((TOPICS, topic_table(catalogue)), (EVENTS, event_table(catalogue))):
        begin, end = section(name)
        between(page, name)
        head, tail = page.split(begin, 1)[0], page.split(end, 1)[1]
        page = f"{head}{begin}\n{chr(10).join(lines)}\n{end}{tail}"
    return page


def topic_table(catalogue: Catalogue) -> list[str]:
    """Every topic: its partitions, its key, who writes it and who may read it."""
    rows = [
        (
            f"`{topic.name}`",
            str(topic.partitions),
            _key_of(types, catalogue.events),
            ", ".join(sorted({producer(event_type) for event_type in types})),
            ", ".join(sorted({reader for event_type in types for reader in catalogue.readers(event_type)})) or "nobody",
        )
        for topic, types in catalogue.topics().items()
    ]
    rows += [
        (f"`{table.dead_letters.name}`", str(table.dead_letters.partitions), "as it came", service, "operators")
        for service, table in sorted(catalogue.consumers.items())
    ]
    return _table(("topic", "partitions", "key", "written by", "read by"), rows)


def _key_of(types: Sequence[str], events: Mapping[str, type[Event]]) -> str:
    keys = {schema_of(events[event_type])["x-key"] for event_type in types}
    return ", ".join(f"`{key}`" for key in sorted(keys))


def event_table(catalogue: Catalogue) -> list[str]:
    """Every type: what it says, its fields, and who reads it."""
    return _table(
        ("event", "says", "body", "read by"),
        [
            (
                f"`{event_type}`" + ("" if event_type in catalogue.published else " (not sent yet)"),
                (event.__doc__ or "").strip().splitlines()[0],
                ", ".join(f"`{name}`" for name in plain(schema_of(event))["properties"]),
                ", ".join(catalogue.readers(event_type)) or "nobody",
            )
            for event_type, event in catalogue.events.items()
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def matrix_gaps(page: str, catalogue: Catalogue) -> list[str]:
    """Where the matrix and the consumers' tables disagree.

    Args:
        page: has one row of five cells per (event or timer, service): effect, inverse, reply. An event's cell may name
            several types; a reply names its facts, `bed_released`, of the same service.
        catalogue: what the code says.
    """
    written = [(key, service, reply) for key, service, reply in _rows(between(page, MATRIX))]
    there = {(key, service) for key, service, _ in written}
    wanted = {
        (key, service) for service, table in catalogue.consumers.items() for key in (*table.events, *table.timers)
    }
    gaps = [f"no row for {key} in {service}" for key, service in sorted(wanted - there)]
    gaps += [f"a row too many: {key} in {service}" for key, service in sorted(there - wanted)]
    facts = {(producer(event_type), event_type.split(".")[2]) for event_type in catalogue.events}
    gaps += [
        f"{key} in {service}: {service} has no fact {fact}"
        for key, service, reply in written
        for fact in _FACT.findall(reply)
        if (service, fact) not in facts
    ]
    if len(written) != len(there):
        gaps.append("a row stands twice")
    return gaps


def _rows(matrix: str) -> Iterator[tuple[str, str, str]]:
    for line in matrix.strip().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != _CELLS or cells[0] == "event" or set(cells[0]) <= {"-", ":"}:
            continue
        keys = _TYPE.findall(cells[0]) or [
            found.removeprefix("timer ") for found in re.findall(r"timer [a-z_]+", cells[0])
        ]
        for key in keys:
            yield key, cells[1], cells[4]
