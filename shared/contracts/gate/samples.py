"""Golden samples: whole records as they were sent once. Every one must be readable by today's code, for ever."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.gate.schemas import identifier, plain, schema_of
from shared.messaging import envelope
from shared.messaging.envelope import Unreadable
from shared.messaging.event import Actor, Event, Meta

DIGESTS = "digests.txt"
"""One line per sample as `sha256sum` writes it. A line is never changed: who has to change one breaks a promise."""

Sample = Mapping[str, Any]
"""`headers` (name → text), `key` (text) and `body` (JSON object)."""

_NAMESPACE = UUID("0192f0c1-7b3a-5d4e-8f60-a1b2c3d4e5f6")
_WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

META = Meta(
    id=str(uuid5(_NAMESPACE, "id")),
    source="/DON/service",
    subject=uuid5(_NAMESPACE, "subject"),
    version=1,
    time=_WHEN,
    site="DON",
    correlation=str(uuid5(_NAMESPACE, "correlation")),
    causation=str(uuid5(_NAMESPACE, "cause")),
    decision="DON-2026-000001",
    actor=Actor("deputy_director", "public-interest-task", "LED"),
)
"""An envelope with every attribute. Fictitious and always the same."""


def digests(folder: Path) -> dict[str, str]:
    """The recorded SHA-256 of each sample, by file name."""
    lines = (folder / DIGESTS).read_text(encoding="ascii").splitlines() if (folder / DIGESTS).exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def record_digests(folder: Path) -> None:
    """Adds the digests of samples that have none yet. Those that have one keep it."""
    known = digests(folder)
    found = {path.name: _digest(path) for path in folder.glob("*.json")}
    lines = [f"{digest}  {name}\n" for name, digest in sorted((found | known).items())]
    (folder / DIGESTS).write_text("".join(lines), encoding="ascii")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tampered(folder: Path) -> list[str]:
    """Samples that were edited, deleted, or never recorded."""
    known, there = digests(folder), {path.name: _digest(path) for path in folder.glob("*.json")}
    wrong = [f"samples/{name}: deleted; restore it" for name in known.keys() - there.keys()]
    wrong += [
        f"samples/{name}: edited; restore it, a golden sample stays as it was"
        for name, digest in there.items()
        if known.get(name, digest) != digest
    ]
    return sorted(wrong)


def unreadable(name: str, sample: Sample, events: Mapping[str, type[Event]]) -> list[str]:
    """What today's code makes wrong of one sample; empty when all is well.

    Args:
        name: of the file, to be shown.
        sample: its content.
        events: today's classes by type.
    """
    headers = [(header, str(value).encode()) for header, value in sample["headers"].items()]
    body: dict[str, Any] = sample["body"]
    try:
        event_type = envelope.type_of(headers)
        meta = envelope.decode(headers)
        if event_type not in events:
            return [f"{name}: no class reads {event_type} any more"]
        event = envelope.body(events[event_type], json.dumps(body).encode())
    except Unreadable as error:
        return [f"{name}: unreadable, {error.reason}"]
    wrong = []
    if sample["headers"]["ce_dataschema"] != identifier(event_type):
        wrong.append(f"{name}: its dataschema names another type")
    if str(event.key(meta.subject)) != sample["key"]:
        wrong.append(f"{name}: its key is another now")
    read = event.model_dump(mode="json")
    wrong += [f"{name}: {field} is lost or altered" for field in body if read.get(field, _LOST) != body[field]]
    return wrong


_LOST = object()


def uncovered(event: type[Event], samples: Iterable[Sample]) -> set[str]:
    """The fields of a type that none of its samples has."""
    return set(event.model_fields).difference(*(sample["body"] for sample in samples))


def load(folder: Path) -> dict[str, Sample]:
    """All samples by file name."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def of_type(event_type: str, samples: Mapping[str, Sample]) -> list[Sample]:
    """Those of one type, oldest first."""
    return [one for name, one in sorted(samples.items()) if one["headers"]["ce_type"] == event_type]


def file_name(event_type: str, count: int) -> str:
    """What the next sample of a type is called, when it has `count` already."""
    return f"{event_type}.json" if count == 0 else f"{event_type}.{count + 1}.json"


def example(event: type[Event]) -> dict[str, Any]:
    """A sample with every field of today's class. Fictitious and always the same."""
    body = {name: _value(event.type, name, field) for name, field in plain(schema_of(event))["properties"].items()}
    subject = uuid5(_NAMESPACE, f"{event.type} subject")
    meta = META._replace(
        id=str(uuid5(_NAMESPACE, f"{event.type} id")),
        source=f"/DON/{event.type.split('.')[0].replace('-', '_')}",
        subject=subject,
    )
    headers = {name: value.decode() for name, value in envelope.encode(meta, event.type, _WHEN)}
    headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    key = event.model_validate(body).key(subject)
    return {"headers": headers, "key": str(key), "body": body}


def _value(event_type: str, name: str, field: Mapping[str, Any]) -> Any:
    if "const" in field:
        return field["const"]
    if "enum" in field:
        return field["enum"][0]
    if "anyOf" in field:
        return _value(event_type, name, field["anyOf"][0])
    if field["type"] == "array":
        return [_value(event_type, name, field["items"])]
    if field["type"] == "object":
        fields = field.get("properties") or {f"some_{name}": field["additionalProperties"]}
        return {inner: _value(event_type, inner, one) for inner, one in fields.items()}
    by_format = {"uuid": str(uuid5(_NAMESPACE, name)), "date": "2026-03-02", "date-time": "2026-03-23T16:00:00Z"}
    plain_values = {"string": f"some {name.replace('_', ' ')}", "integer": 1, "number": 1.5, "boolean": True}
    return by_format.get(field.get("format", "")) or plain_values[field["type"]]
