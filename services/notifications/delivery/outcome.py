"""Writes what became of deliveries, and says so: both in one transaction, by whoever still holds the leases."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from opentelemetry.context import Context

from services.notifications.delivery import retractions, settlement
from services.notifications.delivery.lease import Claimed
from services.notifications.delivery.retractions import Retractable
from services.notifications.delivery.settlement import Settled, Settling, Try
from services.notifications.domain import Held, State, held_retraction
from services.notifications.domain.answer import Again, Delivered, GivenUp, NotPermitted, Outcome
from services.notifications.handlers import DELIVERIES
from shared.contracts.notifications import PartnerAlerted, PartnerAlertFailed
from shared.messaging import Meta, Outgoing, Tx, publish_all


class Ended(NamedTuple):
    """How a claim ended.

    Args:
        claimed: the delivery.
        outcome: what the rules say.
        tried: the attempt; None when nothing was sent.
        cause: the event that ordered the delivery.
        context: the trace in which it ended.
    """

    claimed: Claimed
    outcome: Outcome
    tried: Try | None
    cause: Meta
    context: Context


async def record(tx: Tx, ended: Sequence[Ended]) -> list[State | None]:
    """Records the ends of claims.

    Args:
        tx: a transaction of its own.
        ended: each of another delivery.

    Returns:
        How each stands, or None when its lease had lapsed and somebody else has it: nothing of it is written then.
    """
    rows = [Settling(one.claimed, *_state(one.outcome), one.tried) for one in ended]
    settled = await settlement.settle(tx.conn, rows)
    mine = [(one, settled[one.claimed.id]) for one in ended if one.claimed.id in settled]
    told = [
        _outgoing(one, stands.version, event) for one, stands in mine if (event := _answer(one, stands)) is not None
    ]
    ending = (one.claimed for one, _ in mine if isinstance(one.outcome, GivenUp) and one.outcome.disable)
    gone = {(claimed.subscription, claimed.url) for claimed in ending}
    if gone:
        await settlement.disable(tx.conn, gone, tx.now)
    quiet: dict[UUID, datetime] = {}
    for one, _ in mine:
        match one.outcome:
            case Again(pause=datetime() as until) | GivenUp(pause=datetime() as until):
                subscription = one.claimed.subscription
                quiet[subscription] = max(until, quiet.get(subscription, until))
    if quiet:
        await settlement.pause(tx.conn, quiet)
    for one, stands in mine:
        if stands.superseded_by is not None:
            told += await _go_on(tx, one, stands.superseded_by)
    await publish_all(tx, told)
    return [State(settled[one.claimed.id].state) if one.claimed.id in settled else None for one in ended]


def _state(outcome: Outcome) -> tuple[str, datetime | None]:
    match outcome:
        case Delivered():
            return State.DELIVERED.value, None
        case Again(at=at):
            return State.PENDING.value, at
        case GivenUp():
            return State.FAILED.value, None
        case NotPermitted():
            return State.REFUSED.value, None


def _answer(ended: Ended, settled: Settled) -> PartnerAlerted | PartnerAlertFailed | None:
    """What selection is told of a delivery that has ended; of one that was accepted before it knows."""
    claimed = ended.claimed
    if settled.repeated:
        return None
    said = {
        "candidacy_id": claimed.candidacy,
        "request_id": claimed.event_id,
        "decision_number": claimed.decision_number,
        "notice": claimed.notice,
        "partner": claimed.partner,
        "attempts": claimed.attempt,
    }
    match State(settled.state), ended.outcome:
        case State.DELIVERED, _:
            known = {"partner_id": claimed.partner_id, "reference": claimed.reference}
            return PartnerAlerted.model_validate(said | known)
        case State.FAILED | State.REFUSED, GivenUp(reason=reason) | NotPermitted(reason=reason):
            return PartnerAlertFailed.model_validate(said | {"reason": reason})
        case State.CANCELLED, _:
            reason = "withdrawn_while_retrying" if settled.reached else "withdrawn_before_sending"
            return PartnerAlertFailed.model_validate(said | {"reason": reason})
        case _:
            return None


async def _go_on(tx: Tx, ended: Ended, waiting: UUID) -> list[Outgoing]:
    """Lets the retraction go that waited for this attempt, or ends it when there is nothing to take back."""
    retraction = await retractions.waiting(tx.conn, waiting)
    if retraction is None:
        return []
    match held_retraction(leased=retraction.leased, reached=retraction.reached):
        case Held.SEND:
            await retractions.release(tx.conn, retraction.id, tx.now)
            tx.wake(DELIVERIES)
        case Held.VOID:
            await retractions.void(tx.conn, retraction.id)
            needless = _needless(ended.claimed, retraction)
            return [_outgoing(ended, retraction.version + 1, needless)._replace(subject=retraction.id)]
    return []


def _outgoing(ended: Ended, version: int, event: PartnerAlerted | PartnerAlertFailed) -> Outgoing:
    return Outgoing(event, ended.claimed.id, version, ended.cause, ended.context)


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
