"""When a subscription is served: its endpoint proved that it wants to be, and two officers asked for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.refusal import Refusal, Refused

LONGEST_HOLD = timedelta(days=30)
"""How long an officer may have an endpoint's deliveries held."""

OPENS_AFTER = 5
"""After so many failures on end an endpoint is left alone, and then probed with one due delivery at a time."""

EXAMPLE_EVERY = timedelta(seconds=10)
"""How often an example may be sent to one endpoint."""

OVERLAP = timedelta(hours=24)
"""How long a rotated secret signs beside the new one."""


class SubscriptionState(StrEnum):
    """Whether a subscription is served."""

    PROPOSED = "proposed"
    """Its endpoint has not proved itself, or no second officer has approved it: what is due to it is held."""
    ACTIVE = "active"
    DISABLED = "disabled"
    """Its endpoint answered 410."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What decides whether it is served.

    Args:
        state: as it is now.
        proposed_by: subject of who asked for this address.
        proven: whether the endpoint has proved itself at this address.
        approved: whether a second officer has approved this address.
    """

    state: SubscriptionState
    proposed_by: str
    proven: bool
    approved: bool

    @property
    def served(self) -> bool:
        """Whether nothing is missing any more."""
        return self.proven and self.approved


def check_open(subscription: Subscription) -> None:
    """Refuses whatever comes for a subscription that has ended.

    Raises:
        Refused: `subscription-disabled`.
    """
    if subscription.state is SubscriptionState.DISABLED:
        raise Refused(Refusal.SUBSCRIPTION_DISABLED)


def check_approval(subscription: Subscription, by: str) -> None:
    """Whether somebody may approve it: the second pair of eyes is another person's.

    Raises:
        Refused: `subscription-disabled`, `approval-by-the-same`.
    """
    check_open(subscription)
    if subscription.proposed_by == by:
        raise Refused(Refusal.APPROVAL_BY_THE_SAME)


def check_hold(until: datetime, now: datetime) -> None:
    """Whether deliveries may be held until then.

    Raises:
        Refused: `hold-too-long`, also for one that is over already.
    """
    if not now < until <= now + LONGEST_HOLD:
        raise Refused(Refusal.HOLD_TOO_LONG)


def check_example(subscription: Subscription, last: datetime | None, now: datetime) -> None:
    """Whether an example may be sent now: to nobody who never said that it wants to be told, and not all the time.

    Args:
        subscription: that has not ended.
        last: when an example was sent to it, UTC; None for never.
        now: UTC.

    Raises:
        Refused: `endpoint-not-proven`, `example-too-soon`.
    """
    if not subscription.proven:
        raise Refused(Refusal.ENDPOINT_NOT_PROVEN)
    if last is not None and now < last + EXAMPLE_EVERY:
        raise Refused(Refusal.EXAMPLE_TOO_SOON)
