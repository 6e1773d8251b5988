"""What a partner is told: the notices, the states of a delivery, and the thin payload."""

import json
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

PLACEHOLDER = "{reference}"
"""Stands in a payload for the partner's opaque reference until that is known."""

NOBODY = f"r_{'0' * 32}"
"""Stands in an example for a reference."""

UNUSED = 2**31 - 1
"""Stands in an example for a number: whoever overlooks that it is one sees a gap, and drops no notice for it."""

FRANCE = ZoneInfo("Europe/Paris")
"""By whose days conventions run."""


class Notice(StrEnum):
    """The types of notices that a partner can subscribe to."""

    APPROVED = "candidacy.approved"
    """One place is reserved for a person whom the partner will know by the reference alone."""
    WITHDRAWN = "candidacy.withdrawn"
    """What was said under this reference is no longer so; the cause is not told."""


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be sent when it is due, or being sent under a lease."""
    WAITING = "waiting"
    """A retraction whose alert is being sent at this moment: it waits for how that ends."""
    DELIVERED = "delivered"
    """The partner answered 2xx."""
    FAILED = "failed"
    """Given up; a person can have it tried again."""
    CANCELLED = "cancelled"
    """Became void: it will never be sent (again)."""
    REFUSED = "refused"
    """Not permitted any more when it was due: not sent, and its body is gone."""


def example(template: str) -> str:
    """The body of an example: like any other, yet about nobody, with a number that no notice ever has, and marked.

    Args:
        template: as `payload` gives it.
    """
    body = json.loads(template.replace(PLACEHOLDER, NOBODY))
    return json.dumps(body | {"sequence": UNUSED, "test": True}, separators=(",", ":"))


def day_in_france(instant: datetime) -> date:
    """The calendar day of an instant in Europe/Paris, by which conventions run."""
    return instant.astimezone(FRANCE).date()


def payload(notice: Notice, at: datetime, reference: str = PLACEHOLDER) -> str:
    """The body that is signed and sent: what happened, when, and the partner's own reference of the person.

    Nothing else: no id of ours, no site, no date of movement (D215-6 and D215-7 of the Code pénitentiaire).

    Args:
        notice: what happened.
        at: when it was decided; written in UTC, to the second.
        reference: opaque, of this partner alone.
    """
    timestamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps(
        {"type": notice.value, "timestamp": timestamp, "data": {"reference": reference}}, separators=(",", ":")
    )
