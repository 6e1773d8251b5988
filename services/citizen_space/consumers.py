"""Which event or timer goes to which use case; nothing else."""

from services.citizen_space import handlers
from shared.contracts.selection import TrainingCancelled, TrainingChanged, TrainingRequested
from shared.messaging import Consumer, on

consumer = Consumer(
    "citizen-space",
    (
        on(TrainingRequested, handlers.reserve_seat),
        on(TrainingChanged, handlers.change_seat),
        on(TrainingCancelled, handlers.release_seat),
    ),
    chunk=1,
)
