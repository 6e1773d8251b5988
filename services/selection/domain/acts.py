"""The words of a candidacy: its states, the roles that act on it, the acts, and what happens to it by itself."""

from enum import StrEnum


class State(StrEnum):
    """Where a candidacy stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASSESSED = "assessed"
    DEFERRED = "deferred"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    MERGED = "merged"
    """A double of another file, which goes on."""


class Role(StrEnum):
    """Roles of tokens that may act on a candidacy."""

    SPIP = "spip"
    """Probation service: prepares and follows files."""
    REGISTRY = "registry"
    """The registry (greffe): keeps the penal facts."""
    HEAD = "head"
    """Head of an establishment, or deputy."""
    DECISION_AUTHORITY = "decision_authority"
    """Signs, by own competence or by delegation."""


class Act(StrEnum):
    """What people do to a candidacy."""

    AMEND = "amend"
    """Correct the file: identity, wishes, planned entry."""
    RECORD_CONSENT = "record_consent"
    """Enter a signed consent, or which categories of partners may be told."""
    RECORD_PENAL = "record_penal"
    """Enter a new extract of the penal file."""
    ADOPT_EXIT = "adopt_exit"
    """Order cell and seat until the exit as it is projected now."""
    GATHER = "gather"
    """Ask for an advice or take one in, hold the interview, put the file before the commission, refer to a document."""
    SUBMIT = "submit"
    ASSESS = "assess"
    ADJOURN = "adjourn"
    DEFER = "defer"
    RESUME = "resume"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    OPEN_REVOCATION = "open_revocation"
    HEAR = "hear"
    """Note that the person saw the file, or take observations in, on an intended revocation."""
    DROP_REVOCATION = "drop_revocation"
    REVOKE = "revoke"
    LAPSE = "lapse"
    CLOSE_CHANGE = "close_change"
    """Answer a request for a change of assignment."""
    LODGE_APPEAL = "lodge_appeal"
    ANSWER_APPEAL = "answer_appeal"
    MERGE = "merge"
    REOPEN = "reopen"
    """Examine again, because an appeal succeeded."""
    REASSIGN = "reassign"
    """Give the file to another officer of the same establishment."""
    CHANGE_PRISON = "change_prison"
    """The person was moved to another prison of origin, and the file follows."""


class Occurrence(StrEnum):
    """What happens to a file without anybody's act: the history notes it beside the acts, and nobody is asked."""

    ARRIVED = "arrived"
    DEPARTED = "departed"
    RELEASE_WINDOW_OPENED = "release_window_opened"
