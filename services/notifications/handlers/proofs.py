"""What an endpoint said when it was asked whether it wants to be told."""

from uuid import UUID

from services.notifications import domain
from services.notifications.domain import Refusal, Refused, SubscriptionState
from services.notifications.domain.proof import ASKED_AGAIN, ASKED_EVERY, lapses
from services.notifications.handlers.alerts import DELIVERIES
from services.notifications.store import proofs
from services.notifications.store import subscriptions as store
from services.notifications.store.proofs import Due
from shared.messaging import Tx

GONE = "answered_410"
"""The outcome that ends a subscription, as it does at a delivery."""


async def note_proof(tx: Tx, subscription: UUID, url: str, rate_per_minute: int | None, outcome: str) -> UUID:
    """Notes that the endpoint at this address wants to be told, and how fast at most if it says so.

    Raises:
        Refused: the address has changed since, or the subscription has ended.
    """
    known = await store.lock_subscription(tx.conn, subscription)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    domain.check_open(known)
    if (await proofs.standing(tx.conn, subscription)).url != url:
        raise Refused(Refusal.ENDPOINT_CHANGED)
    said = {"proven_at": tx.now, "proof_due_at": tx.now + ASKED_EVERY, "proof_failed_since": None}
    rate = {"rate_per_minute": rate_per_minute} if rate_per_minute else {}
    await store.change(tx.conn, subscription, **said, **rate, proof_outcome=outcome)
    await serve(tx, subscription)
    return subscription


async def note_answer(tx: Tx, due: Due, rate_per_minute: int | None, outcome: str, *, proven: bool) -> bool:
    """Notes what an endpoint said when its proof was due again.

    A no is borne for seven days; then what is due is held. One that is gone ends the subscription.

    Returns:
        False if something else happened meanwhile, such as a new address: nothing is written then.
    """
    subscription = due.endpoint.subscription
    known = await store.lock_subscription(tx.conn, subscription)
    standing = await proofs.standing(tx.conn, subscription)
    if known is None or known.state is SubscriptionState.DISABLED:
        return False
    if (standing.url, standing.due_at) != (due.endpoint.url, due.until):
        return False
    if proven:
        await note_proof(tx, subscription, due.endpoint.url, rate_per_minute, outcome)
        return True
    since = standing.failed_since or tx.now
    failed = {"proof_due_at": tx.now + ASKED_AGAIN, "proof_failed_since": since, "proof_outcome": outcome}
    if outcome == GONE:
        ended = {"state": SubscriptionState.DISABLED.value, "disabled_at": tx.now, "disabled_because": "endpoint_gone"}
        await store.change(tx.conn, subscription, **failed, **ended)
        tx.wake(DELIVERIES)
    elif lapses(since, tx.now):
        await store.change(tx.conn, subscription, **failed, state=SubscriptionState.PROPOSED.value, proven_at=None)
    else:
        await store.change(tx.conn, subscription, **failed)
    return True


async def serve(tx: Tx, subscription: UUID) -> None:
    """Has a subscription served to which nothing is missing any more."""
    known = await store.lock_subscription(tx.conn, subscription)
    if known is not None and known.state is SubscriptionState.PROPOSED and known.served:
        await store.serve(tx.conn, subscription, tx.now)
        tx.wake(DELIVERIES)
