"""What each refusal becomes over HTTP."""

from services.selection.domain import Refusal
from shared.problems import Problem

_ANSWERS = {
    Refusal.CANDIDACY_UNKNOWN: (404, "There is no such candidacy."),
    Refusal.STALE_VERSION: (412, "The file was changed since it was read. Read it again."),
    Refusal.FIELD_NOT_YOURS: (403, "The token's role may not change this field."),
    Refusal.PASSED_TO_SITE: (403, "The person has arrived: the file belongs to the site now."),
    Refusal.POSSIBLE_HOMONYM: (409, "A person of that name and birth date is known. Say whether it is the same one."),
    Refusal.PERSON_UNKNOWN: (404, "No such person is known under that identity."),
    Refusal.OPEN_CANDIDACY_EXISTS: (409, "The person has an open candidacy already."),
    Refusal.IMPOSSIBLE_DATES: (422, "A date does not exist, or the dates contradict one another."),
    Refusal.SENTENCE_NOT_AS_PRONOUNCED: (
        422,
        "A sentence is given in years, months and 0 to 30 days as pronounced, never in days alone.",
    ),
    Refusal.FIRM_PART_TOO_LONG: (422, "The firm part is longer than the sentence."),
    Refusal.FILE_INCOMPLETE: (422, "A file that is handed in has a planned entry."),
    Refusal.REASONS_MISSING: (422, "A decision needs written reasons."),
    Refusal.AUTHORITY_MISSING: (422, "A decision names the authority that it is taken for."),
    Refusal.DELEGATION_MISSING: (422, "A decision names the delegation of its signer."),
    Refusal.DELEGATION_OUT_OF_SCOPE: (403, "The signer has no such delegation, today and for this act."),
    Refusal.DECISION_BY_PREPARER: (403, "Who prepared the file does not decide it."),
    Refusal.STILL_A_DRAFT: (409, "The candidacy is still a draft."),
    Refusal.ALREADY_SUBMITTED: (409, "The candidacy has been submitted already."),
    Refusal.NOT_ASSESSED: (409, "The candidacy has not been assessed."),
    Refusal.NOT_DEFERRED: (409, "The candidacy is not deferred."),
    Refusal.NOT_DECIDED: (409, "The candidacy has not been decided."),
    Refusal.CANDIDACY_DEFERRED: (409, "The candidacy is deferred."),
    Refusal.ALREADY_DECIDED: (409, "The candidacy has been decided."),
    Refusal.CANDIDACY_WITHDRAWN: (409, "The candidate has withdrawn."),
    Refusal.CANDIDACY_MERGED: (409, "The file was merged into another."),
    Refusal.OPINION_UNKNOWN: (404, "The candidacy has no such opinion."),
    Refusal.OPINION_NOT_FAVOURABLE: (409, "The opinion is not favourable."),
    Refusal.OPINION_STALE: (409, "The opinion no longer holds. Assess the candidacy again."),
    Refusal.ADVICE_MISSING: (409, "An advice that the decision needs is missing, and no urgency was given."),
    Refusal.EFFECTS_CHANGED: (409, "The effects are not those that were previewed. Preview them again."),
    Refusal.PLANNED_ENTRY_PASSED: (409, "The planned entry has passed."),
    Refusal.REVOCATION_UNDER_WAY: (409, "A revocation is under way already."),
    Refusal.REVOCATION_NOT_OPEN: (409, "No revocation is under way."),
    Refusal.OBSERVATIONS_AWAITED: (409, "The person may still make observations."),
    Refusal.NOT_ON_REVIEW_LIST: (409, "The file is not on the review list."),
    Refusal.PERSON_HAS_ARRIVED: (409, "The person has arrived."),
    Refusal.NOT_A_DOUBLE: (409, "The two files are not of the same person."),
    Refusal.APPEAL_UNKNOWN: (404, "There is no such appeal."),
    Refusal.APPEAL_BY_FIRST_DECIDER: (403, "Who took the decision does not decide the appeal."),
}

PROBLEMS = {refusal: Problem(status, refusal.value, title) for refusal, (status, title) in _ANSWERS.items()}
"""The problem of each refusal."""
