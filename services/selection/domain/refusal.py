"""Why selection says no: one code per reason, and the exception that carries it."""

from collections.abc import Sequence
from enum import StrEnum


class Refusal(StrEnum):
    """Each is the code of a problem; none says anything of the person."""

    CANDIDACY_UNKNOWN = "candidacy-unknown"
    STALE_VERSION = "stale-version"
    FIELD_NOT_YOURS = "field-not-yours"
    PASSED_TO_SITE = "passed-to-site"

    COMMITTAL_NUMBER_TAKEN = "committal-number-taken"
    COMMITTAL_NUMBER_RECORDED = "committal-number-recorded"
    PRESENT_ELSEWHERE = "present-elsewhere"

    POSSIBLE_HOMONYM = "possible-homonym"
    PERSON_UNKNOWN = "person-unknown"
    OPEN_CANDIDACY_EXISTS = "open-candidacy-exists"

    IMPOSSIBLE_DATES = "impossible-dates"
    SENTENCE_NOT_AS_PRONOUNCED = "sentence-not-as-pronounced"
    FIRM_PART_TOO_LONG = "firm-part-too-long"
    FILE_INCOMPLETE = "file-incomplete"
    CONSENT_TEXT_UNKNOWN = "consent-text-unknown"

    REASONS_MISSING = "reasons-missing"
    AUTHORITY_MISSING = "authority-missing"
    DELEGATION_MISSING = "delegation-missing"
    URGENCY_WITHOUT_REASONS = "urgency-without-reasons"
    DELEGATION_OUT_OF_SCOPE = "delegation-out-of-scope"
    DECISION_BY_PREPARER = "decision-by-preparer"

    NOT_COMPETENT = "not-competent"
    DELEGATION_UNKNOWN = "delegation-unknown"
    DELEGATION_ENDED = "delegation-ended"

    DECISION_UNKNOWN = "decision-unknown"
    REASONS_RESTRICTED = "reasons-restricted"
    ALREADY_HANDED_OVER = "already-handed-over"

    STILL_A_DRAFT = "still-a-draft"
    ALREADY_SUBMITTED = "already-submitted"
    NOT_ASSESSED = "not-assessed"
    NOT_DEFERRED = "not-deferred"
    NOT_DECIDED = "not-decided"
    CANDIDACY_DEFERRED = "candidacy-deferred"
    ALREADY_DECIDED = "already-decided"
    CANDIDACY_WITHDRAWN = "candidacy-withdrawn"
    CANDIDACY_MERGED = "candidacy-merged"

    ADVICE_UNKNOWN = "advice-unknown"
    ADVICE_NOT_AWAITED = "advice-not-awaited"
    ADVICE_BY_SITTING = "advice-by-sitting"
    NOT_OF_THE_SITE = "not-of-the-site"
    SITTING_UNKNOWN = "sitting-unknown"
    SITTING_HELD = "sitting-held"
    NO_QUORUM = "no-quorum"
    NOT_ON_AGENDA = "not-on-agenda"

    OPINION_UNKNOWN = "opinion-unknown"
    OPINION_NOT_FAVOURABLE = "opinion-not-favourable"
    OPINION_STALE = "opinion-stale"
    MINISTER_DECIDES = "minister-decides"
    POINTS_NOT_EXAMINED = "points-not-examined"
    ADVICE_MISSING = "advice-missing"
    EFFECTS_CHANGED = "effects-changed"
    PLANNED_ENTRY_PASSED = "planned-entry-passed"

    REVOCATION_UNDER_WAY = "revocation-under-way"
    REVOCATION_NOT_OPEN = "revocation-not-open"
    OBSERVATIONS_AWAITED = "observations-awaited"
    NOT_ON_REVIEW_LIST = "not-on-review-list"
    NOTHING_TO_ADOPT = "nothing-to-adopt"
    PERSON_HAS_ARRIVED = "person-has-arrived"
    NOT_A_DOUBLE = "not-a-double"
    APPEAL_UNKNOWN = "appeal-unknown"
    APPEAL_BY_FIRST_DECIDER = "appeal-by-first-decider"
    APPEAL_IS_DECIDED = "appeal-is-decided"
    APPEAL_OUT_OF_TIME = "appeal-out-of-time"
    APPEAL_UNDER_WAY = "appeal-under-way"
    DECISION_NOT_CONTESTABLE = "decision-not-contestable"
    OTHER_FILE_OPEN = "other-file-open"
    CHANGE_IS_CLOSED = "change-is-closed"
    CHANGE_UNKNOWN = "change-unknown"
    REVIEW_IS_CLOSED = "review-is-closed"
    REVIEW_UNKNOWN = "review-unknown"

    CONVENTION_ENDED = "convention-ended"
    REFERENCE_UNKNOWN = "reference-unknown"


class Refused(Exception):
    """A rule says no. Nothing was changed.

    Args:
        refusal: which rule.
        state: where the candidacy stands, when that is why.
        allowed: the acts that are open in that state.
    """

    def __init__(self, refusal: Refusal, *, state: str | None = None, allowed: Sequence[str] = ()) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.state = state
        self.allowed = tuple(allowed)
