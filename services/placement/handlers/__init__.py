"""The use cases of placement: load, decide, save, publish. Each event gets exactly one reply."""

from services.placement.handlers.arrivals import arrive, depart
from services.placement.handlers.orders import assign_bed, change_bed, release_bed
from services.placement.handlers.proposals import PROPOSAL, Proposal, confirm_stay, expire_proposal

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
