"""The rules of change: what a committed schema allows today's to be."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from shared.messaging.event import Event

Schema = Mapping[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDING = frozenset({"title", "description", "examples", "$defs", "default"})
_FRAME = frozenset({"$schema", "$id", "x-topic", "x-partitions", "x-key"})
_FIELDS = frozenset({"properties", "required", "defaults"})


class Drift(NamedTuple):
    """How today's schema differs from the committed one. Both empty: at most the wording did."""

    breaking: list[str]
    """Would make a reader of old or new events fail, or read them wrongly."""
    additive: list[str]
    """Old readers ignore it, and new ones do without it in old events."""


def load(folder: Path) -> dict[str, Schema]:
    """All committed schemas by type."""
    return {
        path.name.removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }


def breaking(committed: Mapping[str, Schema], today: Mapping[str, Schema], gone: str) -> Iterator[str]:
    """What today's schemas break of the committed ones.

    Args:
        committed: by type, `….v<n>`.
        today: likewise.
        gone: what to say of a type that today has no class for.
    """
    for name, old in committed.items():
        if name not in today:
            yield f"{name}: {gone}"
            continue
        family, _, number = name.rpartition(".v")
        successor = f"(make a new type {family}.v{int(number) + 1})"
        yield from (f"{name}: {line} {successor}" for line in drift(old, today[name]).breaking)


def additive(committed: Mapping[str, Schema], today: Mapping[str, Schema]) -> Iterator[str]:
    """What today's schemas have that the committed ones lack."""
    for name, new in today.items():
        if name not in committed:
            yield f"{name}: new"
        elif committed[name] != new:
            found = drift(committed[name], new)
            reworded = [] if found.breaking else ["worded differently"]
            yield from (f"{name}: {line}" for line in found.additive or reworded)


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Today's schema of a type's body, with its topic, partitions and key as `x-` annotations."""
    body = event.model_json_schema()
    described = {
        "$schema": DIALECT,
        "$id": identifier(event.type),
        "x-topic": event.topic.name,
        "x-partitions": event.topic.partitions,
        "x-key": _key(event, body),
    }
    return described | body


def identifier(event_type: str) -> str:
    """What the envelope's `dataschema` says of a type."""
    return f"urn:inserre:schema:{event_type}"


def _key(event: type[Event], body: Schema) -> str:
    """Which field gives the Kafka key; `subject` when it is the aggregate itself."""
    uuids = [name for name, field in body["properties"].items() if field.get("format") == "uuid"]
    ids: dict[str, Any] = {name: uuid5(NAMESPACE_OID, name) for name in uuids}
    subject = uuid5(NAMESPACE_OID, "the aggregate itself")
    key = event.model_construct(**ids).key(subject)
    return "subject" if key == subject else next(name for name, value in ids.items() if value == key)


def drift(old: Schema, new: Schema) -> Drift:
    """Compares the committed schema of a type with today's."""
    found = Drift([], [])
    for name in ("x-topic", "x-partitions", "x-key"):
        if old.get(name) != new.get(name):
            found.breaking.append(f"{name.removeprefix('x-')} was {old.get(name)}, is {new.get(name)}")
    _compare_objects(plain(old), plain(new), "", found)
    return found


def plain(schema: Schema) -> dict[str, Any]:
    """A schema without references and wording: two that mean the same are equal. Defaults of fields stay."""
    meant: dict[str, Any] = _plain(schema, schema.get("$defs", {}))
    return meant


def _plain(schema: Any, definitions: Schema) -> Any:
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return _plain({**target, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    meant = {key: _plain(value, definitions) for key, value in schema.items() if key not in _WORDING | {"properties"}}
    if "properties" in schema:
        # A field may be called `title`: names are not keywords.
        meant["properties"] = {name: _plain(field, definitions) for name, field in schema["properties"].items()}
        meant["defaults"] = {n: field["default"] for n, field in schema["properties"].items() if "default" in field}
    return meant


def _compare_objects(old: Schema, new: Schema, path: str, found: Drift) -> None:
    before, after = old.get("properties", {}), new.get("properties", {})
    required, now_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in before.keys() - after.keys():
        found.breaking.append(f"{path}{name}: removed or renamed")
    for name in after.keys() - before.keys():
        if name in now_required:
            found.breaking.append(f"{path}{name}: new and required, but old events do not have it")
        else:
            found.additive.append(f"{path}{name}: new and optional")
    for name in sorted(before.keys() & after.keys()):
        if name in now_required - required:
            found.breaking.append(f"{path}{name}: required now, but old events may lack it")
        elif name in required - now_required:
            found.breaking.append(f"{path}{name}: optional now, but readers rely on it")
        elif old.get("defaults", {}).get(name) != new.get("defaults", {}).get(name):
            found.breaking.append(f"{path}{name}: another default gives old events another meaning")
        _compare(before[name], after[name], f"{path}{name}", found)
    if _without(old, _FRAME | _FIELDS) != _without(new, _FRAME | _FIELDS):
        found.breaking.append(f"{path.rstrip('.') or 'body'}: retyped")


def _compare(old: Schema, new: Schema, path: str, found: Drift) -> None:
    if old == new:
        return
    if "properties" in old and "properties" in new:
        _compare_objects(old, new, f"{path}.", found)
    elif "items" in old and "items" in new and _without(old, {"items"}) == _without(new, {"items"}):
        _compare(old["items"], new["items"], f"{path}[]", found)
    elif _values(old) and _values(new) and old.get("type") == new.get("type"):
        _compare_values(_values(old), _values(new), path, found)
    else:
        found.breaking.append(f"{path}: retyped")


def _compare_values(old: list[Any], new: list[Any], path: str, found: Drift) -> None:
    gone = [value for value in old if value not in new]
    if gone:
        found.breaking.append(f"{path}: narrowed, {', '.join(map(str, gone))} is gone")
    found.additive.extend(
        f"{path}: {value} is new; deploy readers before the producer" for value in new if value not in old
    )


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _without(schema: Schema, keys: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in keys}


def unread_majors(published: Iterable[str], tables: Mapping[str, frozenset[str]]) -> list[str]:
    """Readers that a published new major would leave behind.

    Args:
        published: types that producers send.
        tables: by service, the types it has a row for.

    Returns:
        For each published `….v<n>`, n > 1: the services that handle an older major and not this one.
    """
    left: list[str] = []
    for event_type in sorted(published):
        family, _, number = event_type.rpartition(".v")
        older = {f"{family}.v{n}" for n in range(1, int(number))}
        left.extend(
            f"{event_type} is published, but {service} has no row for it yet, only for an older version"
            for service, handled in sorted(tables.items())
            if older & handled and event_type not in handled
        )
    return left
