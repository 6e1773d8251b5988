"""The statements of the citizen space, by what they are about."""

from services.citizen_space.store.holds import Seat, confirm_seat, free_seat, hold, seat_of
from services.citizen_space.store.pages import activities, enrolment, enrolments
from services.citizen_space.store.requests import FreeSeat, claim, first_in_line, lock_request_of, lock_trainings, save

__all__ = [
    "FreeSeat",
    "Seat",
    "activities",
    "claim",
    "confirm_seat",
    "enrolment",
    "enrolments",
    "first_in_line",
    "free_seat",
    "hold",
    "lock_request_of",
    "lock_trainings",
    "save",
    "seat_of",
]
