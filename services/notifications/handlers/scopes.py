"""What a subscription is told is changed: less at once, more once a second officer agrees."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.notifications import domain
from services.notifications.domain import Refusal, Refused, Scope, day_in_france
from services.notifications.store import scopes
from services.notifications.store import subscriptions as store
from shared.messaging import Tx


async def change_scope(tx: Tx, subscription: UUID, types: Collection[str], by: str) -> UUID:
    """Other types of notices: at once if nothing is added, else what was served goes on until a second officer agrees.

    Whatever waited is replaced: the last word counts. What was planned before stays planned.

    Raises:
        Refused: nothing could ever be told, nothing would change, or the subscription has ended.
    """
    scope, convention_to = await _open_scope(tx, subscription)
    domain.check_matches(types, convention_to, day_in_france(tx.now))
    wanted = sorted(types)
    asked = {"scope_asked_by": by, "scope_asked_at": tx.now, "scope_approved_by": None, "scope_approved_at": None}
    if domain.widens(scope, types):
        await store.change(tx.conn, subscription, wider_event_types=wanted, **asked)
        await scopes.note_change(tx.conn, subscription, "scope_asked", by, tx.now, *wanted)
    else:
        await store.change(tx.conn, subscription, event_types=wanted, wider_event_types=None, **asked)
        await scopes.note_change(tx.conn, subscription, "scope_narrowed", by, tx.now, *wanted)
    return subscription


async def approve_scope(tx: Tx, subscription: UUID, types: Collection[str], by: str) -> UUID:
    """Has a wider scope served from now on.

    Args:
        tx: the request's transaction.
        subscription: that is to be told more.
        types: that the officer agrees to: what was asked for meanwhile is not approved unseen.
        by: subject of the second officer.

    Raises:
        Refused: nothing or something else waits, the same officer asked for it, or the subscription has ended.
    """
    scope, _ = await _open_scope(tx, subscription)
    domain.check_scope_approval(scope, types, by)
    wanted = sorted(types)
    approved = {"scope_approved_by": by, "scope_approved_at": tx.now}
    await store.change(tx.conn, subscription, event_types=wanted, wider_event_types=None, **approved)
    await scopes.note_change(tx.conn, subscription, "scope_approved", by, tx.now, *wanted)
    return subscription


async def withdraw_scope(tx: Tx, subscription: UUID, by: str) -> UUID:
    """Takes back a wider scope that was asked for.

    Raises:
        Refused: nothing waits, somebody else asked for it, or the subscription has ended.
    """
    scope, _ = await _open_scope(tx, subscription)
    domain.check_scope_withdrawal(scope, by)
    await store.change(tx.conn, subscription, wider_event_types=None, scope_asked_by=None, scope_asked_at=None)
    await scopes.note_change(tx.conn, subscription, "scope_withdrawn", by, tx.now)
    return subscription


async def _open_scope(tx: Tx, subscription: UUID) -> tuple[Scope, date]:
    known = await store.lock_subscription(tx.conn, subscription)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    domain.check_open(known)
    return await scopes.scope(tx.conn, subscription)
