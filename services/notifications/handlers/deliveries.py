"""Deliveries that a person has sent again."""

from typing import NamedTuple
from uuid import UUID

from services.notifications.domain import Refusal, Refused, Resend, State, refuse_resend, refuse_retry
from services.notifications.handlers.alerts import DELIVERIES
from services.notifications.store import deliveries as store
from services.notifications.store.pages import Row
from shared.messaging import Tx


class Who(NamedTuple):
    """Who has something sent again."""

    subject: str
    """Of the token."""
    function: str
    """Of the officer, or `partner`."""
    partner: UUID | None = None
    """Where a partner does it itself: nothing of another's is there for it."""


async def retry_delivery(tx: Tx, delivery: UUID, who: Who) -> UUID:
    """Makes a delivery that was given up due at once: for one attempt, or the rest of its schedule.

    Raises:
        Refused: there is none, it has not failed, it is no longer true, it is too old, or its endpoint is gone.
    """
    found = await _lock(tx, delivery, who)
    _obey(refuse_retry(State(found.state), withdrawn=found.withdrawn, expired=found.expired, gone=found.gone))
    return await _send_again(tx, delivery, who, Resend.GIVEN_UP)


async def resend_delivery(tx: Tx, delivery: UUID, who: Who, reason: Resend) -> UUID:
    """Makes a delivery due again that was given up or accepted: the same body under the same `webhook-id`.

    Whether it may be told is asked again at the attempt. What becomes of one that was accepted before is published no
    more: the partner was told, whatever happens now.

    Raises:
        Refused: there is none, it has not ended with either, it is no longer true or too old, or its endpoint is gone.
    """
    found = await _lock(tx, delivery, who)
    _obey(refuse_resend(State(found.state), withdrawn=found.withdrawn, expired=found.expired, gone=found.gone))
    return await _send_again(tx, delivery, who, reason)


async def set_aside(tx: Tx, delivery: UUID, by: str) -> UUID:
    """Notes that somebody has looked at a delivery that was given up, and lets it be. It can still be sent again.

    Raises:
        Refused: there is none, or it has not failed.
    """
    found = await store.lock_delivery(tx.conn, delivery)
    if found is None:
        raise Refused(Refusal.DELIVERY_UNKNOWN)
    if State(found.state) is not State.FAILED:
        raise Refused(Refusal.DELIVERY_NOT_FAILED)
    await store.set_aside(tx.conn, delivery, by, tx.now)
    return delivery


async def _lock(tx: Tx, delivery: UUID, who: Who) -> Row:
    found = await store.lock_delivery(tx.conn, delivery, who.partner)
    if found is None:
        raise Refused(Refusal.DELIVERY_UNKNOWN)
    return found


def _obey(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)


async def _send_again(tx: Tx, delivery: UUID, who: Who, reason: Resend) -> UUID:
    await store.make_due(tx.conn, delivery, tx.now)
    await store.note_resend(tx.conn, delivery, by=who.subject, function=who.function, reason=reason, at=tx.now)
    tx.wake(DELIVERIES)
    return delivery
