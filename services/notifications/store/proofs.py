"""Endpoints whose proof is due again: taken one at a time, by one worker."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.proof import ASKED_EVERY
from services.notifications.store.subscriptions import Endpoint


class Due(NamedTuple):
    """An endpoint that this worker asks."""

    endpoint: Endpoint
    until: datetime
    """The claim: whoever finds another instant in `proof_due_at` may not write the answer, UTC."""


async def claim_due(conn: AsyncConnection, now: datetime, until: datetime) -> Due | None:
    """Takes the endpoint whose proof has been due for longest; None when there is none.

    One that an officer holds, or that asked for quiet, is left alone until then. One that lapsed is asked on.
    A mailbox is never asked again: a mail that comes back says more.

    Args:
        conn: of a transaction that commits before the endpoint is asked.
        now: UTC.
        until: when somebody else may ask it if this worker never comes back, UTC.
    """
    row = (await conn.execute(_CLAIM, {"now": now, "until": until})).first()
    return None if row is None else Due(Endpoint(*row), until)


_CLAIM = sa.text(
    """
    UPDATE subscriptions SET proof_due_at = :until
    WHERE id = (
        SELECT id FROM subscriptions
        WHERE channel = 'webhook' AND (state = 'active' OR state = 'proposed' AND proof_failed_since IS NOT NULL)
            AND coalesce(proof_due_at, proven_at + CAST(:every AS interval)) <= :now
            AND (paused_until IS NULL OR paused_until <= :now)
        ORDER BY coalesce(proof_due_at, proven_at) LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, url, secret, CASE WHEN old_secret_until > :now THEN old_secret END,
        (SELECT oauth2 FROM credentials c WHERE c.subscription_id = subscriptions.id),
        (SELECT certificate FROM credentials c WHERE c.subscription_id = subscriptions.id)
    """
).bindparams(
    sa.bindparam("every", ASKED_EVERY),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    sa.bindparam("until", type_=sa.DateTime(timezone=True)),
)


class Standing(NamedTuple):
    """What decides about an answer."""

    url: str
    due_at: datetime | None
    failed_since: datetime | None


async def standing(conn: AsyncConnection, subscription: UUID) -> Standing:
    """Of a subscription that is locked."""
    return Standing(*(await conn.execute(_STANDING, {"id": subscription})).one())


_STANDING = sa.text("SELECT url, proof_due_at, proof_failed_since FROM subscriptions WHERE id = :id")
