"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.amendments import amend
from services.selection.handlers.consent import answer_partners, record_consent
from services.selection.handlers.decisions import ApprovalOrder, Preview, RefusalOrder, approve, preview_effects, refuse
from services.selection.handlers.delegations import end_delegation, record_delegation
from services.selection.handlers.disclosures import answer_partner, record_alert, record_convention
from services.selection.handlers.exits import Adoption, adopt_projected_exit
from services.selection.handlers.explanations import explain_opinion
from services.selection.handlers.files import Submission, assess, create_candidacy, submit, withdraw
from services.selection.handlers.gathering import (
    ask_advice,
    receive_advice,
    refer_to_document,
    report_interview,
    take_advice,
)
from services.selection.handlers.hand_overs import hand_over
from services.selection.handlers.journeys import (
    read_journey,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.penal import record_penal
from services.selection.handlers.postponements import Postponement, adjourn, defer, resume
from services.selection.handlers.receipts import issue_receipt
from services.selection.handlers.release import RELEASE_WINDOW, ReleaseWindow, open_release_window
from services.selection.handlers.sittings import hold_sitting, plan_sitting
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline

__all__ = [
    "DEADLINE",
    "RELEASE_WINDOW",
    "Adoption",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Postponement",
    "Preview",
    "RefusalOrder",
    "ReleaseWindow",
    "Submission",
    "adjourn",
    "adopt_projected_exit",
    "amend",
    "answer_partner",
    "answer_partners",
    "approve",
    "ask_advice",
    "assess",
    "create_candidacy",
    "defer",
    "end_delegation",
    "explain_opinion",
    "hand_over",
    "hold_sitting",
    "issue_receipt",
    "open_release_window",
    "plan_sitting",
    "preview_effects",
    "read_journey",
    "receive_advice",
    "record_alert",
    "record_alerts_planned",
    "record_consent",
    "record_convention",
    "record_delegation",
    "record_delivery",
    "record_enrolment",
    "record_penal",
    "record_stay",
    "refer_to_document",
    "refuse",
    "report_interview",
    "resume",
    "ring_deadline",
    "submit",
    "take_advice",
    "withdraw",
]
