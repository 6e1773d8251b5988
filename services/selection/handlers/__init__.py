"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.decisions import (
    ApprovalOrder,
    Preview,
    RefusalOrder,
    approve,
    preview_effects,
    refuse,
)
from services.selection.handlers.disclosures import answer_partner, record_alert, record_convention
from services.selection.handlers.explanations import explain_opinion
from services.selection.handlers.files import Submission, assess, create_candidacy, submit, withdraw
from services.selection.handlers.gathering import (
    ask_advice,
    receive_advice,
    refer_to_document,
    report_interview,
    take_advice,
)
from services.selection.handlers.journeys import (
    read_journey,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.receipts import issue_receipt
from services.selection.handlers.sittings import hold_sitting, plan_sitting
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline

__all__ = [
    "DEADLINE",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Preview",
    "RefusalOrder",
    "Submission",
    "answer_partner",
    "approve",
    "ask_advice",
    "assess",
    "create_candidacy",
    "explain_opinion",
    "hold_sitting",
    "issue_receipt",
    "plan_sitting",
    "preview_effects",
    "read_journey",
    "receive_advice",
    "record_alert",
    "record_alerts_planned",
    "record_convention",
    "record_delivery",
    "record_enrolment",
    "record_stay",
    "refer_to_document",
    "refuse",
    "report_interview",
    "ring_deadline",
    "submit",
    "take_advice",
    "withdraw",
]
