"""What somebody has to look at."""

from datetime import timedelta
from enum import StrEnum

OVERDUE = timedelta(minutes=5)
"""How long something may be due to an endpoint that works before somebody has to look."""

ENDING = timedelta(days=30)
"""How long before its end a convention is looked at that still has something to be told."""


class Matter(StrEnum):
    """Kinds of what waits for a person, the most urgent first."""

    DELIVERY_OVERDUE = "delivery_overdue"
    """Something has been due for long, to an endpoint that is served and works."""
    SUBSCRIPTION_DISABLED = "subscription_disabled"
    """An endpoint said that it is gone, and its partner has no newer one."""
    ENDPOINT_FAILING = "endpoint_failing"
    """An endpoint has failed so often on end that it is only probed."""
    DELIVERIES_FAILED = "deliveries_failed"
    """Deliveries were given up, and nobody has sent them again or set them aside."""
    CONVENTION_ENDING = "convention_ending"
    """A convention ends within thirty days, or has ended, and its partner is still to be told something."""
    PROOF_MISSING = "proof_missing"
    """An endpoint has not proved that it wants to be told."""
    APPROVAL_MISSING = "approval_missing"
    """No second officer has approved an address."""
    HOLD = "hold"
    """An officer has deliveries held."""
