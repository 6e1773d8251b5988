"""Orders of beds with sensible values; a test names only what it is about."""

from datetime import date
from typing import Any

from shared.contracts.selection import (
    AccommodationCancelled,
    AccommodationChanged,
    AccommodationRequested,
    CellType,
    WingSex,
)

DECISION = "DON-2026-0001"

_NEED: dict[str, Any] = {
    "decision_number": DECISION,
    "decided_on": date(2026, 11, 2),
    "file_number": 1,
    "wing_sex": WingSex.WOMEN,
    "cell_type": CellType.ADAPTED,
    "planned_entry": date(2027, 1, 4),
    "projected_exit": date(2028, 7, 1),
}


def a_request(**overrides: Any) -> AccommodationRequested:
    """An order for Donchery's only adapted women's cell."""
    return AccommodationRequested(**(_NEED | overrides))


def a_change(**overrides: Any) -> AccommodationChanged:
    """A change of that order, which is to be different in something."""
    return AccommodationChanged(**(_NEED | overrides))


def a_cancellation(**overrides: Any) -> AccommodationCancelled:
    """A cancellation of that order."""
    return AccommodationCancelled(**({"decision_number": DECISION} | overrides))
