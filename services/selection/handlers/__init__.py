"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.caseloads import change_prison, hand_over, hand_over_caseload
from services.selection.handlers.decisions import (
    ApprovalOrder,
    Preview,
    RefusalOrder,
    approve,
    preview_effects,
    refuse,
)
from services.selection.handlers.doubles import merge
from services.selection.handlers.explanations import explain_opinion
from services.selection.handlers.files import Submission, assess, create_candidacy, submit, withdraw
from services.selection.handlers.journeys import (
    read_journey,
    read_levels,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.reassess import Reassessed, reassess
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline

__all__ = [
    "DEADLINE",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Preview",
    "Reassessed",
    "RefusalOrder",
    "Submission",
    "approve",
    "assess",
    "change_prison",
    "create_candidacy",
    "explain_opinion",
    "hand_over",
    "hand_over_caseload",
    "merge",
    "preview_effects",
    "read_journey",
    "read_levels",
    "reassess",
    "record_alerts_planned",
    "record_delivery",
    "record_enrolment",
    "record_stay",
    "refuse",
    "ring_deadline",
    "submit",
    "withdraw",
]
