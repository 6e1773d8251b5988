"""The gate: each of its rules fails when it is broken, and says what to do."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import Field

from shared.contracts.gate import document, samples, schemas
from shared.contracts.gate.__main__ import broken, unwritten, write
from shared.contracts.gate.catalogue import Catalogue, major, names_used
from shared.contracts.notices import Told
from shared.messaging.consumer import Consumer, on
from shared.messaging.event import Event, Meta, Topic, Tx

LAMPS = Topic("lighting.lamp.v1")


class Colour(StrEnum):
    WARM = "warm"
    COLD = "cold"


class Lit(Event):
    """A lamp was lit."""

    topic: ClassVar[Topic] = LAMPS
    type: ClassVar[str] = "lighting.lamp.lit.v1"

    room_id: UUID
    on: date
    colour: Colour
    steps: tuple[Colour, ...]
    reason: Literal["dark", "asked"]
    lumen: int | None
    title: str = "none"

    def key(self, subject: UUID) -> UUID:
        """The room."""
        return self.room_id


class LitAgain(Lit):
    """A lamp was lit, told anew."""

    type: ClassVar[str] = "lighting.lamp.lit.v2"


async def notice(tx: Tx, event: Lit, meta: Meta) -> None:
    """A handler that nobody runs."""


COMMITTED = schemas.schema_of(Lit)
PAGE = """
<!-- matrix: begin -->
| event | service | effect | inverse | reply |
| --- | --- | --- | --- | --- |
| `lighting.lamp.lit.v1` | watch | sees it | none | none |
<!-- matrix: end -->
<!-- topics: begin --><!-- topics: end -->
<!-- events: begin --><!-- events: end -->
"""


class Flicker(Told):
    """A lamp flickers."""

    type: Literal["lamp.flickers"]


def a_catalogue(
    *classes: type[Event],
    read_by_watch: tuple[type[Event], ...] = (Lit,),
    notices: tuple[type[Told], ...] = (Flicker,),
) -> Catalogue:
    events = {event.type: event for event in classes or (Lit,)}
    table = Consumer("watch", tuple(on(event, notice) for event in read_by_watch))
    return Catalogue(events, {"watch": table}, frozenset(events), {one.label(): one for one in notices})


@pytest.fixture
def committed(tmp_path: Path) -> tuple[Path, Path]:
    """A contracts folder and one of documents, written for `Lit` and `Flicker`."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "events.md").write_text(PAGE, encoding="utf-8")
    write(a_catalogue(), tmp_path, docs)
    assert broken(a_catalogue(), tmp_path, docs) == []
    assert unwritten(a_catalogue(), tmp_path, docs) == []
    return tmp_path, docs


def changed(change: Callable[[dict[str, Any]], object]) -> schemas.Drift:
    today = deepcopy(COMMITTED)
    change(today)
    return schemas.drift(COMMITTED, today)


def renamed(schema: dict[str, Any]) -> None:
    schema["properties"]["when"] = schema["properties"].pop("on")
    schema["required"] = ["when" if name == "on" else name for name in schema["required"]]


BREAKING: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a removed field": (lambda s: s["properties"].pop("lumen"), "lumen: removed or renamed"),
    "a renamed field": (renamed, "on: removed or renamed"),
    "a new required field": (
        lambda s: (s["properties"].update(watt={"type": "integer"}), s["required"].append("watt")),
        "watt: new and required, but old events do not have it",
    ),
    "an optional field made required": (
        lambda s: s["required"].append("title"),
        "title: required now, but old events may lack it",
    ),
    "a required field made optional": (
        lambda s: s["required"].remove("on"),
        "on: optional now, but readers rely on it",
    ),
    "another default": (
        lambda s: s["properties"]["title"].update(default="some"),
        "title: another default gives old events another meaning",
    ),
    "a retyped field": (lambda s: s["properties"].update(on={"type": "integer"}), "on: retyped"),
    "another format": (lambda s: s["properties"]["on"].update(format="date-time"), "on: retyped"),
    "a nullable field made plain": (lambda s: s["properties"].update(lumen={"type": "integer"}), "lumen: retyped"),
    "a plain field made nullable": (
        lambda s: s["properties"].update(on={"anyOf": [s["properties"]["on"], {"type": "null"}]}),
        "on: retyped",
    ),
    "a new limit": (lambda s: s["properties"]["title"].update(maxLength=3), "title: retyped"),
    "a limit on a list": (lambda s: s["properties"]["steps"].update(maxItems=3), "steps: retyped"),
    "a narrowed enumeration": (
        lambda s: s["$defs"]["Colour"]["enum"].remove("cold"),
        "colour: narrowed, cold is gone",
    ),
    "a narrowed enumeration in a list": (
        lambda s: s["$defs"]["Colour"]["enum"].remove("cold"),
        "steps[]: narrowed, cold is gone",
    ),
    "a narrowed literal": (
        lambda s: s["properties"]["reason"]["enum"].remove("dark"),
        "reason: narrowed, dark is gone",
    ),
    "unknown fields forbidden": (lambda s: s.update(additionalProperties=False), "body: retyped"),
    "another topic": (lambda s: s.update({"x-topic": "lighting.lamp.v2"}), "topic was lighting.lamp.v1, is"),
    "another partition count": (lambda s: s.update({"x-partitions": 12}), "partitions was 6, is 12"),
    "another key": (lambda s: s.update({"x-key": "subject"}), "key was room_id, is subject"),
}


