"""When what was kept of ended deliveries is cleared away."""

from datetime import datetime, time, timedelta

from services.notifications.domain.notice import FRANCE


def next_night(now: datetime) -> datetime:
    """Three in the morning in France, the next time; UTC.

    Args:
        now: UTC.
    """
    tomorrow = now.astimezone(FRANCE).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(3), FRANCE).astimezone(now.tzinfo)
