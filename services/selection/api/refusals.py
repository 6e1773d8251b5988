"""What each refusal becomes over HTTP."""

from services.selection.domain import Refusal
from shared.problems import Problem

_ANSWERS = {
    Refusal.CANDIDACY_UNKNOWN: (404, "There is no such candidacy."),
    Refusal.IMPOSSIBLE_DATES: (422, "A date does not exist, or the dates contradict one another."),
    Refusal.SENTENCE_NOT_AS_PRONOUNCED: (
        422,
        "A sentence is given in years, months and 0 to 30 days as pronounced, never in days alone.",
    ),
    Refusal.FIRM_PART_TOO_LONG: (422, "The firm part is longer than the sentence."),
    Refusal.REASONS_MISSING: (422, "A decision needs written reasons."),
    Refusal.AUTHORITY_MISSING: (422, "A decision names the authority that it is taken for."),
    Refusal.DELEGATION_MISSING: (422, "A decision names the delegation of its signer."),
    Refusal.NOT_ASSESSED: (409, "The candidacy has not been assessed."),
    Refusal.ALREADY_DECIDED: (409, "The candidacy has been decided."),
    Refusal.CANDIDACY_WITHDRAWN: (409, "The candidate has withdrawn."),
    Refusal.ALREADY_WITHDRAWN: (409, "The candidate had withdrawn already."),
    Refusal.DECISION_BY_PREPARER: (403, "Who prepared the file does not decide it."),
    Refusal.OPINION_UNKNOWN: (404, "The candidacy has no such opinion."),
    Refusal.OPINION_NOT_FAVOURABLE: (409, "The opinion is not favourable."),
    Refusal.OPINION_STALE: (409, "The opinion no longer holds. Assess the candidacy again."),
    Refusal.EFFECTS_CHANGED: (409, "The effects are not those that were previewed. Preview them again."),
    Refusal.PLANNED_ENTRY_PASSED: (409, "The planned entry has passed."),
}

PROBLEMS = {refusal: Problem(status, refusal.value, title) for refusal, (status, title) in _ANSWERS.items()}
"""The problem of each refusal."""
