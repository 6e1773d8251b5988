"""The days on which offices are closed."""

from datetime import date
from functools import cache

import holidays


def french_holiday(day: date) -> bool:
    """Whether a day is a public holiday of metropolitan France."""
    return day in _france()


@cache
def _france() -> holidays.HolidayBase:
    return holidays.country_holidays("FR")
