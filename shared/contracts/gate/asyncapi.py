"""`docs/asyncapi.json`: the topics and the webhooks of the platform in AsyncAPI 3.0, with golden samples as examples.

A document of all services at once: `send` and `receive` are said of the service whose name begins the operation's.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contracts.gate import samples
from shared.contracts.gate.catalogue import Catalogue, producer
from shared.contracts.gate.samples import Sample
from shared.contracts.gate.schemas import schema_of
from shared.contracts.notices import Headers, Told, example
from shared.messaging import envelope
from shared.messaging.event import Event, Topic

Json = dict[str, Any]

WEBHOOKS = "webhooks"
_KAFKA = {"bindingVersion": "0.5.0"}
_HTTP = {"bindingVersion": "0.3.0"}


def document(known: Catalogue, gold: Mapping[str, Sample]) -> Json:
    """The whole document.

    Args:
        known: today's code.
        gold: the golden samples of events, by file name.
    """
    models: list[type[BaseModel]] = [*known.events.values(), *known.notices.values(), Headers]
    names, written = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    payloads = {model: names[model, "validation"] for model in models}
    messages = {
        event_type: _record(event, payloads[event], samples.of_type(event_type, gold))
        for event_type, event in known.events.items()
    }
    messages |= {name: _notice(body, payloads[body], payloads[Headers]) for name, body in known.notices.items()}
    topics = known.topics()
    channels = {topic.name: _topic(topic, types) for topic, types in topics.items()}
    channels[WEBHOOKS] = {
        "address": None,
        "description": "The address that a partner proved and an officer approved, one per subscription.",
        "messages": _references("messages", known.notices),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "InSERRE platform", "version": "1", "description": __doc__.split("\n", 2)[2].strip()},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(known, topics),
        "components": {"schemas": {"Envelope": _envelope()} | written.get("$defs", {}), "messages": messages},
    }


def _record(event: type[Event], payload: Json, own: list[Sample]) -> Json:
    key = schema_of(event)["x-key"]
    meant = "the aggregate that the event is about" if key == "subject" else f"`{key}` of the body"
    return {
        "name": event.type,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": payload,
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid", "description": meant}} | _KAFKA},
        "examples": [{"headers": one["headers"], "payload": one["body"]} for one in own],
    }


def _notice(body: type[Told], payload: Json, headers: Json) -> Json:
    return {
        "name": body.named(),
        "summary": (body.__doc__ or "").strip().splitlines()[0],
        "headers": headers,
        "payload": payload,
        "examples": [{"headers": example(Headers), "payload": example(body)}],
    }


def _topic(topic: Topic, types: list[str]) -> Json:
    binding = {"topic": topic.name, "partitions": topic.partitions} | _KAFKA
    return {"address": topic.name, "messages": _references("messages", types), "bindings": {"kafka": binding}}


def _references(kind: str, names: Mapping[str, object] | list[str]) -> Json:
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in names}


def _operations(known: Catalogue, topics: Mapping[Topic, list[str]]) -> Json:
    found: Json = {}
    for topic, types in topics.items():
        for service in sorted({producer(event_type) for event_type in types}):
            sent = [one for one in types if producer(one) == service and one in known.published]
            if sent:
                found[f"{service}.send.{topic.name}"] = _operation("send", topic.name, sent)
        for service, table in sorted(known.consumers.items()):
            read = [one for one in types if one in table.events]
            if read:
                found[f"{service}.receive.{topic.name}"] = _operation("receive", topic.name, read)
    if known.notices:
        sending = _operation("send", WEBHOOKS, list(known.notices))
        found[f"notifications.send.{WEBHOOKS}"] = sending | {"bindings": {"http": {"method": "POST"} | _HTTP}}
    return found


def _operation(action: str, channel: str, names: list[str]) -> Json:
    at = f"#/channels/{channel}"
    return {"action": action, "channel": {"$ref": at}, "messages": [{"$ref": f"{at}/messages/{n}"} for n in names]}


def _envelope() -> Json:
    """The headers of a record, as the code writes them."""
    every = [*(name for name, _ in envelope.encode(samples.META, "", samples.META.time)), "traceparent"]
    least = samples.META._replace(causation=None, decision=None)
    return {
        "title": "Envelope",
        "description": "CloudEvents 1.0 in Kafka's binary content mode, with extensions of ours.",
        "type": "object",
        "properties": {name: {"type": "string"} for name in every},
        "required": [name for name, _ in envelope.encode(least, "", least.time)],
    }
