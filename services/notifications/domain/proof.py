"""When an endpoint that proved itself is asked again, and for how long a no is borne."""

from datetime import datetime, timedelta

ASKED_EVERY = timedelta(days=30)
"""How long a proof holds."""

ASKED_AGAIN = timedelta(days=1)
"""How long after one that failed the next is asked for."""

BORNE = timedelta(days=7)
"""For how long an endpoint is served though it does not say anew that it wants to be."""


def lapses(failed_since: datetime, now: datetime) -> bool:
    """Whether what is due is held from now on, until the endpoint or an officer brings it back.

    Args:
        failed_since: when the first of the proofs on end failed, UTC.
        now: UTC, just after another one failed.
    """
    return now - failed_since >= BORNE
