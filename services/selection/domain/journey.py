"""What became of a decision, step by step, computed when it is read. It shows one person and never another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.selection.domain.acts import State

ACCOMMODATION = "accommodation"
TRAINING = "training"
PARTNERS = "partners"
DELIVERY = "partners/"
"""A step of its own for each delivery: `partners/<delivery id>`."""


class Status(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    RELEASE_AWAITS_DEPARTURE = "release_awaits_departure"
    DEPARTED = "departed"
    WAITLISTED = "waitlisted"
    OVERDUE = "overdue"
    RELEASED = "released"
    NOTHING_TO_UNDO = "nothing_to_undo"
    IN_PROGRESS = "in_progress"
    TOLD = "told"
    NOT_TOLD = "not_told"
    NOBODY_TO_TELL = "nobody_to_tell"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Outcome:
    """The last fact of a step.

    Args:
        step: `accommodation`, `training`, `partners` or `partners/<delivery id>`.
        fact: third segment of the event's type.
        request_id: of the person's own request that the fact answers.
        decision_number: that the fact belongs to; None where no decision stood.
        detail: the fact's body without ids of the file.
        occurred_at: UTC.
    """

    step: str
    fact: str
    request_id: str
    decision_number: str | None
    detail: Mapping[str, object]
    occurred_at: datetime


@dataclass(frozen=True)
class Expected:
    """A reply that was asked for. Instants: UTC; `answered_at` is None while it is missing."""

    request_id: str
    step: str
    decision_number: str | None
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class Step:
    """A line of the journey.

    Args:
        since: UTC instant from which the status holds.
        fact: the last fact; None while nothing was heard.
    """

    step: str
    status: Status
    since: datetime
    fact: str | None
    decision_number: str | None
    detail: Mapping[str, object]


@dataclass(frozen=True)
class Journey:
    """The lines in order, and the replies that are missing."""

    steps: tuple[Step, ...]
    missing: tuple[Expected, ...]


_STATUS: Mapping[tuple[str, str], Status] = {
    (ACCOMMODATION, "bed_assigned"): Status.PROPOSED,
    (ACCOMMODATION, "assignment_confirmed"): Status.CONFIRMED,
    (ACCOMMODATION, "assignment_expired"): Status.OVERDUE,
    (ACCOMMODATION, "bed_waitlisted"): Status.WAITLISTED,
    (ACCOMMODATION, "bed_released"): Status.RELEASED,
    (ACCOMMODATION, "nothing_to_release"): Status.NOTHING_TO_UNDO,
    (ACCOMMODATION, "release_awaits_departure"): Status.RELEASE_AWAITS_DEPARTURE,
    (ACCOMMODATION, "arrived"): Status.ARRIVED,
    (ACCOMMODATION, "departed"): Status.DEPARTED,
    (TRAINING, "enrolled"): Status.RESERVED,
    (TRAINING, "promoted"): Status.RESERVED,
    (TRAINING, "confirmed"): Status.CONFIRMED,
    (TRAINING, "waitlisted"): Status.WAITLISTED,
    (TRAINING, "cancelled"): Status.RELEASED,
    (TRAINING, "nothing_to_cancel"): Status.NOTHING_TO_UNDO,
    (DELIVERY, "partner_alerted"): Status.TOLD,
    (DELIVERY, "partner_alert_failed"): Status.NOT_TOLD,
}

_NEVER_SUPERSEDED = frozenset(
    {
        Status.RELEASED,
        Status.NOTHING_TO_UNDO,
        Status.ARRIVED,
        Status.RELEASE_AWAITS_DEPARTURE,
        Status.DEPARTED,
    }
)
"""What undoes an order, and where the person is."""
_FIXED_ORDER = (ACCOMMODATION, TRAINING, PARTNERS)


def journey(state: State, outcomes: Iterable[Outcome], expected: Sequence[Expected], now: datetime) -> Journey:
    """Puts facts and missing replies together.

    Args:
        state: of the candidacy: what an approval set off is closed once it was withdrawn, revoked or lapsed; also when
            the file is examined again since.
        outcomes: the last fact of each step.
        expected: every reply ever asked for, oldest first.
        now: UTC, against which a proposal is overdue.
    """
    by_step = {outcome.step: outcome for outcome in outcomes}
    asked = {reply.step: reply for reply in expected}
    requests_of_approval = {reply.request_id for reply in expected if reply is not asked[reply.step]}
    deliveries = sorted(
        (outcome for step, outcome in by_step.items() if step.startswith(DELIVERY)),
        key=lambda outcome: (outcome.occurred_at, outcome.step),
    )
    numbers = [reply.decision_number for reply in expected if reply.decision_number is not None]
    standing = numbers[-1] if state is State.APPROVED and numbers else None
    steps = []
    for name in _FIXED_ORDER:
        outcome = by_step.get(name)
        if outcome is not None:
            status, since = _partners(outcome, deliveries) if name == PARTNERS else _standing(name, outcome, now)
            over = _superseded(outcome, status, standing=standing, older=requests_of_approval)
            steps.append(_step(outcome, Status.SUPERSEDED if over else status, since))
        elif name in asked:
            reply = asked[name]
            steps.append(Step(name, Status.WAITING, reply.asked_at, None, reply.decision_number, {}))
    for outcome in deliveries:
        status, since = _standing(DELIVERY, outcome, now)
        over = _superseded(outcome, status, standing=standing, older=requests_of_approval)
        steps.append(_step(outcome, Status.SUPERSEDED if over else status, since))
    return Journey(tuple(steps), tuple(reply for reply in expected if reply.answered_at is None))


def _step(outcome: Outcome, status: Status, since: datetime) -> Step:
    return Step(outcome.step, status, since, outcome.fact, outcome.decision_number, outcome.detail)


def _standing(name: str, outcome: Outcome, now: datetime) -> tuple[Status, datetime]:
    """The status of a fact, and since when: a proposal is overdue from its date, whether announced or not."""
    status = _STATUS[name, outcome.fact]
    confirm_by = outcome.detail.get("confirm_by")
    if isinstance(confirm_by, str) and status in {Status.PROPOSED, Status.OVERDUE}:
        date_passed = datetime.fromisoformat(confirm_by)
        if now > date_passed:
            return Status.OVERDUE, date_passed
    return status, outcome.occurred_at


def _partners(planned: Outcome, deliveries: Sequence[Outcome]) -> tuple[Status, datetime]:
    """What the deliveries of one plan say together, and since when."""
    own = [outcome for outcome in deliveries if outcome.request_id == planned.request_id]
    count = planned.detail.get("count", 0)
    if not count:
        return Status.NOBODY_TO_TELL, planned.occurred_at
    if len(own) != count:
        return Status.IN_PROGRESS, planned.occurred_at
    all_told = all(outcome.fact == "partner_alerted" for outcome in own)
    return Status.TOLD if all_told else Status.NOT_TOLD, max(outcome.occurred_at for outcome in own)


def _superseded(outcome: Outcome, status: Status, *, standing: str | None, older: set[str]) -> bool:
    """Whether a fact belongs to a decision that was closed since. What undoes it is not superseded.

    Args:
        standing: number of the approval that stands; None when none does.
    """
    closed = standing is None or outcome.decision_number != standing
    return closed and status not in _NEVER_SUPERSEDED and outcome.request_id in older
