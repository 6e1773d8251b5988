"""The gate's command: `python -m shared.contracts.gate [--write]`; exit code 1 when a promise is broken."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.contracts import webhooks
from shared.contracts.gate import asyncapi, catalogue, document, notices, samples, schemas
from shared.contracts.gate.catalogue import ROOT, Catalogue

CONTRACTS = ROOT / "shared" / "contracts"
DOCS = ROOT / "docs"
_PAGE = "events.md"
_NOTICES = Path("catalogue", "schemas")
"""Where partners find the schemas of notices, below `docs`."""
_WRITE = "python -m shared.contracts.gate --write"


def broken(known: Catalogue, contracts: Path = CONTRACTS, docs: Path = DOCS) -> list[str]:
    """What no `--write` mends: promises that today's code does not keep.

    Args:
        known: today's code.
        contracts: the folder that holds `schemas` and `samples`.
        docs: the folder of the pages and of what partners receive.
    """
    wrong = list(
        schemas.breaking(
            schemas.load(contracts / "schemas"),
            _events(known),
            "its class is gone, but its events are still in the topic",
        )
    )
    wrong += schemas.breaking(
        schemas.load(docs / _NOTICES), notices.schemas(known), "its class is gone, but partners are told it"
    )
    wrong += samples.tampered(contracts / "samples")
    for name, sample in samples.load(contracts / "samples").items():
        wrong += samples.unreadable(f"samples/{name}", sample, known.events)
    tables = {service: frozenset(table.events) for service, table in known.consumers.items()}
    wrong += schemas.unread_majors(known.published, tables)
    page = (docs / _PAGE).read_text("utf-8")
    wrong += [f"docs/{_PAGE}, matrix: {gap}" for gap in document.matrix_gaps(page, known)]
    return wrong


def unwritten(known: Catalogue, contracts: Path = CONTRACTS, docs: Path = DOCS) -> list[str]:
    """What only grew, and waits for `--write`."""
    gold = samples.load(contracts / "samples")
    waiting = list(schemas.additive(schemas.load(contracts / "schemas"), _events(known)))
    waiting += schemas.additive(schemas.load(docs / _NOTICES), notices.schemas(known))
    for event_type, event in known.events.items():
        own = samples.of_type(event_type, gold)
        if not own:
            waiting.append(f"{event_type}: no sample")
        elif missing := samples.uncovered(event, own):
            waiting.append(f"{event_type}: no sample has {', '.join(sorted(missing))}")
    unrecorded = set(gold) - set(samples.digests(contracts / "samples"))
    waiting += [f"samples/{name}: its digest is not recorded" for name in sorted(unrecorded)]
    waiting += [
        f"docs/{name}: is not what the code says"
        for name, text in _written(known, contracts, docs).items()
        if not (docs / name).exists() or (docs / name).read_text("utf-8") != text
    ]
    return waiting


def write(known: Catalogue, contracts: Path = CONTRACTS, docs: Path = DOCS) -> None:
    """Commits today's schemas, a sample for whatever none covers, digests, and what is written from them in `docs`."""
    gold = samples.load(contracts / "samples")
    for event_type, event in known.events.items():
        _put(contracts / "schemas" / f"{event_type}.json", _json(schemas.schema_of(event)))
        own = samples.of_type(event_type, gold)
        if not own or samples.uncovered(event, own):
            name = samples.file_name(event_type, len(own))
            _put(contracts / "samples" / name, _json(samples.example(event)))
    samples.record_digests(contracts / "samples")
    for name, schema in notices.schemas(known).items():
        _put(docs / _NOTICES / f"{name}.json", _json(schema))
    for name, text in _written(known, contracts, docs).items():
        _put(docs / name, text)


def _events(known: Catalogue) -> dict[str, schemas.Schema]:
    return {event_type: schemas.schema_of(event) for event_type, event in known.events.items()}


def _written(known: Catalogue, contracts: Path, docs: Path) -> dict[str, str]:
    """What is written from the code as a whole, by its name in `docs`."""
    return {
        _PAGE: document.rewritten((docs / _PAGE).read_text("utf-8"), known),
        "catalogue/openapi.json": _json(webhooks.document(known.notices)),
        "asyncapi.json": _json(asyncapi.document(known, samples.load(contracts / "samples"))),
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


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
    sys.stdout.write(
        f"contracts: {len(known.events)} event types and {len(known.notices)} notices keep their promises\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
