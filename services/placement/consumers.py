"""Which event or timer goes to which use case; nothing else."""

from services.placement import handlers
from shared.contracts.selection import AccommodationCancelled, AccommodationChanged, AccommodationRequested
from shared.messaging import Consumer, at, on

consumer = Consumer(
    "placement",
    (
        on(AccommodationRequested, handlers.assign_bed),
        on(AccommodationChanged, handlers.change_bed),
        on(AccommodationCancelled, handlers.release_bed),
        at(handlers.DAY, handlers.NewDay, handlers.new_day),
        at(handlers.DESK, handlers.Desk, handlers.count_desk),
        at(handlers.PROPOSAL, handlers.Proposal, handlers.expire_proposal),
    ),
    chunk=1,
)
