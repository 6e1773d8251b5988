"""The envelope on the wire: CloudEvents 1.0, Kafka binary content mode, written once and read with suspicion."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast, get_args
from uuid import UUID

from pydantic import ValidationError

from shared.messaging.event import Actor, Event, Meta, Regime

Headers = list[tuple[str, bytes]]
RawHeaders = Sequence[tuple[str, bytes | None]]

E = TypeVar("E", bound=Event)

LONGEST = 256
"""Characters that one attribute may have."""
BIGGEST = 64 * 1024
"""Bytes that a body may have; topics take 1 MiB."""


class Unreadable(Exception):
    """A record that is not one of our events. `reason` is a stable code without any of its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Identity(NamedTuple):
    """What the inbox knows a record by."""

    source: str
    event_id: str


def encode(meta: Meta, event_type: str, recorded_at: datetime) -> Headers:
    """The headers of an event, in the order in which they are stored and sent.

    Args:
        meta: the envelope.
        event_type: CloudEvents `type`.
        recorded_at: when the outbox row is written, UTC.
    """
    attributes = {
        "specversion": "1.0",
        "id": meta.id,
        "source": meta.source,
        "type": event_type,
        "subject": str(meta.subject),
        "time": meta.time.isoformat(),
        "dataschema": f"urn:inserre:schema:{event_type}",
        "siteid": meta.site,
        "aggregateversion": str(meta.version),
        "correlationid": meta.correlation,
        "causationid": meta.causation,
        "recordedat": recorded_at.isoformat(),
        "actorfunction": meta.actor.function,
        "legalbasis": meta.actor.legal_basis,
        "regime": meta.actor.regime,
        "decisionnumber": meta.decision,
    }
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items() if value is not None]
    headers.append(("content-type", b"application/json"))
    return headers


def type_of(headers: RawHeaders) -> str:
    """The record's type, read before anything else.

    Raises:
        Unreadable: it is missing, repeated or unreadable.
    """
    values = [value for name, value in headers if name == "ce_type"]
    if len(values) != 1 or values[0] is None:
        raise Unreadable("type-missing")
    return _text(values[0], "type-unreadable")


def identity_of(headers: RawHeaders) -> Identity | None:
    """The record's identity, or None when its source or id cannot serve as one."""
    try:
        return Identity(_required(headers, "ce_source"), _required(headers, "ce_id"))
    except Unreadable:
        return None


def decode(headers: RawHeaders) -> Meta:
    """The envelope of a record whose type is handled.

    Raises:
        Unreadable: a header is null, not UTF-8, too long, holds control characters, or an attribute is missing or
            malformed.
    """
    text: dict[str, str] = {}
    for name, value in headers:
        if value is None:
            raise Unreadable("header-null")
        if name in text:
            raise Unreadable("header-repeated")
        text[name] = _text(value, "header-unreadable")
    try:
        regime = text["ce_regime"]
        if regime not in get_args(Regime):
            raise Unreadable("envelope-malformed")
        time = datetime.fromisoformat(text["ce_time"])
        if time.tzinfo is None:
            raise Unreadable("envelope-malformed")
        return Meta(
            id=text["ce_id"],
            source=text["ce_source"],
            subject=UUID(text["ce_subject"]),
            version=int(text["ce_aggregateversion"]),
            time=time,
            site=text["ce_siteid"],
            correlation=text["ce_correlationid"],
            causation=text.get("ce_causationid"),
            decision=text.get("ce_decisionnumber"),
            actor=Actor(text["ce_actorfunction"], text["ce_legalbasis"], cast("Regime", regime)),
        )
    except KeyError:
        raise Unreadable("envelope-incomplete") from None
    except ValueError:
        raise Unreadable("envelope-malformed") from None


def body(event: type[E], value: bytes | None) -> E:
    """The body of a record.

    Raises:
        Unreadable: it is missing, too big, or not what the contract says.
    """
    if value is None:
        raise Unreadable("body-missing")
    if len(value) > BIGGEST:
        raise Unreadable("body-too-big")
    try:
        return event.model_validate_json(value)
    except ValidationError:
        raise Unreadable("body-invalid") from None


def stored(headers: RawHeaders) -> dict[str, Any]:
    """Headers as the columns `header_names` and `header_values`: order and nulls kept."""
    return {
        "header_names": [name.encode() for name, _ in headers],
        "header_values": [value for _, value in headers],
    }


def restored(names: Sequence[bytes], values: Sequence[bytes | None]) -> RawHeaders:
    """Headers back from their columns."""
    return list(zip(_names(tuple(names)), values, strict=True))


@lru_cache(maxsize=64)
def _names(stored: tuple[bytes, ...]) -> tuple[str, ...]:
    """Decoded once: almost all events have the same names in the same order."""
    return tuple(name.decode() for name in stored)


def _required(headers: RawHeaders, name: str) -> str:
    value = next((value for found, value in headers if found == name), None)
    if value is None:
        raise Unreadable("envelope-incomplete")
    return _text(value, "envelope-malformed")


def _text(value: bytes, reason: str) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Unreadable(reason) from None
    if not text or len(text) > LONGEST or not text.isprintable():
        raise Unreadable(reason)
    return text
