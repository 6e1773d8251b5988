"""Subscriptions: asked for, proved by the endpoint, approved by a second officer, held, and their secrets."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.notifications import domain
from services.notifications.domain import Refusal, Refused, Subscription, SubscriptionState, forbidden_url
from services.notifications.domain.credentials import same_origin
from services.notifications.handlers.alerts import DELIVERIES
from services.notifications.handlers.proofs import serve
from services.notifications.store import credentials, scopes
from services.notifications.store import subscriptions as store
from services.notifications.store.subscriptions import Manners, NewSubscription
from shared.messaging import Tx

Seal = Callable[[bytes, UUID], bytes]
"""Encrypts a signing secret for the subscription that owns it."""


async def subscribe(
    tx: Tx, new: NewSubscription, *, secret: bytes, seal: Seal, allow_loopback: bool, mail: bool, by: str
) -> UUID:
    """Stores where a partner wants to listen; nothing goes there before it is proved and approved.

    Args:
        tx: the request's transaction.
        new: the subscription.
        secret: that its deliveries are signed with; stored encrypted only.
        seal: encrypts it.
        allow_loopback: whether an endpoint on this machine is good.
        mail: whether this site sends e-mail.
        by: the subject of who subscribes.

    Returns:
        the subscription's id.

    Raises:
        Refused: the address is one that we never call, the version is unknown, the partner does not exist, or nothing
            could ever be told.
    """
    domain.check_version(new.notice_version)
    _check_url(new.url, allow_loopback=allow_loopback, mail=mail)
    convention_to = await scopes.convention_ends(tx.conn, new.partner_id)
    if convention_to is None:
        raise Refused(Refusal.PARTNER_UNKNOWN)
    domain.check_matches(new.event_types, convention_to, domain.day_in_france(tx.now))
    subscription = uuid7()
    sealed = seal(secret, subscription)
    await store.add_subscription(tx.conn, subscription, new, sealed=sealed, by=by, now=tx.now)
    await scopes.note_change(tx.conn, subscription, "proposed", by, tx.now, new.url, *new.event_types)
    return subscription


async def approve(tx: Tx, subscription: UUID, by: str) -> UUID:
    """Approves an address that somebody else asked for.

    Raises:
        Refused: the subscription has ended, or whoever approves has asked for it.
    """
    domain.check_approval(await _lock(tx, subscription), by)
    await store.change(tx.conn, subscription, approved_by=by, approved_at=tx.now)
    await scopes.note_change(tx.conn, subscription, "endpoint_approved", by, tx.now)
    await serve(tx, subscription)
    return subscription


async def change_endpoint(tx: Tx, subscription: UUID, url: str, *, allow_loopback: bool, mail: bool, by: str) -> UUID:
    """Another address: what is due is held until it has been proved and approved like the first.

    On another server it is shown none of the credentials of the one before: a proof would hand it a token.

    Raises:
        Refused: the address is one that we never call, or the subscription has ended.
    """
    _check_url(url, allow_loopback=allow_loopback, mail=mail)
    domain.check_open(await _lock(tx, subscription))
    before = await store.endpoint(tx.conn, subscription, tx.now)
    if before is not None and (before.oauth2 or before.certificate) and not same_origin(before.url, url):
        await credentials.put(tx.conn, subscription, by, tx.now, **credentials.NONE)
        await scopes.note_change(tx.conn, subscription, "credentials_removed", by, tx.now, url)
    anew = {"proposed_by": by, "approved_by": None, "approved_at": None}
    anew |= dict.fromkeys(
        ("proven_at", "proof_due_at", "proof_failed_since", "proof_outcome", "link_digest", "link_until")
    )
    await store.change(tx.conn, subscription, url=url, state=SubscriptionState.PROPOSED.value, **anew)
    await scopes.note_change(tx.conn, subscription, "endpoint_changed", by, tx.now, url)
    return subscription


async def pause(tx: Tx, subscription: UUID, until: datetime, reason: str, by: str) -> UUID:
    """Has deliveries held until then, an end that comes by itself.

    Raises:
        Refused: the subscription has ended, or the hold is too long.
    """
    domain.check_open(await _lock(tx, subscription))
    domain.check_hold(until, tx.now)
    held = {"paused_by": by, "paused_because": reason, "paused_until": until, "served_since": until}
    await store.change(tx.conn, subscription, **held)
    return subscription


async def resume(tx: Tx, subscription: UUID) -> UUID:
    """Has what was held go on now.

    Raises:
        Refused: the subscription has ended.
    """
    domain.check_open(await _lock(tx, subscription))
    free = {"paused_by": None, "paused_because": None, "paused_until": None, "served_since": tx.now}
    await store.change(tx.conn, subscription, **free)
    tx.wake(DELIVERIES)
    return subscription


async def rotate_secret(
    tx: Tx, subscription: UUID, *, secret: bytes, seal: Seal, forced: bool, by: str, of: UUID | None = None
) -> UUID:
    """A new signing secret; the old one signs beside it for a day, or not any more when it was `forced`.

    Args:
        tx: the request's transaction.
        subscription: whose.
        secret: the new one.
        seal: encrypts it.
        forced: whether the old one ends at once.
        by: subject of who asks.
        of: the partner that asks for it itself; None for an officer.

    Raises:
        Refused: the subscription has ended.
    """
    domain.check_open(await _lock(tx, subscription, of))
    until = None if forced else tx.now + domain.OVERLAP
    await store.keep_old_secret(tx.conn, subscription, seal(secret, subscription), until)
    await scopes.note_change(tx.conn, subscription, "secret_changed", by, tx.now, *(["forced"] if forced else []))
    return subscription


async def change_manners(tx: Tx, subscription: UUID, manners: Manners) -> UUID:
    """How fast, in which order and how patiently it is served from now on.

    Raises:
        Refused: the subscription has ended.
    """
    domain.check_open(await _lock(tx, subscription))
    await store.change(tx.conn, subscription, **asdict(manners))
    tx.wake(DELIVERIES)
    return subscription


async def _lock(tx: Tx, subscription: UUID, of: UUID | None = None) -> Subscription:
    known = await store.lock_subscription(tx.conn, subscription, of)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    return known


def _check_url(url: str, *, allow_loopback: bool, mail: bool) -> None:
    if domain.is_mailto(url):
        if domain.mailbox(url) is None:
            raise Refused(Refusal.ENDPOINT_NOT_ALLOWED)
        if not mail:
            raise Refused(Refusal.CHANNEL_NOT_OFFERED)
    elif forbidden_url(url, allow_loopback=allow_loopback) is not None:
        raise Refused(Refusal.ENDPOINT_NOT_ALLOWED)
