"""Where a file stands for those who look at many of them: its state and its journey in one word; and what is stuck."""

from enum import StrEnum


class Stage(StrEnum):
    """What comes next."""

    PREPARING = "preparing"
    """Draft, submitted or deferred."""
    AWAITING_DECISION = "awaiting_decision"
    AWAITING_BED = "awaiting_bed"
    """Approved, and no bed is proposed."""
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """A bed is proposed, and nobody confirmed it yet."""
    AWAITING_ARRIVAL = "awaiting_arrival"
    ARRIVED = "arrived"
    CLOSED = "closed"
    """Nobody works on it any more."""


class Snag(StrEnum):
    """Why an open file is stuck."""

    REPLY_MISSING = "reply_missing"
    """Another service has not answered for long. Named with it: the step."""
    DEADLINE_PASSED = "deadline_passed"
    """Named with it: the kind of the deadline."""
    LEVEL_PASSED = "level_passed"
    """Named with it: the service level."""
