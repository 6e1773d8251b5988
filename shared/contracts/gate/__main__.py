"""The gate's command: `python -m shared.contracts.gate [--write]`; exit code 1 when a promise is broken."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.contracts.gate import catalogue, document, samples, schemas
from shared.contracts.gate.catalogue import ROOT, Catalogue

CONTRACTS = ROOT / "shared" / "contracts"
PAGE = ROOT / "docs" / "events.md"
_WRITE = "python -m shared.contracts.gate --write"


def broken(known: Catalogue, contracts: Path = CONTRACTS, page: Path = PAGE) -> list[str]:
    """What no `--write` mends: promises that today's code does not keep.

    Args:
        known: today's code.
        contracts: the folder that holds `schemas` and `samples`.
        page: `docs/events.md`.
    """
    wrong = []
    for event_type, committed in _committed(contracts).items():
        if event_type not in known.events:
            wrong.append(f"{event_type}: its class is gone, but its events are still in the topic")
            continue
        found = schemas.drift(committed, schemas.schema_of(known.events[event_type]))
        family, number = catalogue.major(event_type)
        wrong += [f"{event_type}: {line} (make a new type {family}.v{number + 1})" for line in found.breaking]
    wrong += samples.tampered(contracts / "samples")
    for name, sample in samples.load(contracts / "samples").items():
        wrong += samples.unreadable(f"samples/{name}", sample, known.events)
    tables = {service: frozenset(table.events) for service, table in known.consumers.items()}
    wrong += schemas.unread_majors(known.published, tables)
    wrong += [f"docs/events.md, matrix: {gap}" for gap in document.matrix_gaps(page.read_text("utf-8"), known)]
    return wrong


def unwritten(known: Catalogue, contracts: Path = CONTRACTS, page: Path = PAGE) -> list[str]:
    """What only grew, and waits for `--write`."""
    committed, gold = _committed(contracts), samples.load(contracts / "samples")
    waiting = []
    for event_type, event in known.events.items():
        today = schemas.schema_of(event)
        if event_type not in committed:
            waiting.append(f"{event_type}: new")
        elif committed[event_type] != today:
            found = schemas.drift(committed[event_type], today)
            waiting += [f"{event_type}: {line}" for line in found.additive or ["worded differently"]]
        own = samples.of_type(event_type, gold)
        if not own:
            waiting.append(f"{event_type}: no sample")
        elif missing := samples.uncovered(event, own):
            waiting.append(f"{event_type}: no sample has {', '.join(sorted(missing))}")
    unrecorded = set(gold) - set(samples.digests(contracts / "samples"))
    waiting += [f"samples/{name}: its digest is not recorded" for name in sorted(unrecorded)]
    text = page.read_text("utf-8")
    if document.rewritten(text, known) != text:
        waiting.append("docs/events.md: its tables are not what the code says")
    return waiting


def write(known: Catalogue, contracts: Path = CONTRACTS, page: Path = PAGE) -> None:
    """Commits today's schemas, a sample for whatever none covers, digests, and the page's tables."""
    gold = samples.load(contracts / "samples")
    for event_type, event in known.events.items():
        _dump(contracts / "schemas" / f"{event_type}.json", schemas.schema_of(event))
        own = samples.of_type(event_type, gold)
        if not own or samples.uncovered(event, own):
            _dump(contracts / "samples" / samples.file_name(event_type, len(own)), samples.example(event))
    samples.record_digests(contracts / "samples")
    page.write_text(document.rewritten(page.read_text("utf-8"), known), encoding="utf-8")


def _committed(contracts: Path) -> dict[str, Any]:
    return {
        path.name.removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((contracts / "schemas").glob("*.json"))
    }


def _dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Checks, or writes; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.gate", description=__doc__)
    parser.add_argument("--write", action="store_true", help="commit what only grew, unless something is broken")
    writes = parser.parse_args(argv).write
    known = catalogue.read()
    wrong = broken(known)
    if writes and not wrong:
        write(known)
    waiting = unwritten(known)
    for line in (*wrong, *waiting):
        sys.stdout.write(f"{line}\n")
    if waiting and not wrong:
        sys.stdout.write(f"These only add. Read them, then run: {_WRITE}\n")
    if wrong or waiting:
        return 1
    sys.stdout.write(f"contracts: {len(known.events)} event types keep their promises\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
