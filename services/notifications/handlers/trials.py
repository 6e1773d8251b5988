"""Examples that somebody has sent to an endpoint, to see whether it understands them."""

from typing import NamedTuple
from uuid import UUID

from services.notifications import domain
from services.notifications.domain import Notice, Refusal, Refused
from services.notifications.handlers.wording import worded
from services.notifications.store import subscriptions as store
from services.notifications.store.subscriptions import Endpoint
from shared.contracts.notices import check
from shared.messaging import Tx


class Example(NamedTuple):
    """What is to be sent where."""

    endpoint: Endpoint
    body: bytes


async def take_turn(tx: Tx, subscription: UUID, notice: Notice, of: UUID | None = None) -> Example:
    """Notes that an example goes to an endpoint now, so that no other does for a while; nothing else is kept of it.

    Args:
        tx: a transaction that is committed before anything is sent.
        subscription: where to.
        notice: of which type; it comes in the version of the subscription.
        of: the partner that asks for it itself; None for an officer.

    Raises:
        Refused: there is none, it is a mailbox, it has ended, it was never proved, or the last example is too recent.
    """
    known = await store.lock_subscription(tx.conn, subscription, of)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    domain.check_open(known)
    shown = await store.subscription(tx.conn, subscription)
    if domain.is_mailto(shown.url):
        raise Refused(Refusal.NOT_FOR_MAILBOXES)
    domain.check_example(known, shown.tested_at, tx.now)
    await store.change(tx.conn, subscription, tested_at=tx.now)
    body = domain.example(worded(notice, tx.now)[shown.notice_version])
    check(notice.value, shown.notice_version, body)
    endpoint = await store.endpoint(tx.conn, subscription, tx.now)
    assert endpoint is not None
    return Example(endpoint, body.encode())
