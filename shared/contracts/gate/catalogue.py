"""What the code says of events and notices: the contract classes, who publishes them, and which tables have a row."""

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import shared.contracts
from shared.contracts.notices import CATALOGUE, Told
from shared.messaging.consumer import Consumer
from shared.messaging.event import Event, Topic

ROOT = Path(__file__).resolve().parents[3]
"""The top of the repository."""


@dataclass(frozen=True)
class Catalogue:
    """All events of the repository and where they go.

    Args:
        events: contract class by type, sorted.
        consumers: the table of each service, by its folder name, sorted.
        published: the types that the code of their producer builds; the others are promised, not sent yet.
        notices: what partners are told, by type and version: `candidacy.approved.v1`.
    """

    events: Mapping[str, type[Event]]
    consumers: Mapping[str, Consumer]
    published: frozenset[str]
    notices: Mapping[str, type[Told]] = field(default_factory=dict)

    def readers(self, event_type: str) -> list[str]:
        """Folder names of the services that have a row for the type."""
        return [service for service, table in self.consumers.items() if event_type in table.events]

    def topics(self) -> dict[Topic, list[str]]:
        """Every topic with its types, by topic name."""
        found: dict[Topic, list[str]] = {}
        for event_type, event in sorted(self.events.items(), key=lambda pair: pair[1].topic.name):
            found.setdefault(event.topic, []).append(event_type)
        return found


def producer(event_type: str) -> str:
    """Folder name of the service that owns a type: `citizen_space` of `citizen-space.enrolment.enrolled.v1`."""
    return event_type.split(".", 1)[0].replace("-", "_")


def major(event_type: str) -> tuple[str, int]:
    """A type without its version, and its version: `("selection.candidacy.approved", 1)`.

    Raises:
        ValueError: the type is not `<service>.<aggregate>.<fact>.v<n>`.
    """
    family, _, number = event_type.rpartition(".v")
    if family.count(".") != 2 or not number.isdecimal():  # noqa: PLR2004
        raise ValueError(f"{event_type}: not <service>.<aggregate>.<fact>.v<n>")
    return family, int(number)


def read() -> Catalogue:
    """Reads the code of this checkout. A service whose folder is missing has neither table nor publications."""
    events = _events()
    return Catalogue(events, _consumers(), frozenset(_published(events)), CATALOGUE)


def _events() -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        if module.ispkg:
            continue
        members = vars(importlib.import_module(f"shared.contracts.{module.name}")).values()
        for member in members:
            if not isinstance(member, type) or not issubclass(member, Event) or not hasattr(member, "type"):
                continue
            if found.setdefault(member.type, member) is not member:
                raise ValueError(f"{member.type}: two classes")
            major(member.type)
    return dict(sorted(found.items()))


def _consumers() -> dict[str, Consumer]:
    # By folder, not by name: this reads whatever services there are, and none depends on being here.
    services = sorted(path.parent.name for path in ROOT.glob("services/*/consumers.py"))
    return {name: importlib.import_module(f"services.{name}.consumers").consumer for name in services}


def _published(events: Mapping[str, type[Event]]) -> Iterator[str]:
    used = {service: set(_names(service)) for service in {producer(event_type) for event_type in events}}
    for event_type, event in events.items():
        if event.__name__ in used[producer(event_type)]:
            yield event_type


def _names(service: str) -> Iterator[str]:
    folder = ROOT / "services" / service
    for path in folder.rglob("*.py"):
        if {"tests", "migrations"} & set(path.relative_to(folder).parts) or path.name == "consumers.py":
            continue
        yield from names_used(path.read_text(encoding="utf-8"))


def names_used(source: str) -> Iterable[str]:
    """The names that Python source calls as a function, or as an attribute: `Enrolled(…)`, `contract.Enrolled(…)`.

    Names that stand for a value and are called later are found as well: a name that is merely imported, or annotates
    an argument, does not count.
    """
    tree = ast.parse(source)
    annotations = {id(node) for root in _annotations(tree) for node in ast.walk(root)}
    for node in ast.walk(tree):
        if id(node) in annotations:
            continue
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
