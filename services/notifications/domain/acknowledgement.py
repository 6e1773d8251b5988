"""What a partner says that it did with a notice."""

from enum import StrEnum


class Acknowledged(StrEnum):
    """Closed, and without details: a date, a place or a name of an appointment would say something of the person."""

    RECEIVED = "received"
    """Somebody there has taken it in hand."""
    APPOINTMENT_GIVEN = "appointment_given"
    """The person has been given an appointment."""
