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
from services.placement.store.daily import STATUSES, occupancy_by_day, plan
from services.placement.store.forecast import forecast
from services.placement.store.history import history
from services.placement.store.holds import Bed, bed_of, confirm_bed, free_bed, hold
from services.placement.store.movements import (
    Outcome,
    arrivals,
    confirmations,
    departures,
    record_confirmations,
)
from services.placement.store.pages import occupancy, sites, stay, stays, vacancies
from services.placement.store.requests import (
    claim,
    lock_pools,
    lock_pools_of_site,
    lock_request_if_idle,
    lock_request_of,
    save,
)
from services.placement.store.roll import Count, counts, inhabited, lock_count, record_count, roll
from services.placement.store.uses import Author, correct, uses_of

__all__ = [
    "STATUSES",
    "Author",
    "Bed",
    "Choice",
    "Count",
    "Occupation",
    "Outcome",
    "arrivals",
    "bed_of",
    "candidacy_of",
    "claim",
    "confirm_bed",
    "confirmations",
    "correct",
    "counts",
    "departures",
    "first_in_line",
    "forecast",
    "free_bed",
    "history",
    "hold",
    "inhabited",
    "is_cell_free",
    "lock_count",
    "lock_pools",
    "lock_pools_of_site",
    "lock_request_if_idle",
    "lock_request_of",
    "occupancy",
    "occupancy_by_day",
    "occupation_of",
    "place_for",
    "plan",
    "record_arrival",
    "record_confirmations",
    "record_count",
    "record_departure",
    "roll",
    "save",
    "sites",
    "stay",
    "stays",
    "uses_of",
    "vacancies",
]
