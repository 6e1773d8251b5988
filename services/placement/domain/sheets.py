"""When the sheets are printed that an officer works with while the platform is down."""

from datetime import datetime, timedelta

_PERIOD = timedelta(minutes=30)
SHEETS_AGAIN = timedelta(minutes=1)
"""After how long they are tried again when they could not be written."""


def next_sheets(now: datetime) -> datetime:
    """The next full or half hour, at the sites as in UTC."""
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % _PERIOD + _PERIOD
