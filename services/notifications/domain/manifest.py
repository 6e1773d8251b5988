"""A day's manifest: what a partner was told, in figures that it can check its own records by."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

SETTLED = timedelta(minutes=10)
"""So long after midnight a day's manifest is there: no transaction lasts nearly as long, and clocks differ by less."""

LONGEST = 31
"""Days that may be asked for at once."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one subscription was told on one day.

    Args:
        subscription: whose notices these are.
        day: Europe/Paris.
        before: the last number of the days before.
        last: the last number of the day; the same where there was none.
        digest: SHA-256 over a line per notice.
    """

    subscription: UUID
    day: date
    before: int
    last: int
    digest: bytes

    @property
    def id(self) -> str:
        """Names it where it is signed; no `webhook-id` looks like it."""
        return f"manifest_{self.subscription}_{self.day}"

    def body(self) -> str:
        """The text that is signed: the same at every reading."""
        count = self.last - self.before
        return json.dumps(
            {
                "type": "manifest",
                "subscription": str(self.subscription),
                "day": self.day.isoformat(),
                "count": count,
                "first": self.before + 1 if count else None,
                "last": self.last if count else None,
                "digest": self.digest.hex(),
            },
            separators=(",", ":"),
        )
