"""The use cases of placement: load, decide, save, publish. Each event gets exactly one reply."""

from services.placement.handlers.arrivals import arrive, depart
from services.placement.handlers.counts import count_roll
from services.placement.handlers.day import DAY, NewDay, begin_days, new_day
from services.placement.handlers.desk import DESK, Desk, begin_counting, count_desk
from services.placement.handlers.estate import ChangeOrder, change_cell
from services.placement.handlers.evacuations import EvacuationOrder, evacuate, plan_evacuation, shown
from services.placement.handlers.expected import expect, postpone, release_place, withdraw_order
from services.placement.handlers.holds import HoldOrder, end_hold, make_hold
from services.placement.handlers.orders import assign_bed, change_bed, release_bed
from services.placement.handlers.outages import OutageOrder, end_outage, open_outage
from services.placement.handlers.placing import go_ahead, go_in_order, place, recall
from services.placement.handlers.presence import end_arrival_phase, move
from services.placement.handlers.proposals import PROPOSAL, Proposal, confirm_stay, confirm_stays, expire_proposal
from services.placement.handlers.records import RecordOrder, close_record, observe, record
from services.placement.handlers.separations import declare, lift
from services.placement.handlers.sheets import SHEETS, Print, Sheets, begin_sheets, printing

__all__ = [
    "DAY",
    "DESK",
    "PROPOSAL",
    "SHEETS",
    "ChangeOrder",
    "Desk",
    "EvacuationOrder",
    "HoldOrder",
    "NewDay",
    "OutageOrder",
    "Print",
    "Proposal",
    "RecordOrder",
    "Sheets",
    "arrive",
    "assign_bed",
    "begin_counting",
    "begin_days",
    "begin_sheets",
    "change_bed",
    "change_cell",
    "close_record",
    "confirm_stay",
    "confirm_stays",
    "count_desk",
    "count_roll",
    "declare",
    "depart",
    "end_arrival_phase",
    "end_hold",
    "end_outage",
    "evacuate",
    "expect",
    "expire_proposal",
    "go_ahead",
    "go_in_order",
    "lift",
    "make_hold",
    "move",
    "new_day",
    "observe",
    "open_outage",
    "place",
    "plan_evacuation",
    "postpone",
    "printing",
    "recall",
    "record",
    "release_bed",
    "release_place",
    "shown",
    "withdraw_order",
]
