"""The use cases of placement: load, decide, save, publish. Each event gets exactly one reply."""

from services.placement.handlers.arrivals import arrive, depart
from services.placement.handlers.counts import count_roll
from services.placement.handlers.orders import assign_bed, change_bed, release_bed
from services.placement.handlers.proposals import PROPOSAL, Proposal, confirm_stay, confirm_stays, expire_proposal
from services.placement.handlers.sheets import SHEETS, Print, Sheets, begin_sheets, printing

__all__ = [
    "PROPOSAL",
    "SHEETS",
    "Print",
    "Proposal",
    "Sheets",
    "arrive",
    "assign_bed",
    "begin_sheets",
    "change_bed",
    "confirm_stay",
    "confirm_stays",
    "count_roll",
    "depart",
    "expire_proposal",
    "printing",
    "release_bed",
]
