"""Which nights somebody sleeps where: half-open ranges of dates, and what corrects them. Dates are of Europe/Paris."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.placement.domain.refusal import Refusal, Refused

PARIS = ZoneInfo("Europe/Paris")
HORIZON = timedelta(days=3653)
"""Ten years: nothing is planned for later."""


class Days(NamedTuple):
    """A range of dates, its end left out: the nights of somebody who leaves on `end`."""

    start: date
    end: date

    def __bool__(self) -> bool:
        """Whether there is a day in it."""
        return self.start < self.end

    def cut(self, other: "Days") -> tuple["Days", "Days"]:
        """What `other` leaves of it, before and after; either may be empty."""
        return Days(self.start, min(self.end, other.start)), Days(max(self.start, other.end), self.end)


class Terms(NamedTuple):
    """What a site has laid down about its beds."""

    arrival_days: int
    """Nights of the arrival phase, three weeks at most (R212-17 of the Code pénitentiaire)."""
    cleaning_days: int
    """Days that a bed is kept free after somebody's last night."""


class Place(NamedTuple):
    """What there is for somebody: a cell of a unit, and an arrival cell for the first weeks if one is free."""

    cell: str
    arrival_cell: str | None
    starts_on: date
    """First night."""


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody's nights in one cell."""

    id: UUID
    cell: str
    nights: Days


Uses = tuple[Use, ...]
"""Of one stay, in their order: no two share a night."""


def date_in_paris(now: datetime) -> date:
    """The date that it is at the sites at an instant."""
    return time_in_paris(now).date()


def time_in_paris(now: datetime) -> datetime:
    """An instant as the clocks at the sites show it."""
    return now.astimezone(PARIS)


def next_morning(now: datetime) -> datetime:
    """Six o'clock at the sites, the next day."""
    return datetime.combine(date_in_paris(now) + timedelta(days=1), time(6), PARIS)


def planned(place: Place, ends_on: date, terms: Terms, new_id: Callable[[], UUID]) -> Uses:
    """The nights of a stay that is proposed: first in the arrival cell, then in the unit.

    Args:
        ends_on: first day after the stay.
        new_id: gives an id to each use.
    """
    if place.arrival_cell is None:
        return (Use(new_id(), place.cell, Days(place.starts_on, ends_on)),)
    moves_on = place.starts_on + timedelta(days=terms.arrival_days)
    return (
        Use(new_id(), place.arrival_cell, Days(place.starts_on, moves_on)),
        Use(new_id(), place.cell, Days(moves_on, ends_on)),
    )


def slept_in(uses: Uses, cell: str, days: Days, new_id: Callable[[], UUID]) -> Uses:
    """The nights of a stay once it spends those of `days` in another cell; the others stay as they are."""
    found = [Use(new_id(), cell, days)]
    for use in uses:
        before, after = use.nights.cut(days)
        found += [replace(use, nights=before)] if before else []
        found += [replace(use, id=new_id() if before else use.id, nights=after)] if after else []
    return _joined(found)


def checked_days(start: date, end: date | None, today: date) -> None:
    """Refuses days that no officer can mean.

    Args:
        start: the first one.
        end: the first one after them; None when nobody knows.
        today: nothing is planned for days that are over.

    Raises:
        Refused: `date-past`, `impossible-dates`, `date-too-far`.
    """
    if start < today:
        raise Refused(Refusal.DATE_PAST)
    if end is not None and end <= start:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    if max(start, end or start) > today + HORIZON:
        raise Refused(Refusal.DATE_TOO_FAR)


def begun(uses: Uses, on: date) -> Uses:
    """The nights of a stay that begins on another day: earlier in the first cell, or later, without those before."""
    first, *rest = (use for use in uses if use.nights.end > on)
    return (replace(first, nights=Days(on, first.nights.end)), *rest)


def ended(uses: Uses, on: date) -> Uses:
    """The nights of a stay that ends on another day: later ones fall away, or the last cell is kept for longer."""
    kept = [use for use in uses if use.nights.start < on]
    if not kept:
        return ()
    *before, last = kept
    return (*before, replace(last, nights=Days(last.nights.start, on)))


def cell_on(uses: Uses, day: date) -> str | None:
    """Where the night of `day` is slept; None outside the stay."""
    return next((use.cell for use in uses if use.nights.start <= day < use.nights.end), None)


def _joined(uses: Iterable[Use]) -> Uses:
    """In their order, neighbours in the same cell made one."""
    found: list[Use] = []
    for use in sorted(uses, key=lambda use: use.nights):
        last = found[-1] if found else None
        if last and last.cell == use.cell and last.nights.end == use.nights.start:
            found[-1] = replace(last, nights=Days(last.nights.start, use.nights.end))
        else:
            found.append(use)
    return tuple(found)
