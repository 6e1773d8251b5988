"""Telling partners of an approval, and taking it back."""

from collections.abc import Iterable
from uuid import UUID

from services.notifications.domain import (
    Notice,
    day_in_france,
    newly_allowed,
    undo,
)
from services.notifications.handlers.wording import worded
from services.notifications.store import alerts, approvals, lane
from services.notifications.store.alerts import Cause, Known
from shared.contracts.notifications import AlertsPlanned, PartnerAlertFailed
from shared.contracts.selection import (
    CandidacyApproved,
    CandidacyLapsed,
    CandidacyRefused,
    CandidacyRevoked,
    CandidacyWithdrawn,
    PartnerConsentChanged,
)
from shared.messaging import Meta, Poison, Tx, publish
from shared.messaging.envelope import encode, stored
from shared.messaging.tracing import stamp

DELIVERIES = "deliveries"
"""Woken when there is something to send to partners."""

Undone = CandidacyWithdrawn | CandidacyRefused | CandidacyRevoked | CandidacyLapsed
"""Why a candidacy is no more so; partners never learn which."""


async def alert_partners(tx: Tx, event: CandidacyApproved, meta: Meta) -> None:
    """Plans one delivery per subscription of the categories that the signed act names."""
    cause = _cause(tx, event.type, meta, event.decision_number, Notice.APPROVED)
    await approvals.remember(tx.conn, meta.subject, event.decision_number, event.partner_categories)
    planned = await alerts.plan(tx.conn, cause, event.partner_categories, day_in_france(tx.now))
    await _reply(tx, cause, meta, planned)


async def retract_alerts(tx: Tx, event: Undone, meta: Meta) -> None:
    """Stops what has not been told, and tells exactly those who were told, or may have been, that it is no longer so.

    What they subscribe to by now does not matter: who got the one gets the other.
    """
    cause = _cause(tx, event.type, meta, event.decision_number, Notice.WITHDRAWN)
    await approvals.forget(tx.conn, meta.subject)
    told = await _take_back(tx, cause, meta, await _standing(tx, meta.subject), "withdrawn")
    await _reply(tx, cause, meta, told)


async def obey_consent(tx: Tx, event: PartnerConsentChanged, meta: Meta) -> None:
    """Takes back what partners were told of whose category the person does not allow any more.

    A category that is allowed again is told only if the signed act that stands lists it.
    """
    order = await approvals.lock(tx.conn, meta.subject)
    number = order.decision_number if order is not None else None
    cause = _cause(tx, event.type, meta, number, Notice.WITHDRAWN)
    standing = await _standing(tx, meta.subject)
    refused = [known for known in standing if known.category not in event.partner_categories]
    told = await _take_back(tx, cause, meta, refused, "consent_withdrawn")
    if order is not None:
        again = newly_allowed(order.ordered, order.allowed, event.partner_categories)
        await approvals.allow(tx.conn, meta.subject, event.partner_categories)
        approval = _cause(tx, event.type, meta, number, Notice.APPROVED)
        told += await alerts.plan(tx.conn, approval, again, day_in_france(tx.now))
    await _reply(tx, cause, meta, told)


async def _standing(tx: Tx, candidacy: UUID) -> list[Known]:
    """The alerts that stand, locked. What a replay made due, and nobody is sending, is again what it was before."""
    standing = await alerts.lock_standing(tx.conn, candidacy)
    replayed = [known.alert.id for known in standing if known.replayed]
    if replayed:
        await lane.give_back(tx.conn, replayed)
        standing = await alerts.lock_standing(tx.conn, candidacy)
    return standing


def _cause(tx: Tx, event_type: str, meta: Meta, decision: str | None, notice: Notice) -> Cause:
    """What the deliveries carry of the event: with its envelope and trace, their outcomes join its story."""
    headers = encode(meta, event_type, tx.now)
    stamp(headers)
    return Cause(
        candidacy=meta.subject,
        event_id=meta.id,
        decision_number=decision,
        notice=notice,
        templates=worded(notice, meta.time),
        now=tx.now,
        **stored(headers),
    )


async def _take_back(tx: Tx, cause: Cause, meta: Meta, alerts_: Iterable[Known], why: str) -> int:
    """Stops alerts or has them retracted; how many retractions that takes.

    Args:
        cause: that undoes them.
        alerts_: that stand, locked.
        why: first part of the reason that those which are not sent (again) are given.
    """
    standing = {known.alert.id: known for known in alerts_}
    undoing = undo(known.alert for known in standing.values())
    # Of what was accepted before and was only being sent again, the outcome is known: nothing is added to it.
    ended = [one for one in (*undoing.unsent, *undoing.stopped) if not standing[one].repeated]
    repeated = [one for one in undoing.stopped if standing[one].repeated]
    if ended or repeated or undoing.closed:
        await alerts.cancel(tx.conn, ended, (*undoing.closed, *repeated))
    if undoing.retractions:
        known_by = {known.alert.subscription: known for known in standing.values()}
        await alerts.retract(tx.conn, cause, undoing.retractions, known_by)
    for delivery in undoing.unsent:
        await _void(tx, meta, standing[delivery], f"{why}_before_sending")
    for delivery in undoing.stopped:
        if not standing[delivery].repeated:
            await _void(tx, meta, standing[delivery], f"{why}_while_retrying")
    return len(undoing.retractions)


async def _reply(tx: Tx, cause: Cause, meta: Meta, count: int) -> None:
    """The one reply that every event of a candidacy gets."""
    try:
        subject = UUID(meta.id)
    except ValueError:
        raise Poison("event-id-no-uuid") from None
    reply = AlertsPlanned(
        candidacy_id=meta.subject, request_id=meta.id, decision_number=cause.decision_number, count=count
    )
    await publish(tx, reply, subject=subject, version=1, site=meta.site)
    if count:
        tx.wake(DELIVERIES)


async def _void(tx: Tx, meta: Meta, known: Known, reason: str) -> None:
    """Says that a delivery will not be sent (again). It answers the event that had ordered it."""
    failed = PartnerAlertFailed(
        candidacy_id=meta.subject,
        request_id=known.event_id,
        decision_number=known.decision_number,
        notice=known.notice,
        partner=known.partner,
        attempts=known.attempts,
        reason=reason,
    )
    await publish(tx, failed, subject=known.alert.id, version=known.version + 1, site=meta.site)
