"""The statements of placement, by what they are about."""

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
    "bed_of",
    "claim",
    "confirm_bed",
    "first_in_line",
    "free_bed",
    "hold",
    "lock_pools",
    "lock_request_if_idle",
    "lock_request_of",
    "occupancy",
    "save",
    "sites",
    "stay",
    "stays",
    "vacancies",
]
