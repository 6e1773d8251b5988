"""A replay: which deliveries of a range are sent again, and how many of them at this moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.notice import State
from services.notifications.domain.refusal import Refusal, Refused

LONGEST_RANGE = timedelta(days=90)
"""The longest range that one replay takes up."""

USUAL_PACE = 30
"""Deliveries a minute, unless it is ordered otherwise: far below what an endpoint takes of live ones."""

MOST_TAKEN = 4
"""Deliveries that one step takes at most."""

BLOCKED = timedelta(seconds=5)
"""When a replay that must stand back looks again."""

LAST = timedelta(seconds=30)
"""When a replay that has nothing more to take looks whether all of it has ended."""


class ReplayState(StrEnum):
    """Where a replay stands."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLED = "cancelled"
    """What it had not taken stays as it was; what it had taken and was not sent yet was given back."""
    DONE = "done"
    """All that it took has ended."""

    @property
    def over(self) -> bool:
        """Whether it takes nothing any more."""
        return self in {ReplayState.CANCELLED, ReplayState.DONE}


REPLAYED = frozenset({State.FAILED, State.DELIVERED})
"""What a replay can take at all."""


def skipped(state: State, states: Collection[State], *, overtaken: bool, gone: bool) -> str | None:
    """Why a delivery of the range is not sent again: a stable code, or None when it is.

    Args:
        state: where it stands.
        states: what the replay is for.
        overtaken: whether a later notice to the same partner says otherwise.
        gone: whether its body has been emptied.
    """
    if overtaken:
        return "overtaken"
    if state not in REPLAYED.intersection(states):
        return state.value
    return "body_gone" if gone else None


def check_range(since: datetime, until: datetime, now: datetime) -> None:
    """Whether a range is one: it has begun and ended, and is not too long.

    Raises:
        Refused: `replay-range`.
    """
    if not since < until <= min(now, since + LONGEST_RANGE):
        raise Refused(Refusal.REPLAY_RANGE)


def pace(asked: int | None, rate: int | None) -> int:
    """Deliveries a minute.

    Args:
        asked: by the order; None for the usual.
        rate: of the subscription, for all that is sent to it; None for as fast as it answers.

    Raises:
        Refused: `replay-too-fast`.
    """
    if asked is None:
        return min(USUAL_PACE, rate or USUAL_PACE)
    if rate is not None and asked > rate:
        raise Refused(Refusal.REPLAY_TOO_FAST)
    return asked


@dataclass(frozen=True, slots=True)
class Lane:
    """What is before a replay at its endpoint.

    Args:
        served: whether it is approved, and not held or asking for quiet.
        failing: whether it failed when it was last tried.
        busy: whether anything is to be sent to it within a minute.
        live_due: whether anything live is due and not sent yet.
        open: how many of the replay itself are due or being sent.
        allowance: how many of all may be being sent.
    """

    served: bool
    failing: bool
    busy: bool
    live_due: bool
    open: int
    allowance: int


def room(lane: Lane, per_minute: int) -> int:
    """How many deliveries a replay may take now; they are spread over the time until it may take more.

    Live deliveries go first, and half of the endpoint's places are theirs. An endpoint that fails gets one, when
    nothing else is about to show whether it works: somebody must ask, or a replay of all that failed would never begin.

    Args:
        lane: as it is now.
        per_minute: how many are ordered.
    """
    if not lane.served or lane.live_due:
        return 0
    if lane.failing:
        return 0 if lane.busy else 1
    return max(0, min(per_minute // 60 or 1, MOST_TAKEN, max(1, lane.allowance // 2) - lane.open))


def spacing(per_minute: int) -> timedelta:
    """Between two deliveries of a replay."""
    return timedelta(minutes=1) / per_minute
