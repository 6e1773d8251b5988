"""Which event or timer sets off which use case."""

from services.notifications import handlers
from shared.contracts.placement import PlacementWaitingCounted
from shared.contracts.selection import (
    CandidacyApproved,
    CandidacyLapsed,
    CandidacyRefused,
    CandidacyRevoked,
    CandidacyWithdrawn,
    PartnerConsentChanged,
    SelectionWaitingCounted,
)
from shared.messaging import Consumer, at, on

consumer = Consumer(
    "notifications",
    (
        on(CandidacyApproved, handlers.alert_partners),
        on(CandidacyRefused, handlers.retract_alerts),
        on(CandidacyWithdrawn, handlers.retract_alerts),
        on(CandidacyRevoked, handlers.retract_alerts),
        on(CandidacyLapsed, handlers.retract_alerts),
        on(PartnerConsentChanged, handlers.obey_consent),
        on(SelectionWaitingCounted, handlers.note_waiting),
        on(PlacementWaitingCounted, handlers.note_waiting),
        at(handlers.REPLAY, handlers.ReplayStep, handlers.step_replay),
    ),
    chunk=50,
)
