"""Deadlines in working days: Monday to Friday but for public holidays. Which days these are is an argument."""

from collections.abc import Callable
from datetime import date, timedelta

Holiday = Callable[[date], bool]
"""Whether a date is a public holiday."""

_SATURDAY = 5


def is_working_day(day: date, holiday: Holiday) -> bool:
    """Whether offices are open."""
    return day.weekday() < _SATURDAY and not holiday(day)


def add_working_days(day: date, count: int, holiday: Holiday) -> date:
    """The `count`-th working day after `day` (before it, if negative); 0 gives the next one that is not before it."""
    if count == 0:
        return on_or_after(day, holiday)
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day, holiday)
    return day


def on_or_after(day: date, holiday: Holiday) -> date:
    """The day itself if it is a working day, else the next one: terms do not end while offices are closed."""
    while not is_working_day(day, holiday):
        day += timedelta(days=1)
    return day
