"""The rules of selection: pure, standard library only. Time, ids and dates are arguments; decisions are values."""

from services.selection.domain.candidacy import (
    Editor,
    File,
    PartnerCategory,
    Scope,
    Wishes,
    admit,
    check_complete,
    check_dates,
    preparers_after,
)
from services.selection.domain.case import Case, Facts, Gathered, Inputs, PenalStatus
from services.selection.domain.criteria import Code, Criterion, Examination, Finding, LineKind
from services.selection.domain.dates import FIRST, LAST, add_months, date_in_paris, first_day_reaching
from services.selection.domain.decision import (
    ARRIVAL_PHASE,
    Approval,
    CellType,
    Effects,
    Grounds,
    Kind,
    NamedOpinion,
    RefusalReason,
    Signer,
    act_digest,
    approvable,
    check_effects,
    check_signer,
)
from services.selection.domain.eligibility import (
    RULE_VERSION,
    Line,
    Opinion,
    Result,
    assess,
    recompute,
    reproduces,
)
from services.selection.domain.explanation import Datum, Explanation, Parameter, Said, explain
from services.selection.domain.identity import Identity, Purpose
from services.selection.domain.journey import Expected, Journey, Outcome, Status, Step, journey
from services.selection.domain.policy import AdviceKind, Choices, Policy, QuantumRule
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.rule_sets import RULE_SETS, RuleSet, rule_set_of, rule_set_on
from services.selection.domain.sentence import Duration, Quantum, Sentence, compare, measure_of
from services.selection.domain.sites import SITES, Sex, SiteProfile, SiteStatus
from services.selection.domain.doubles import check_double
from services.selection.domain.eligibility import RULE_VERSION, Line, Opinion, Result, assess
from services.selection.domain.identity import Identity, Purpose
from services.selection.domain.journey import Expected, Journey, Outcome, Status, Step, journey
from services.selection.domain.levels import HANDED_IN, Level, Moment, Standing, levels, waits_for
from services.selection.domain.policy import AdviceKind, Policy, QuantumRule
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.sentence import Duration, Quantum, Sentence, compare_with_five_years
from services.selection.domain.stages import Snag, Stage
from services.selection.domain.terms import Cause, Deadline, Due, Escalation, Review, escalation, next_alarm
from services.selection.domain.transitions import OPEN, Act, Role, State, next_state, open_acts, roles_for
from services.selection.domain.working_days import Holiday, add_working_days, is_working_day, on_or_after

__all__ = [
    "ARRIVAL_PHASE",
    "FIRST",
    "HANDED_IN",
    "LAST",
    "OPEN",
    "RULE_SETS",
    "RULE_VERSION",
    "SITES",
    "Act",
    "AdviceKind",
    "Approval",
    "Case",
    "Cause",
    "CellType",
    "Choices",
    "Code",
    "Criterion",
    "Datum",
    "Deadline",
    "Due",
    "Duration",
    "Editor",
    "Effects",
    "Escalation",
    "Examination",
    "Expected",
    "Explanation",
    "Facts",
    "File",
    "Finding",
    "Gathered",
    "Grounds",
    "Holiday",
    "Identity",
    "Inputs",
    "Journey",
    "Kind",
    "Level",
    "Line",
    "LineKind",
    "Moment",
    "NamedOpinion",
    "Opinion",
    "Outcome",
    "Parameter",
    "PartnerCategory",
    "PenalStatus",
    "Policy",
    "Purpose",
    "Quantum",
    "QuantumRule",
    "Refusal",
    "RefusalReason",
    "Refused",
    "Result",
    "Review",
    "Role",
    "RuleSet",
    "Said",
    "Scope",
    "Sentence",
    "Sex",
    "Signer",
    "SiteProfile",
    "SiteStatus",
    "Snag",
    "Stage",
    "Standing",
    "State",
    "Status",
    "Step",
    "Wishes",
    "act_digest",
    "add_months",
    "add_working_days",
    "admit",
    "approvable",
    "assess",
    "check_complete",
    "check_dates",
    "check_double",
    "check_effects",
    "check_signer",
    "compare",
    "date_in_paris",
    "escalation",
    "explain",
    "first_day_reaching",
    "is_working_day",
    "journey",
    "measure_of",
    "levels",
    "next_alarm",
    "next_state",
    "on_or_after",
    "open_acts",
    "preparers_after",
    "recompute",
    "reproduces",
    "roles_for",
    "rule_set_of",
    "rule_set_on",
    "waits_for",
]
