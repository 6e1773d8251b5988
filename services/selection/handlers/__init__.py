"""Selection's use cases: load, decide, save, publish. None begins or ends a transaction."""

from services.selection.handlers.amendments import amend
from services.selection.handlers.appeals import Answer, Lodging, answer_appeal, lodge_appeal
from services.selection.handlers.arrivals import record_arrival, record_departure
from services.selection.handlers.caseloads import change_prison, reassign, reassign_caseload
from services.selection.handlers.changes import close_change
from services.selection.handlers.committals import record_committal
from services.selection.handlers.consent import answer_partners, record_consent
from services.selection.handlers.decisions import ApprovalOrder, Preview, RefusalOrder, approve, preview_effects, refuse
from services.selection.handlers.delegations import end_delegation, record_delegation
from services.selection.handlers.desk import DESK, Desk, begin_counting, counting
from services.selection.handlers.disclosures import answer_partner, record_alert, record_convention
from services.selection.handlers.doubles import merge
from services.selection.handlers.exits import Adoption, adopt_projected_exit
from services.selection.handlers.explanations import explain_opinion
from services.selection.handlers.files import Submission, assess, create_candidacy, submit
from services.selection.handlers.gathering import (
    ask_advice,
    receive_advice,
    refer_to_document,
    report_interview,
    take_advice,
)
from services.selection.handlers.hand_overs import hand_over
from services.selection.handlers.imports import Line, bring_in
from services.selection.handlers.journeys import (
    read_journey,
    read_levels,
    record_alerts_planned,
    record_delivery,
    record_enrolment,
    record_stay,
)
from services.selection.handlers.lapses import lapse
from services.selection.handlers.penal import record_penal
from services.selection.handlers.postponements import Postponement, adjourn, defer, resume
from services.selection.handlers.reassess import Reassessed, reassess
from services.selection.handlers.receipts import issue_receipt
from services.selection.handlers.release import RELEASE_WINDOW, ReleaseWindow, open_release_window
from services.selection.handlers.reviews import DORMANCY, ENTRY, Watch, close_review, review_dormant, review_entry
from services.selection.handlers.revocations import (
    Observations,
    drop_revocation,
    note_file_access,
    open_revocation,
    record_observations,
    revoke,
)
from services.selection.handlers.sittings import hold_sitting, plan_sitting
from services.selection.handlers.terms import DEADLINE, DeadlineAlarm, ring_deadline
from services.selection.handlers.withdrawals import WithdrawalPreview, preview_withdrawal, withdraw

__all__ = [
    "DEADLINE",
    "DESK",
    "DORMANCY",
    "ENTRY",
    "RELEASE_WINDOW",
    "Adoption",
    "Answer",
    "ApprovalOrder",
    "DeadlineAlarm",
    "Desk",
    "Line",
    "Lodging",
    "Observations",
    "Postponement",
    "Preview",
    "Reassessed",
    "RefusalOrder",
    "ReleaseWindow",
    "Submission",
    "Watch",
    "WithdrawalPreview",
    "adjourn",
    "adopt_projected_exit",
    "amend",
    "answer_appeal",
    "answer_partner",
    "answer_partners",
    "approve",
    "ask_advice",
    "assess",
    "begin_counting",
    "bring_in",
    "change_prison",
    "close_change",
    "close_review",
    "counting",
    "create_candidacy",
    "defer",
    "drop_revocation",
    "end_delegation",
    "explain_opinion",
    "hand_over",
    "hold_sitting",
    "issue_receipt",
    "lapse",
    "lodge_appeal",
    "merge",
    "note_file_access",
    "open_release_window",
    "open_revocation",
    "plan_sitting",
    "preview_effects",
    "preview_withdrawal",
    "read_journey",
    "read_levels",
    "reassess",
    "reassign",
    "reassign_caseload",
    "receive_advice",
    "record_alert",
    "record_alerts_planned",
    "record_arrival",
    "record_committal",
    "record_consent",
    "record_convention",
    "record_delegation",
    "record_delivery",
    "record_departure",
    "record_enrolment",
    "record_observations",
    "record_penal",
    "record_stay",
    "refer_to_document",
    "refuse",
    "report_interview",
    "resume",
    "review_dormant",
    "review_entry",
    "revoke",
    "ring_deadline",
    "submit",
    "take_advice",
    "withdraw",
]
