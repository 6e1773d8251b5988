"""What is committed for receivers: valid by its own specification, and true of the bodies it describes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, ValidationError

from shared.contracts.gate import catalogue
from shared.contracts.gate.__main__ import DOCS
from shared.contracts.gate.notices import AROUND
from shared.contracts.notices import CATALOGUE, check, example

SCHEMAS = {path.name.removesuffix(".json"): path for path in (DOCS / "catalogue" / "schemas").glob("*.json")}
FORMATS = Draft202012Validator.FORMAT_CHECKER


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


OPENAPI = read(DOCS / "catalogue" / "openapi.json")
ASYNCAPI = read(DOCS / "asyncapi.json")


def validator(schema: Any, document: Any) -> Draft202012Validator:
    """Checks against a schema of the document, whose components it may name."""
    return Draft202012Validator({**schema, "components": document["components"]}, format_checker=FORMATS)


def named(node: Any, key: str) -> list[Any]:
    """What stands under a key, wherever it is."""
    if isinstance(node, list):
        return [found for inner in node for found in named(inner, key)]
    if not isinstance(node, dict):
        return []
    own = [node[key]] if key in node else []
    return own + [found for inner in node.values() for found in named(inner, key)]


def resolved(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_so_is_its_example(name: str) -> None:
    schema = read(SCHEMAS[name])
    Draft202012Validator.check_schema(schema)
    (shown,) = schema["examples"]
    Draft202012Validator(schema, format_checker=FORMATS).validate(shown)
    model: type[BaseModel] = {**CATALOGUE, **AROUND}[name]
    assert shown == example(model)
    model.model_validate(shown)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_schema_refuses_what_the_class_refuses(name: str) -> None:
    schema = Draft202012Validator(read(SCHEMAS[name]), format_checker=FORMATS)
    shown = example(CATALOGUE[name])
    wrong: list[dict[str, Any]] = [{field: value for field, value in shown.items() if field != gone} for gone in shown]
    wrong += [shown | {"type": "candidacy.forgotten"}, shown | {"timestamp": "yesterday"}, shown | {"data": {}}]
    wrong += [shown | {"sequence": 0}] if "sequence" in shown else []
    for body in wrong:
        with pytest.raises(jsonschema.ValidationError):
            schema.validate(body)
        with pytest.raises(ValidationError):
            CATALOGUE[name].model_validate_json(json.dumps(body))


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_receiver_reads_what_is_added_later_and_nothing_undescribed_is_sent_now(name: str) -> None:
    shown = example(CATALOGUE[name])
    for more in (shown | {"added": 1}, shown | {"data": shown["data"] | {"added": 1}}):
        Draft202012Validator(read(SCHEMAS[name])).validate(more)
        CATALOGUE[name].model_validate(more)
        with pytest.raises(ValidationError, match="extra_forbidden"):
            check(shown["type"], 1, json.dumps(more))
    check(shown["type"], 1, json.dumps(shown))


def test_no_body_has_room_for_more_than_an_opaque_reference() -> None:
    fields = {name: set(read(SCHEMAS[name])["properties"]) for name in CATALOGUE}
    about = {name: set(example(body)["data"]) for name, body in CATALOGUE.items() if name.startswith("candidacy.")}
    assert all(found <= {"type", "timestamp", "sequence", "test", "data"} for found in fields.values())
    assert set(map(frozenset, about.values())) == {frozenset({"reference"})}


def test_the_openapi_document_is_valid_and_describes_each_webhook() -> None:
    OpenAPIV31SpecValidator(OPENAPI).validate()
    # It looks into paths, and not as far into webhooks.
    for schema in named(OPENAPI, "schema"):
        Draft202012Validator.check_schema(schema)
    assert all(resolved(OPENAPI, reference) for reference in named(OPENAPI, "$ref"))
    assert set(OPENAPI["webhooks"]) == set(CATALOGUE)
    for name, webhook in OPENAPI["webhooks"].items():
        operation = webhook["post"]
        headers = {one["name"] for one in operation["parameters"] if one["in"] == "header" and one["required"]}
        assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
        content = operation["requestBody"]["content"]["application/json"]
        (shown,) = content["examples"].values()
        validator(content["schema"], OPENAPI).validate(shown["value"])
        assert shown["value"]["type"] == CATALOGUE[name].named()
        if name == "endpoint.challenge.v1":
            assert set(operation["responses"]) == {"200", "default"}
            continue
        assert set(operation["responses"]) == {"204", "2XX", "410", "429", "503", "default"}
        assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_the_asyncapi_document_is_what_the_library_reads_and_leads_nowhere_outside() -> None:
    ApplicationSchema.model_validate(ASYNCAPI)
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert all(resolved(ASYNCAPI, reference) for reference in named(ASYNCAPI, "$ref"))
    for schema in ASYNCAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


# No package to install checks AsyncAPI 3.0 wholly: these are the fixed fields of its specification that we use.
FIXED = {
    "document": {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"},
    "channel": {"address", "description", "messages", "bindings"},
    "operation": {"action", "channel", "messages", "bindings"},
    "message": {"name", "summary", "headers", "payload", "bindings", "examples"},
    "example": {"headers", "payload"},
}


def test_the_asyncapi_document_has_only_fields_that_the_specification_knows() -> None:
    messages = ASYNCAPI["components"]["messages"].values()
    for kind, found in (
        ("document", [ASYNCAPI]),
        ("channel", ASYNCAPI["channels"].values()),
        ("operation", ASYNCAPI["operations"].values()),
        ("message", messages),
        ("example", [shown for message in messages for shown in message["examples"]]),
    ):
        assert all(set(one) <= FIXED[kind] for one in found), kind
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        place = operation["channel"]["$ref"]
        assert resolved(ASYNCAPI, place)
        assert all(one["$ref"].startswith(f"{place}/messages/") for one in operation["messages"])


def test_the_asyncapi_document_has_every_topic_type_and_reader_and_its_examples_are_true() -> None:
    known = catalogue.read()
    messages, channels = ASYNCAPI["components"]["messages"], ASYNCAPI["channels"]
    assert set(messages) == {*known.events, *CATALOGUE}
    assert set(channels) == {*(topic.name for topic in known.topics()), "webhooks"}
    for topic, types in known.topics().items():
        assert set(channels[topic.name]["messages"]) == set(types)
        assert channels[topic.name]["bindings"]["kafka"]["partitions"] == topic.partitions
    for service, table in known.consumers.items():
        read_here = {
            one["$ref"].rsplit("/", 1)[1]
            for name, operation in ASYNCAPI["operations"].items()
            if name.startswith(f"{service}.receive.")
            for one in operation["messages"]
        }
        assert read_here == set(table.events)
    for name, message in messages.items():
        assert message["examples"], name
        for shown in message["examples"]:
            for part in ("headers", "payload"):
                validator(message[part], ASYNCAPI).validate(shown[part])
