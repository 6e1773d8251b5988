"""Calendar arithmetic of penal law: months go from date to date, and are never turned into days."""

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""Dates without time are dates of this zone."""

FIRST = date(1900, 1, 1)
LAST = date(2199, 12, 31)
"""Dates outside these bounds are typing errors."""


def date_in_paris(instant: datetime) -> date:
    """The date, Europe/Paris, of an aware instant."""
    return instant.astimezone(PARIS).date()


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later, or the month's last day where it is shorter.

    From date to date (CPP 716-1, kept as L5211-2). Negative `months` go back.

    Raises:
        OverflowError: the result lies outside the years 1 to 9999.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def first_day_reaching(end: date, months: int) -> date:
    """The first day from which `months` later is `end` or after."""
    day = add_months(end, -months)
    # The 29th of February has no counterpart in most years, so that going back can land a day too early.
    return day if add_months(day, months) >= end else day + timedelta(days=1)
