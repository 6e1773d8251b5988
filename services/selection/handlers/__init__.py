"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.candidacies import Submission, assess, create_candidacy, withdraw
from services.selection.handlers.decisions import ApprovalOrder, RefusalOrder, approve, preview_effects, refuse
from services.selection.handlers.journeys import (
    read_journey,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)

__all__ = [
    "ApprovalOrder",
    "RefusalOrder",
    "Submission",
    "approve",
    "assess",
    "create_candidacy",
    "preview_effects",
    "read_journey",
    "record_alerts_planned",
    "record_delivery",
    "record_enrolment",
    "record_stay",
    "refuse",
    "withdraw",
]
