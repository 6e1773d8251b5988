"""The memory of writes already done: one row per principal, route and Idempotency-Key, in the write's transaction."""

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging import driver
from shared.messaging.tables import idempotency
from shared.messaging.verdicts import sqlstate
from shared.problems import IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS

_LOCK_NOT_AVAILABLE = "55P03"


class Claim(NamedTuple):
    """What identifies a write, and what it asked for."""

    principal: str
    route: str
    """Method and the route's template."""
    key: str
    fingerprint: bytes


class Done(NamedTuple):
    """How the same write ended before."""

    status: int
    resource_id: UUID


def fingerprint(secret: bytes, *parts: bytes) -> bytes:
    """A keyed digest of a request: method, path, query and body.

    Args:
        secret: without it, short bodies could be guessed from the stored digest.
        parts: taken with their lengths, so that no byte can move from one to the next.
    """
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


async def begin(conn: AsyncConnection, claim: Claim, status: int, now: datetime) -> Done | None:
    """Claims the key for this transaction, before anything else in it.

    Waits up to 2 s for another transaction that holds it.

    Args:
        conn: the write's transaction.
        claim: what is asked.
        status: that the answer will have; the row only stays if it does.
        now: instant of the transaction.

    Returns:
        None if the write is to be done now; how it ended if it was done before.

    Raises:
        Problem: `request-in-progress` or `idempotency-key-reused`.
    """
    try:
        ours = await driver.fetch(conn, _BEGIN, *claim, status, now)
    except DBAPIError as error:
        if sqlstate(error) == _LOCK_NOT_AVAILABLE:
            raise REQUEST_IN_PROGRESS.problem(headers={"Retry-After": "1"}) from None
        raise
    if ours:
        return None
    earlier = (
        await conn.execute(_EARLIER, {"principal": claim.principal, "route": claim.route, "key": claim.key})
    ).first()
    if earlier is None:
        raise REQUEST_IN_PROGRESS.problem(headers={"Retry-After": "1"})
    if not hmac.compare_digest(earlier.fingerprint, claim.fingerprint):
        raise IDEMPOTENCY_KEY_REUSED.problem()
    return Done(earlier.status, earlier.resource_id)


async def complete(conn: AsyncConnection, claim: Claim, resource_id: UUID) -> None:
    """Notes what the write made or changed; last in its transaction."""
    await driver.fetch(conn, _COMPLETE, claim.principal, claim.route, claim.key, resource_id)


# One statement instead of three: the short lock timeout holds for the wait on the key alone, and the usual one is back
# for the command (PostgreSQL computes a row's RETURNING after the row is in).
_BEGIN = """
    WITH patience AS MATERIALIZED (
        SELECT current_setting('lock_timeout') AS usual, set_config('lock_timeout', '2s', true) AS short
    )
    INSERT INTO messaging.idempotency (principal, route, key, fingerprint, status, created_at)
    SELECT $1::text, $2::text, $3::text, $4::bytea, $5::smallint, $6::timestamptz
    FROM patience
    ON CONFLICT DO NOTHING
    RETURNING (SELECT set_config('lock_timeout', usual, true) FROM patience)
"""
_EARLIER = sa.select(idempotency.c.fingerprint, idempotency.c.status, idempotency.c.resource_id).where(
    idempotency.c.principal == sa.bindparam("principal"),
    idempotency.c.route == sa.bindparam("route"),
    idempotency.c.key == sa.bindparam("key"),
)
_COMPLETE = "UPDATE messaging.idempotency SET resource_id = $4 WHERE principal = $1 AND route = $2 AND key = $3"
