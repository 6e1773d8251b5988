"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.decisions import (
    ApprovalOrder,
    Preview,
    RefusalOrder,
    approve,
    preview_effects,
    refuse,
)
from services.selection.handlers.files import Submission, assess, create_candidacy, submit, withdraw
from services.selection.handlers.imports import Line, bring_in
from services.selection.handlers.journeys import (
    read_journey,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline

__all__ = [
    "DEADLINE",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Line",
    "Preview",
    "RefusalOrder",
    "Submission",
    "approve",
    "assess",
    "bring_in",
    "create_candidacy",
    "preview_effects",
    "read_journey",
    "record_alerts_planned",
    "record_delivery",
    "record_enrolment",
    "record_stay",
    "refuse",
    "ring_deadline",
    "submit",
    "withdraw",
]
