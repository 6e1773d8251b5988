"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.decisions import (
    ApprovalOrder,
    Preview,
    RefusalOrder,
    approve,
    preview_effects,
    refuse,
)
from services.selection.handlers.delegations import end_delegation, record_delegation
from services.selection.handlers.files import Submission, assess, create_candidacy, submit, withdraw
from services.selection.handlers.hand_overs import hand_over
from services.selection.handlers.journeys import (
    read_journey,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.postponements import Postponement, adjourn, defer, resume
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline

__all__ = [
    "DEADLINE",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Postponement",
    "Preview",
    "RefusalOrder",
    "Submission",
    "adjourn",
    "approve",
    "assess",
    "create_candidacy",
    "defer",
    "end_delegation",
    "hand_over",
    "preview_effects",
    "read_journey",
    "record_alerts_planned",
    "record_delegation",
    "record_delivery",
    "record_enrolment",
    "record_stay",
    "refuse",
    "resume",
    "ring_deadline",
    "submit",
    "withdraw",
]
