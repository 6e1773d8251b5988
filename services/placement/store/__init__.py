"""The statements of placement, by what they are about."""

from services.placement.store.arrivals import (
    Occupation,
    candidacy_of,
    is_cell_free,
    occupation_of,
    record_arrival,
    record_departure,
)
from services.placement.store.choice import Choice, first_in_line, place_for
from services.placement.store.holds import Bed, bed_of, confirm_bed, free_bed, hold
from services.placement.store.pages import occupancy, sites, stay, stays, vacancies
from services.placement.store.requests import (
    claim,
    lock_pools,
    lock_request_if_idle,
    lock_request_of,
    save,
)
from services.placement.store.uses import Author, correct, uses_of

__all__ = [
    "Author",
    "Bed",
    "Choice",
    "Occupation",
    "bed_of",
    "candidacy_of",
    "claim",
    "confirm_bed",
    "correct",
    "first_in_line",
    "free_bed",
    "hold",
    "is_cell_free",
    "lock_pools",
    "lock_request_if_idle",
    "lock_request_of",
    "occupancy",
    "occupation_of",
    "place_for",
    "record_arrival",
    "record_departure",
    "save",
    "sites",
    "stay",
    "stays",
    "uses_of",
    "vacancies",
]
