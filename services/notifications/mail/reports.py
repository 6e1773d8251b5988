"""What a mail system says of a mail after it took it: delivery status (RFC 3464), or a complaint (RFC 5965)."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.notifications.mail.returns import Returns

_STATUS = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}\b", re.ASCII)
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out"})
"""`Feedback-Type`s by which a reader wants no more; reports on authentication are none."""


class Forged(Exception):
    """It names no delivery of ours, or more than one."""


class Kind(StrEnum):
    """What follows from a report."""

    GONE = "gone"
    """Failed for good (5.x.x): what 410 is over HTTP."""
    COMPLAINT = "complaint"
    """Whoever reads the mailbox calls it abuse: not to be told any more."""
    UNDELIVERED = "undelivered"
    """Given up by the mail system for a reason that may pass (4.x.x)."""
    NOTED = "noted"
    """Nothing: a delay, an answer of a machine, anything else."""


class Report(NamedTuple):
    """One report, whose return path is genuine."""

    delivery: UUID
    kind: Kind


def read(raw: bytes, returns: Returns, recipient: str = "") -> Report:
    """Reads a mail that came to a return path of ours, or a complaint that holds one.

    Where in it the return path stands does not matter: who has it was sent it.

    Args:
        raw: the whole mail, as it came.
        returns: knows which return paths are genuine.
        recipient: whom the mail came to, as the mail system says.

    Raises:
        Forged: it names no delivery of ours, or more than one.
    """
    mail = message_from_bytes(raw)
    deliveries = returns.deliveries("\n".join((recipient, *_told(mail))))
    if len(deliveries) != 1:
        raise Forged
    return Report(deliveries.pop(), _kind(mail))


def _told(mail: Message) -> Iterator[str]:
    """All header fields, those of what is reported and of the mail that it speaks of among them."""
    for part in mail.walk():
        yield from (str(value) for value in part.values())
        if part.get_content_type() == "text/rfc822-headers":
            yield str(part.get_payload())


def _kind(mail: Message) -> Kind:
    kinds = {
        kind
        for part in mail.walk()
        for fields in part.walk()
        if part is not fields and (kind := _said(part.get_content_type(), fields))
    }
    return next((kind for kind in Kind if kind in kinds), Kind.NOTED)


def _said(content_type: str, fields: Message) -> Kind | None:
    match content_type:
        case "message/delivery-status":
            status = _STATUS.match(str(fields.get("Status", "")))
            if status is None or str(fields.get("Action", "")).strip().lower() != "failed":
                return None
            return Kind.GONE if status[1] == "5" else Kind.UNDELIVERED
        case "message/feedback-report":
            complaint = str(fields.get("Feedback-Type", "")).strip().lower() in _COMPLAINTS
            return Kind.COMPLAINT if complaint else None
    return None
