"""Whom a withdrawal must be told to: exactly those who were told, or may have been."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from services.notifications.domain.notice import State


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of a candidacy that no retraction has taken back yet.

    Args:
        id: of the delivery.
        subscription: where it goes.
        state: where it stands.
        leased: whether it is being sent at this moment, as far as the database knows.
        reached: whether an attempt may have left the socket: any answer, also an error, and any timeout.
    """

    id: UUID
    subscription: UUID
    state: State
    leased: bool
    reached: bool


@dataclass(frozen=True, slots=True)
class Retraction:
    """One retraction, of all that a subscription was told.

    Args:
        subscription: to tell.
        alerts: the deliveries that it takes back.
        waits: whether one of them is being sent: the retraction must neither overtake it nor be sent for nothing.
    """

    subscription: UUID
    alerts: tuple[UUID, ...]
    waits: bool


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a candidacy means for its alerts.

    Args:
        unsent: scheduled, nobody can know of them: cancelled, and said so.
        stopped: tried without success, yet perhaps read: their retries end, and they are retracted.
        closed: given up before, nobody can know of them: cancelled, so that nobody has them tried again.
        retractions: to send.
    """

    unsent: tuple[UUID, ...]
    stopped: tuple[UUID, ...]
    closed: tuple[UUID, ...]
    retractions: tuple[Retraction, ...]


def undo(alerts: Iterable[Alert]) -> Undoing:
    """Decides, alert by alert, what becomes of it, and who is told that it is no longer so.

    Args:
        alerts: all alerts of one candidacy that are neither cancelled nor taken back.
    """
    unsent: list[UUID] = []
    stopped: list[UUID] = []
    closed: list[UUID] = []
    retracted: dict[UUID, list[Alert]] = {}
    for alert in alerts:
        scheduled = alert.state is State.PENDING and not alert.leased
        if alert.leased or alert.reached or alert.state is State.DELIVERED:
            retracted.setdefault(alert.subscription, []).append(alert)
            if scheduled:
                stopped.append(alert.id)
        elif scheduled:
            unsent.append(alert.id)
        elif alert.state is not State.REFUSED:
            closed.append(alert.id)
    retractions = tuple(
        Retraction(subscription, tuple(a.id for a in told), any(a.leased for a in told))
        for subscription, told in retracted.items()
    )
    return Undoing(tuple(unsent), tuple(stopped), tuple(closed), retractions)


class Held(Enum):
    """What becomes of a retraction that waited."""

    WAIT = "wait"
    SEND = "send"
    VOID = "void"


def held_retraction(*, leased: bool, reached: bool) -> Held:
    """What becomes of a waiting retraction once an attempt on one of its alerts has ended.

    Args:
        leased: whether another of its alerts is still being sent.
        reached: whether any of its alerts may have been read.
    """
    if leased:
        return Held.WAIT
    return Held.SEND if reached else Held.VOID
