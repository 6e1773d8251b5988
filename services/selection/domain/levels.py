"""Service levels: what each step of a file waits for, since when, and whether that is longer than the site promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.selection.domain.acts import Act, Occurrence, State
from services.selection.domain.dates import date_in_paris
from services.selection.domain.policy import Policy


class Level(StrEnum):
    """What is promised within days, in the order in which it is reached."""

    FILE_COMPLETE = "file_complete"
    """From being handed in until the criteria were applied."""
    DECIDED = "decided"
    """From being handed in until the decision."""
    ORDER_ISSUED = "order_issued"
    """From the approval until the bed is confirmed."""
    ARRIVED = "arrived"
    """From the approval until the first night."""
    FIRST_HOUR = "first_hour"
    """From the first night until the first hour of an activity; nothing tells yet when that is."""


@dataclass(frozen=True)
class Moment:
    """A line of a file's history: what was done, and when (UTC)."""

    act: Act | Occurrence
    at: datetime


@dataclass(frozen=True)
class Standing:
    """How a file stands against one level. Dates: Europe/Paris.

    Args:
        since: from which the days are counted.
        due_on: the last day in time.
        reached_on: None while it is waited for.
        late: reached after that day, or not yet although it has passed; None where nothing tells.
    """

    level: Level
    since: date
    due_on: date
    reached_on: date | None
    late: bool | None


HANDED_IN = (Act.SUBMIT, Act.RESUME, Act.REOPEN)
"""From the last of these on, the answer is waited for."""
_ANSWERED = (Act.APPROVE, Act.REFUSE, Act.DEFER)
_WAITING = {
    State.SUBMITTED: (Level.FILE_COMPLETE, Level.DECIDED),
    State.ASSESSED: (Level.DECIDED,),
    State.APPROVED: (Level.ORDER_ISSUED, Level.ARRIVED, Level.FIRST_HOUR),
}


def levels(
    state: State,
    history: Sequence[Moment],
    *,
    confirmed_at: datetime | None,
    arrived_on: date | None,
    departed_on: date | None,
    today: date,
    policy: Policy,
) -> tuple[Standing, ...]:
    """Every level whose days have begun, in order; of a closed file only those that were reached.

    Args:
        state: of the file now.
        history: all its lines, the oldest first.
        confirmed_at: when the bed was confirmed, UTC; None while it is not.
        arrived_on: first night at the site.
        departed_on: last day at the site; then nothing is waited for any more.
        today: Europe/Paris.
        policy: how many days each level has.
    """
    start = max((place for place, line in enumerate(history) if line.act in HANDED_IN), default=None)
    since_then = () if start is None else tuple(history[start:])
    handed_in = _first(since_then, HANDED_IN)
    approved = _first(since_then, (Act.APPROVE,))
    # A bed is confirmed before anybody arrives, whatever came after it.
    ordered_on = arrived_on if confirmed_at is None else date_in_paris(confirmed_at)
    begun = (
        (Level.FILE_COMPLETE, handed_in, policy.level_complete_days, _first(since_then, (Act.ASSESS,))),
        (Level.DECIDED, handed_in, policy.level_decided_days, _first(since_then, _ANSWERED)),
        (Level.ORDER_ISSUED, approved, policy.level_order_days, ordered_on),
        (Level.ARRIVED, approved, policy.level_arrived_days, arrived_on),
        (Level.FIRST_HOUR, arrived_on, policy.level_first_hour_days, None),
    )
    waiting = () if departed_on is not None else _WAITING.get(state, ())
    found = []
    for level, since, days, reached_on in begun:
        if since is not None and (reached_on is not None or level in waiting):
            due_on = since + timedelta(days=days)
            late = None if level is Level.FIRST_HOUR else (reached_on or today) > due_on
            found.append(Standing(level, since, due_on, reached_on, late))
    return tuple(found)


def waits_for(standings: Sequence[Standing]) -> Level | None:
    """What comes next; None when nothing is waited for."""
    return next((one.level for one in standings if one.reached_on is None), None)


def _first(history: Sequence[Moment], acts: Sequence[Act]) -> date | None:
    return next((date_in_paris(line.at) for line in history if line.act in acts), None)
