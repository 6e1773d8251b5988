"""Writes what became of a delivery, and says so: both in one transaction, by whoever still holds the lease."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.notifications.delivery import lease, retractions
from services.notifications.delivery.lease import Claimed, Settled, Try
from services.notifications.delivery.retractions import Retractable
from services.notifications.delivery.schedule import Again, Delivered, GivenUp, NotPermitted, Outcome
from services.notifications.domain import Held, State, held_retraction
from services.notifications.handlers import DELIVERIES
from shared.contracts.notifications import PartnerAlerted, PartnerAlertFailed
from shared.messaging import Tx, publish


class Ended(NamedTuple):
    """How a claim ended.

    Args:
        outcome: what the rules say.
        tried: the attempt; None when nothing was sent.
    """

    outcome: Outcome
    tried: Try | None


async def record(tx: Tx, claimed: Claimed, ended: Ended, site: str) -> State | None:
    """Records the end of a claim.

    Args:
        tx: a transaction of its own, with the event that ordered the delivery as its cause.
        claimed: the delivery.
        ended: how it ended.
        site: code of the site.

    Returns:
        How the delivery stands, or None when the lease had lapsed and somebody else has it: nothing is written then.
    """
    state, due = _state(ended.outcome)
    settled = await lease.settle(tx.conn, claimed, state.value, due, ended.tried)
    if settled is None:
        return None
    await _answer(tx, claimed, settled, ended.outcome, site)
    match ended.outcome:
        case GivenUp(disable=True):
            await lease.disable(tx.conn, claimed.subscription)
        case Again(pause=datetime() as until):
            await lease.pause(tx.conn, claimed.subscription, until)
    if settled.superseded_by is not None:
        await _go_on(tx, claimed, settled.superseded_by, site)
    return State(settled.state)


def _state(outcome: Outcome) -> tuple[State, datetime | None]:
    match outcome:
        case Delivered():
            return State.DELIVERED, None
        case Again(at=at):
            return State.PENDING, at
        case GivenUp():
            return State.FAILED, None
        case NotPermitted():
            return State.REFUSED, None


async def _answer(tx: Tx, claimed: Claimed, settled: Settled, outcome: Outcome, site: str) -> None:
    """Tells selection of a delivery that has ended."""
    said = {
        "candidacy_id": claimed.candidacy,
        "request_id": claimed.event_id,
        "decision_number": claimed.decision_number,
        "notice": claimed.notice,
        "partner": claimed.partner,
        "attempts": claimed.attempt,
    }
    match State(settled.state), outcome:
        case State.DELIVERED, _:
            known = {"partner_id": claimed.partner_id, "reference": claimed.reference}
            event: PartnerAlerted | PartnerAlertFailed = PartnerAlerted.model_validate(said | known)
        case State.FAILED | State.REFUSED, GivenUp(reason=reason) | NotPermitted(reason=reason):
            event = PartnerAlertFailed.model_validate(said | {"reason": reason})
        case State.CANCELLED, _:
            reason = "withdrawn_while_retrying" if settled.reached else "withdrawn_before_sending"
            event = PartnerAlertFailed.model_validate(said | {"reason": reason})
        case _:
            return
    await publish(tx, event, subject=claimed.id, version=settled.version, site=site)


async def _go_on(tx: Tx, claimed: Claimed, waiting: UUID, site: str) -> None:
    """Lets the retraction go that waited for this attempt, or ends it when there is nothing to take back."""
    retraction = await retractions.waiting(tx.conn, waiting)
    if retraction is None:
        return
    match held_retraction(leased=retraction.leased, reached=retraction.reached):
        case Held.SEND:
            await retractions.release(tx.conn, retraction.id, tx.now)
            tx.wake(DELIVERIES)
        case Held.VOID:
            await retractions.void(tx.conn, retraction.id)
            await publish(
                tx, _needless(claimed, retraction), subject=retraction.id, version=retraction.version + 1, site=site
            )


def _needless(claimed: Claimed, retraction: Retractable) -> PartnerAlertFailed:
    return PartnerAlertFailed(
        candidacy_id=claimed.candidacy,
        request_id=retraction.event_id,
        decision_number=retraction.decision_number,
        notice=retraction.notice,
        partner=claimed.partner,
        attempts=0,
        reason="nothing_was_told",
    )
