"""What one answer means for a delivery: a pure function, so that every row of its table can be tested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import Random
from typing import NamedTuple

from services.notifications.domain import OPENS_AFTER

RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 36_000))
"""The longest wait after the first, second, … attempt; the wait is anything up to it, drawn anew each time (full
jitter), so that what failed together does not come back together. About 14 hours in all, 28 at most."""

PATIENCE = timedelta(days=3)
"""Nothing is tried again later than this after it could first be sent, however long an endpoint asks to wait."""

_PASSING = frozenset({408, 409, 410, 425, 429})
FAULT_OF_OURS = frozenset(range(400, 500)) - _PASSING
"""Statuses that say that the request is at fault: the same again would be answered the same, if they are meant."""

LONGEST_PAUSE = timedelta(hours=24)
"""The most of a `Retry-After` that is honoured."""

PROBES = (timedelta(seconds=30), timedelta(minutes=15))
"""The first and the longest wait for a probe; it doubles each time."""

DEADLINE = 10.0
"""Seconds for one attempt, from resolving the name to the end of the answer."""

ALLOWED = 16
"""Deliveries that one endpoint may have in flight. After a failure half as many, then one more for each accepted one:
an endpoint that comes back is not run over by what has waited."""

SLOW = timedelta(seconds=2)
"""An endpoint that takes longer shares half of a worker's places with all like it."""

MAILBOX_GONE = "mailbox_gone"
"""The relay says that there is no such mailbox: what 410 is over HTTP."""

MAIL_REFUSED = "mail_refused"
"""The relay will not take this mail, now or later: what another 4xx is over HTTP."""

NEVER_LEFT = frozenset(
    {"egress_refused", "dns_failed", "connect_failed", "connect_timeout", "tls_failed", "secret_unreadable"}
    | {"credentials_unreadable", "certificate_expired", "token_refused", "token_unavailable"}
    | {MAILBOX_GONE, MAIL_REFUSED, "mail_deferred", "login_refused"}
)
"""Errors after which the partner cannot have read anything."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient we are with one subscription.

    Args:
        waits: the longest wait after the first, second, … attempt.
        patience: nothing is tried again later than this after it could first be sent.
        insists: whether even a status that says that the request is at fault is tried again.
    """

    waits: Sequence[timedelta] = RETRIES
    patience: timedelta = PATIENCE
    insists: bool = True


STANDARD = Policy()


class Timings(NamedTuple):
    """How long the steps of an attempt took, in milliseconds; None for one that did not take place."""

    dns_ms: int | None = None
    connect_ms: int | None = None
    """TCP and TLS; None when a connection was used again."""
    first_byte_ms: int | None = None
    """From the attempt's begin to the answer's head."""


UNTIMED = Timings()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or the code of an error.

    Args:
        status: of the HTTP answer.
        error: why there was none.
        retry_after: the header of that name.
        duration: from before the name was resolved until the answer's end.
        timings: of its steps.
        head: the first bytes of the answer's body.
    """

    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    duration: timedelta = timedelta()
    timings: Timings = UNTIMED
    head: bytes = b""

    @property
    def outcome(self) -> str:
        """Stable code of the attempt: `accepted`, `answered`, or the error."""
        if self.status is None:
            return self.error or "internal_error"
        return "accepted" if HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES else "answered"

    @property
    def reached(self) -> bool:
        """Whether the partner may have read it."""
        return self.error not in NEVER_LEFT


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner accepted."""


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again.

    Args:
        at: not before, UTC.
        pause: until when the whole endpoint asks for quiet, UTC.
    """

    at: datetime
    pause: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """Not to be told any more: nothing was sent.

    Args:
        reason: stable code, `convention_ended` or `not_allowed`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Not to be tried again by itself.

    Args:
        reason: stable code.
        disable: whether the subscription ends with it.
        pause: until when the whole endpoint asks for quiet, UTC.
    """

    reason: str
    disable: bool = False
    pause: datetime | None = None


Outcome = Delivered | Again | GivenUp | NotPermitted


def decide(
    answer: Answer,
    *,
    attempt: int,
    failures: int,
    now: datetime,
    patient_since: datetime,
    rng: Random,
    policy: Policy = STANDARD,
) -> Outcome:
    """Decides what follows from an attempt.

    2xx delivers. 410, or no such mailbox, ends the subscription. 429 and 503 with `Retry-After` pause the endpoint
    for as long as it asks, within bounds, and so does failing again and again, whatever it says. Another 4xx is given
    up where the policy says so, and so is a mail that is refused for good. All else, redirects included, is tried
    again by the schedule, until it or our patience ends.

    Args:
        answer: of the partner, or of the network.
        attempt: number of the attempt that ended, from 1; of a replay its own.
        failures: of the endpoint on end, before this attempt.
        now: UTC.
        patient_since: when the delivery was planned or replayed, or its endpoint was served again after a hold, UTC.
        rng: for jitter.
        policy: of the subscription.
    """
    if answer.outcome == "accepted":
        return Delivered()
    if answer.status == HTTPStatus.GONE or answer.error == MAILBOX_GONE:
        return GivenUp("endpoint_gone", disable=True)
    asked = _asked(answer, now)
    quiet = max(filter(None, (asked, _probed_in(failures + 1, rng))), default=None)
    pause = now + quiet if quiet else None
    if (answer.status in FAULT_OF_OURS or answer.error == MAIL_REFUSED) and not policy.insists:
        return GivenUp("rejected", pause=pause)
    if attempt > len(policy.waits):
        return GivenUp("retries_exhausted", pause=pause)
    wait = policy.waits[attempt - 1] * rng.random()
    at = now + max(wait, asked or wait)
    if at > patient_since + policy.patience:
        return GivenUp("retries_exhausted", pause=pause)
    return Again(at, pause)


def _probed_in(failures: int, rng: Random) -> timedelta | None:
    """How long an endpoint is left alone that has failed so often; None while that is not often."""
    if failures < OPENS_AFTER:
        return None
    first, longest = PROBES
    wait: timedelta = min(first * int(2 ** min(failures - OPENS_AFTER, 10)), longest)
    return wait * rng.uniform(0.5, 1)


def _asked(answer: Answer, now: datetime) -> timedelta | None:
    """How long the endpoint asks to be left alone, in seconds or as a date; None when it does not, or unreadably."""
    if (
        answer.status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
        or answer.retry_after is None
    ):
        return None
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), int(LONGEST_PAUSE.total_seconds())))
    else:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = date.replace(tzinfo=date.tzinfo or UTC) - now
    return min(wait, LONGEST_PAUSE) if wait > timedelta() else None
