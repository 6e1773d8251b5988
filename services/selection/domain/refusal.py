"""Why selection says no: one code per reason, and the exception that carries it."""

from enum import StrEnum


class Refusal(StrEnum):
    """Each is the code of a problem; none says anything of the person."""

    CANDIDACY_UNKNOWN = "candidacy-unknown"
    IMPOSSIBLE_DATES = "impossible-dates"
    SENTENCE_NOT_AS_PRONOUNCED = "sentence-not-as-pronounced"
    FIRM_PART_TOO_LONG = "firm-part-too-long"
    REASONS_MISSING = "reasons-missing"
    AUTHORITY_MISSING = "authority-missing"
    DELEGATION_MISSING = "delegation-missing"
    NOT_ASSESSED = "not-assessed"
    ALREADY_DECIDED = "already-decided"
    CANDIDACY_WITHDRAWN = "candidacy-withdrawn"
    ALREADY_WITHDRAWN = "already-withdrawn"
    DECISION_BY_PREPARER = "decision-by-preparer"
    OPINION_UNKNOWN = "opinion-unknown"
    OPINION_NOT_FAVOURABLE = "opinion-not-favourable"
    OPINION_STALE = "opinion-stale"
    EFFECTS_CHANGED = "effects-changed"
    PLANNED_ENTRY_PASSED = "planned-entry-passed"


class Refused(Exception):
    """A rule says no. Nothing was changed.

    Args:
        refusal: which rule.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