@pytest.mark.parametrize(("change", "said"), BREAKING.values(), ids=BREAKING)
def test_what_would_break_a_reader_is_refused(change: Callable[[dict[str, Any]], object], said: str) -> None:
    assert any(line.startswith(said) for line in changed(change).breaking)


ADDITIVE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an optional field": (
        lambda s: s["properties"].update(watt={"type": "integer", "default": 0}),
        "watt: new and optional",
    ),
    "a value more": (
        lambda s: s["properties"]["reason"]["enum"].append("late"),
        "reason: late is new; deploy readers before the producer",
    ),
    "a value more in a list": (
        lambda s: s["$defs"]["Colour"]["enum"].append("green"),
        "steps[]: green is new; deploy readers before the producer",
    ),
}


@pytest.mark.parametrize(("change", "said"), ADDITIVE.values(), ids=ADDITIVE)
def test_what_only_adds_is_allowed_and_told(change: Callable[[dict[str, Any]], object], said: str) -> None:
    found = changed(change)
    assert said in found.additive
    assert found.breaking == []


def test_other_words_are_no_change_of_meaning() -> None:
    def reword(schema: dict[str, Any]) -> None:
        schema["description"] = "Somebody lit a lamp."
        schema["$defs"]["Colour"]["description"] = "What it looks like."
        schema["properties"]["on"]["title"] = "Day"

    assert changed(reword) == ([], [])


def test_the_key_is_found_in_the_class() -> None:
    assert COMMITTED["x-key"] == "room_id"


def test_additive_drift_waits_for_write_and_gets_a_sample_of_its_own(committed: tuple[Path, Path]) -> None:
    class Dimmed(Lit):
        """A lamp was lit."""

        watt: int = 40

    Dimmed.type = Lit.type
    assert broken(a_catalogue(Dimmed), *committed) == []
    assert f"{Lit.type}: watt: new and optional" in unwritten(a_catalogue(Dimmed), *committed)
    write(a_catalogue(Dimmed), *committed)
    assert unwritten(a_catalogue(Dimmed), *committed) == []
    assert (committed[0] / "samples" / f"{Lit.type}.2.json").exists()
    assert broken(a_catalogue(Dimmed), *committed) == []


def test_a_class_that_is_gone_is_refused(committed: tuple[Path, Path]) -> None:
    wrong = broken(a_catalogue(LitAgain), *committed)
    assert f"{Lit.type}: its class is gone, but its events are still in the topic" in wrong
    assert f"samples/{Lit.type}.json: no class reads {Lit.type} any more" in wrong


def test_an_event_without_a_body_has_a_sample_of_its_own_too(committed: tuple[Path, Path]) -> None:
    class Blinked(Event):
        """A lamp blinked."""

        topic: ClassVar[Topic] = LAMPS
        type: ClassVar[str] = "lighting.lamp.blinked.v1"

    known = a_catalogue(Lit, Blinked)
    write(known, *committed)
    assert unwritten(known, *committed) == []
    name = "lighting.lamp.blinked.v1.json"
    assert samples.load(committed[0] / "samples")[name]["body"] == {}
    (committed[0] / "samples" / name).unlink()
    assert f"{Blinked.type}: no sample" in unwritten(known, *committed)


def test_an_edited_sample_is_refused_even_if_it_can_be_read(committed: tuple[Path, Path]) -> None:
    path = committed[0] / "samples" / f"{Lit.type}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("dark", "asked"), encoding="utf-8")
    assert broken(a_catalogue(), *committed) == [
        f"samples/{Lit.type}.json: edited; restore it, a golden sample stays as it was"
    ]


def test_writing_does_not_forgive_an_edited_sample(committed: tuple[Path, Path]) -> None:
    path = committed[0] / "samples" / f"{Lit.type}.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    write(a_catalogue(), *committed)
    assert broken(a_catalogue(), *committed) != []


def test_a_deleted_sample_is_refused(committed: tuple[Path, Path]) -> None:
    (committed[0] / "samples" / f"{Lit.type}.json").unlink()
    assert broken(a_catalogue(), *committed) == [f"samples/{Lit.type}.json: deleted; restore it"]


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "a field of another type": ({"body": {"on": 17}}, "unreadable, body-invalid"),
    "a field that nobody reads any more": ({"body": {"watts": 4}}, "watts is lost or altered"),
    "a value that is read as another": ({"body": {"lumen": "12"}}, "lumen is lost or altered"),
    "an envelope without an attribute": ({"headers": {"ce_siteid": ""}}, "unreadable, header-unreadable"),
    "another schema": ({"headers": {"ce_dataschema": "urn:inserre:schema:x"}}, "its dataschema names another type"),
    "another key": ({"key": "0192f0c1-7b3a-5d4e-8f60-a1b2c3d4e5f6"}, "its key is another now"),
}


