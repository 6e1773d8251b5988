"""Orders of training seats with sensible values; a test names only what it is about."""

from datetime import date
from typing import Any

from shared.contracts.selection import TrainingCancelled, TrainingChanged, TrainingRequested

DECISION = "DON-2029-0001"

_NEED: dict[str, Any] = {
    "decision_number": DECISION,
    "decided_on": date(2029, 11, 2),
    "file_number": 1,
    "wishes": ("DON-ONE",),
    "earliest_start": date(2030, 1, 18),
    "projected_exit": date(2031, 7, 1),
}


def a_request(**overrides: Any) -> TrainingRequested:
    """An order for the training that has one cohort with one seat."""
    return TrainingRequested(**(_NEED | overrides))


def a_change(**overrides: Any) -> TrainingChanged:
    """A change of that order, which is to be different in something."""
    return TrainingChanged(**(_NEED | overrides))


def a_cancellation(**overrides: Any) -> TrainingCancelled:
    """A cancellation of that order."""
    return TrainingCancelled(**({"decision_number": DECISION} | overrides))
