"""What keeps notices from a partner, and when its contact is told: each matter once, then weekly while it lasts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from services.notifications.domain.attention import Matter
from services.notifications.domain.mailbox import is_mailto
from services.notifications.domain.notice import day_in_france

FAILING = timedelta(hours=24)
"""How long an endpoint may fail on end before its partner is told: shorter cuts are nothing that it has to hear of."""

REMINDED = timedelta(days=7)
"""After how many days a matter that lasts is told again."""


class Trouble(NamedTuple):
    """One matter of one address of a partner. Nothing in it says whom deliveries are about."""

    subscription: UUID
    matter: Matter
    url: str
    since: datetime | None
    """UTC; None where that is not known."""
    notices: int
    """How many it keeps back, or are lost."""

    @property
    def host(self) -> str:
        """The address as far as a mail shows it: paths hold secrets at times, and mailboxes the names of persons."""
        return self.url.rpartition("@")[2] if is_mailto(self.url) else urlsplit(self.url).hostname or ""


Told = Mapping[tuple[UUID, Matter], datetime]
"""By subscription and matter, when it was told last, UTC."""


class News(NamedTuple):
    """What follows from how a partner's addresses stand."""

    tell: tuple[Trouble, ...]
    """To be told now, in one mail."""
    over: tuple[tuple[UUID, Matter], ...]
    """Over, to be forgotten: when it comes back, it is news."""


def news(standing: Sequence[Trouble], told: Told, now: datetime) -> News:
    """What a partner is to be told now: what is new to it or has lasted for another week; at most one mail a day.

    Days are those of Europe/Paris, so that a command that runs a minute earlier than yesterday forgets nothing.

    Args:
        standing: all that keeps notices from the partner.
        told: of it.
        now: UTC.
    """
    today = day_in_france(now)
    days = {key: day_in_france(at) for key, at in told.items()}
    if today in days.values():
        return News((), ())
    tell = tuple(
        one
        for one in standing
        if (key := (one.subscription, one.matter)) not in told
        # It was over in between, and nobody looked.
        or (one.since is not None and one.since > told[key])
        or today - days[key] >= REMINDED
    )
    return News(tell, tuple(told.keys() - {(one.subscription, one.matter) for one in standing}))
