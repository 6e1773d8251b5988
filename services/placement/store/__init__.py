"""The statements of placement, by what they are about."""

from services.placement.store.arrivals import (
    Occupation,
    Recorder,
    candidacy_of,
    is_cell_free,
    occupation_of,
    record_arrival,
    record_departure,
)
from services.placement.store.holds import Bed, bed_of, confirm_bed, free_bed, hold
from services.placement.store.pages import occupancy, sites, stay, stays, vacancies
from services.placement.store.requests import (
    claim,
    first_in_line,
    lock_pools,
    lock_request_if_idle,
    lock_request_of,
    save,
)

__all__ = [
    "Bed",
    "Occupation",
    "Recorder",
    "bed_of",
    "candidacy_of",
    "claim",
    "confirm_bed",
    "first_in_line",
    "free_bed",
    "hold",
    "is_cell_free",
    "lock_pools",
    "lock_request_if_idle",
    "lock_request_of",
    "occupancy",
    "occupation_of",
    "record_arrival",
    "record_departure",
    "save",
    "sites",
    "stay",
    "stays",
    "vacancies",
]
