"""The use cases of placement: load, decide, save, publish. Each event gets exactly one reply."""

from services.placement.handlers.arrivals import arrive, depart
from services.placement.handlers.beds import (
    PROPOSAL,
    Proposal,
    assign_bed,
    change_bed,
    confirm_stay,
    expire_proposal,
    release_bed,
)

__all__ = [
    "PROPOSAL",
    "Proposal",
    "arrive",
    "assign_bed",
    "change_bed",
    "confirm_stay",
    "depart",
    "expire_proposal",
    "release_bed",
]
