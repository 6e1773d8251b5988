"""How a mailbox proves that whoever reads it wants to be told: by a link that works once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications import domain
from services.notifications.domain import Refusal, Refused
from services.notifications.handlers.proofs import serve
from services.notifications.store import proofs
from services.notifications.store import subscriptions as store
from shared.messaging import Tx


async def note_question(tx: Tx, subscription: UUID, url: str, digest: bytes) -> None:
    """Notes that a mailbox is being sent a link, which takes the place of an earlier one.

    Raises:
        Refused: the address has changed since, or the subscription has ended.
    """
    known = await store.lock_subscription(tx.conn, subscription)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    domain.check_open(known)
    if (await proofs.standing(tx.conn, subscription)).url != url:
        raise Refused(Refusal.ENDPOINT_CHANGED)
    await store.change(tx.conn, subscription, link_digest=digest, link_until=tx.now + domain.LINK_LASTS)


async def look_at_link(conn: AsyncConnection, digest: bytes, now: datetime) -> UUID:
    """The subscription that a link would prove now; nothing is written.

    Raises:
        Refused: the link is unknown, used or too old.
    """
    found = await store.linked(conn, digest)
    if found is None:
        raise Refused(Refusal.MAILBOX_PROOF_UNKNOWN)
    domain.check_link(found.link_until, now)
    subscription: UUID = found.id
    return subscription


async def confirm_mailbox(tx: Tx, digest: bytes) -> None:
    """Notes that whoever reads a mailbox wants to be told; the link works once.

    Raises:
        Refused: the link is unknown, used or too old, or the subscription has ended.
    """
    subscription = await look_at_link(tx.conn, digest, tx.now)
    known = await store.lock_subscription(tx.conn, subscription)
    if known is not None:
        domain.check_open(known)
    # Looked at again under the lock: of two that press the button at once, one is told that it was used.
    await look_at_link(tx.conn, digest, tx.now)
    await store.change(tx.conn, subscription, proven_at=tx.now, proof_outcome="link_followed", link_until=None)
    await serve(tx, subscription)