@pytest.mark.parametrize(("part", "said"), SPOILT.values(), ids=SPOILT)
def test_a_sample_that_todays_code_would_misread_is_refused(part: dict[str, Any], said: str) -> None:
    sample = json.loads(json.dumps(samples.example(Lit)))
    for name, value in part.items():
        sample[name] = sample[name] | value if isinstance(value, dict) else value
    assert samples.unreadable("one", sample, {Lit.type: Lit}) == [f"one: {said}"]


def test_a_new_major_is_not_sent_before_every_reader_of_the_old_one_has_a_row_for_it(
    committed: tuple[Path, Path],
) -> None:
    both = a_catalogue(Lit, LitAgain)
    assert f"{LitAgain.type} is published, but watch has no row for it yet, only for an older version" in broken(
        both, *committed
    )
    promised = Catalogue(both.events, both.consumers, frozenset({Lit.type}), both.notices)
    assert broken(promised, *committed) == []
    assert schemas.unread_majors(both.published, {"watch": frozenset(both.events)}) == []
    assert schemas.unread_majors(both.published, {"stranger": frozenset({"lighting.wire.cut.v1"})}) == []


def test_a_reader_that_skipped_a_major_is_found_too() -> None:
    left = schemas.unread_majors({"a.b.c.v3"}, {"watch": frozenset({"a.b.c.v1"})})
    assert left == ["a.b.c.v3 is published, but watch has no row for it yet, only for an older version"]


def test_the_matrix_has_one_row_per_event_and_reader() -> None:
    assert document.matrix_gaps(PAGE, a_catalogue()) == []
    both = (Lit, LitAgain)
    assert document.matrix_gaps(PAGE, a_catalogue(*both, read_by_watch=both)) == [
        f"no row for {LitAgain.type} in watch"
    ]
    assert document.matrix_gaps(PAGE, a_catalogue(read_by_watch=())) == [f"a row too many: {Lit.type} in watch"]


def test_the_matrix_names_only_replies_that_exist() -> None:
    page = PAGE.replace("| none | none |", "| none | `dimmed` |")
    assert document.matrix_gaps(page, a_catalogue()) == [f"{Lit.type} in watch: watch has no fact dimmed"]


def test_the_pages_tables_drift_with_the_code(committed: tuple[Path, Path]) -> None:
    page = committed[1] / "events.md"
    page.write_text(page.read_text(encoding="utf-8").replace("| 6 |", "| 7 |"), encoding="utf-8")
    assert unwritten(a_catalogue(), *committed) == ["docs/events.md: is not what the code says"]


class Brighter(Told):
    """A lamp flickers, and how bright it is."""

    type: Literal["lamp.flickers"]
    watt: Annotated[int, Field(examples=[40])] = 40


class Reworked(Told):
    """A lamp flickers, at an hour of its own."""

    type: Literal["lamp.flickers"]
    timestamp: Annotated[int, Field(examples=[9])]  # type: ignore[assignment]


def test_a_notice_that_receivers_could_not_read_any_more_is_refused(committed: tuple[Path, Path]) -> None:
    new = "(make a new type lamp.flickers.v2)"
    said = f"lamp.flickers.v1: timestamp: retyped {new}"
    assert broken(a_catalogue(notices=(Reworked,)), *committed) == [said]
    gone = "lamp.flickers.v1: its class is gone, but partners are told it"
    assert broken(a_catalogue(notices=()), *committed) == [gone]
    write(a_catalogue(notices=(Brighter,)), *committed)
    assert broken(a_catalogue(), *committed) == [f"lamp.flickers.v1: watt: removed or renamed {new}"]


def test_a_notice_with_an_optional_field_more_waits_for_write(committed: tuple[Path, Path]) -> None:
    known = a_catalogue(notices=(Brighter,))
    assert broken(known, *committed) == []
    assert unwritten(known, *committed) == [
        "lamp.flickers.v1: watt: new and optional",
        "docs/catalogue/openapi.json: is not what the code says",
        "docs/asyncapi.json: is not what the code says",
    ]
    write(known, *committed)
    assert unwritten(known, *committed) == []


@pytest.mark.parametrize("name", ["catalogue/openapi.json", "asyncapi.json"])
def test_a_document_that_was_edited_or_is_missing_is_told(committed: tuple[Path, Path], name: str) -> None:
    path = committed[1] / name
    stale = f"docs/{name}: is not what the code says"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert unwritten(a_catalogue(), *committed) == [stale]
    path.unlink()
    assert unwritten(a_catalogue(), *committed) == [stale]


def test_an_event_counts_as_published_where_it_is_built_and_not_where_it_is_imported_or_annotated() -> None:
    used = set(names_used("from a import Lit\nimport b\ndef f(x: Lit) -> Lit:\n    return b.Dimmed(x)\n"))
    assert "Dimmed" in used
    assert "Lit" not in used


@pytest.mark.parametrize("name", ["lamp.lit.v1", "lighting.lamp.lit", "lighting.lamp.lit.vx", "a.b.c.d.v1"])
def test_a_type_without_its_four_parts_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not <service>"):
        major(name)
