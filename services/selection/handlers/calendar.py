"""The calendar of the administration: which days are public holidays."""

from datetime import date
from functools import cache

from holidays import HolidayBase, country_holidays


def french_holiday(day: date) -> bool:
    """Whether a date is a public holiday of metropolitan France."""
    return day in _of(day.year)


@cache
def _of(year: int) -> HolidayBase:
    return country_holidays("FR", years=year)
