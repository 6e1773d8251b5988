"""What a service says once a day of what waits for its officers: the shape that these events share."""

from collections.abc import Mapping
from datetime import date

from pydantic import NonNegativeInt

from shared.messaging.event import Event


class WaitingCounted(Event):
    """How much waits for whom. Subject and key: the desk, one per service; version: the number of the day."""

    day: date
    """Europe/Paris."""
    counts: Mapping[str, Mapping[str, NonNegativeInt]]
    """By role of the service's API and by matter: codes, never an id or a name. All that the service counts is there,
    0 where nothing waits. A reader takes matters that it does not know yet for what they are: something that waits."""
