"""Leases given back with what became of the deliveries, many in one statement; their endpoints' standing with them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.delivery.lease import Claimed
from services.notifications.domain.answer import ALLOWED, SLOW, UNTIMED, Timings
from shared.messaging import driver


class Try(NamedTuple):
    """One attempt as it is recorded."""

    started_at: datetime
    duration_ms: int
    outcome: str
    http_status: int | None
    reached: bool
    timings: Timings = UNTIMED
    head: str | None = None
    """The redacted beginning of an answer that was no success."""


class Settling(NamedTuple):
    """How one claim ended, as it is to be written."""

    claimed: Claimed
    state: str
    """That the outcome leads to; `pending` becomes `cancelled` when a retraction waits."""
    due: datetime | None
    """With `pending`: of the next attempt, UTC."""
    tried: Try | None
    """None when nothing was tried."""


class Settled(NamedTuple):
    """How a delivery stands after its outcome was written."""

    state: str
    version: int
    reached: bool
    superseded_by: UUID | None
    repeated: bool
    """Whether the partner had accepted it before."""


async def settle(conn: AsyncConnection, ended: Sequence[Settling]) -> dict[UUID, Settled]:
    """Writes outcomes and gives the rows back.

    Args:
        conn: of the caller's transaction.
        ended: the claims.

    Returns:
        How each delivery stands, by its id. Without those whose lease is somebody else's by now: nothing is written.
    """
    found = await driver.fetch(conn, _SETTLE, *map(list, zip(*map(_row, ended), strict=True)))
    return {row["id"]: Settled(*(row[name] for name in Settled._fields)) for row in found}


def _row(one: Settling) -> tuple[object, ...]:
    claimed, tried = one.claimed, one.tried
    ids = (claimed.id, claimed.token, claimed.partner_id, claimed.reference, claimed.attempt, claimed.failures)
    if tried is None:
        return (*ids, one.state, one.due, False, None, None, None, None, None, None, None, None)
    return (
        *ids, one.state, one.due, tried.reached, tried.started_at, tried.duration_ms, tried.outcome, tried.http_status,
        *tried.timings, tried.head,
    )  # fmt: skip


# Rows are locked in the order in which the feed locks them, endpoints in that of claims: none waits for another in a
# circle. An endpoint that accepted may have one more in flight for each; one that did not, half as many.
_SETTLE = f"""
    WITH given AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::text[],
            $8::timestamptz[], $9::bool[], $10::timestamptz[], $11::int[], $12::text[], $13::smallint[], $14::int[],
            $15::int[], $16::int[], $17::text[]) AS g (id, token, partner, reference, number, seen, state, due, reached,
            started, duration, outcome, status, dns, connect, first_byte, head)
    ), mine AS MATERIALIZED (
        SELECT d.id FROM deliveries d JOIN given g USING (id) WHERE d.lease_token = g.token
        ORDER BY d.written_in, d.id FOR UPDATE OF d
    ), settled AS (
        UPDATE deliveries d
        SET state = CASE WHEN d.superseded_by IS NOT NULL AND g.state = 'pending' THEN 'cancelled' ELSE g.state END,
            next_attempt_at = CASE WHEN d.superseded_by IS NULL THEN g.due END,
            lease_token = NULL, lease_until = NULL, reached = d.reached OR g.reached,
            body = CASE WHEN g.state = 'refused' THEN '' ELSE d.body END,
            version = d.version
                + CASE WHEN d.repeated OR d.superseded_by IS NULL AND g.state = 'pending' THEN 0 ELSE 1 END
        FROM mine JOIN given g USING (id)
        WHERE d.id = g.id AND d.lease_token = g.token
        RETURNING d.id, d.state, d.version, d.reached, d.superseded_by, d.candidacy_id, d.subscription_id, d.notice,
            d.decision_number, d.repeated
    ), noted AS (
        INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, http_status, dns_ms, connect_ms,
            first_byte_ms, head)
        SELECT id, number, started, duration, outcome, status, dns, connect, first_byte, head
        FROM settled JOIN given USING (id) WHERE outcome IS NOT NULL
    ), told AS (
        INSERT INTO disclosures (delivery_id, attempt, candidacy_id, partner_id, subscription_id, notice, reference,
            decision_number, convention_from, convention_to, certain, at)
        SELECT s.id, number, candidacy_id, partner, subscription_id, notice, g.reference, decision_number,
            convention_from, convention_to, outcome = 'accepted', started
        FROM settled s JOIN given g USING (id) JOIN partners ON partners.id = partner
        WHERE outcome IS NOT NULL AND g.reached
    ), standing AS (
        SELECT subscription_id AS id, bool_or(outcome = 'accepted') AS works,
            bool_and(outcome = 'accepted') AS flawless, count(*) AS many,
            max(seen) AS seen, max(duration) > {SLOW.total_seconds() * 1000:.0f} AS slow
        FROM settled s JOIN given USING (id) WHERE outcome IS NOT NULL GROUP BY subscription_id
    ), changing AS MATERIALIZED (
        SELECT s.id FROM subscriptions s JOIN standing USING (id)
        WHERE NOT flawless OR s.failures > 0 OR s.allowance < {ALLOWED} OR s.slow <> standing.slow
        ORDER BY s.id FOR NO KEY UPDATE OF s
    ), endpoints AS (
        UPDATE subscriptions s
        SET failures = CASE WHEN works THEN 0 ELSE greatest(s.failures, seen + 1) END,
            allowance = CASE WHEN flawless THEN least({ALLOWED}, s.allowance + many)
                ELSE greatest(1, s.allowance / 2) END,
            slow = standing.slow
        FROM standing JOIN changing USING (id) WHERE s.id = standing.id
    )
    SELECT id, state, version, reached, superseded_by, repeated FROM settled
"""  # noqa: S608


async def disable(conn: AsyncConnection, gone: Iterable[tuple[UUID, str]], at: datetime) -> None:
    """Ends subscriptions whose endpoints are gone, unless they lead elsewhere by now.

    Args:
        conn: of the caller's transaction.
        gone: subscriptions, each with the address that is gone.
        at: UTC; when each first said so stays noted.
    """
    ids, urls = zip(*gone, strict=True)
    await conn.execute(_DISABLE, {"ids": list(ids), "urls": list(urls), "at": at})


_DISABLE = sa.text(
    "UPDATE subscriptions s SET state = 'disabled', disabled_at = :at, disabled_because = 'endpoint_gone'"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:urls AS text[])) AS gone (id, url)"
    " WHERE s.id = gone.id AND s.url = gone.url AND s.state <> 'disabled'"
)


async def pause(conn: AsyncConnection, until: Mapping[UUID, datetime]) -> None:
    """Leaves endpoints alone until then; a longer pause that stands is kept, an officer's with its reason."""
    await conn.execute(_PAUSE, {"ids": list(until), "until": list(until.values())})


_PAUSE = sa.text(
    """
    UPDATE subscriptions s SET paused_until = greatest(paused_until, asked.until),
        paused_by = CASE WHEN paused_until >= asked.until THEN paused_by END,
        paused_because = CASE WHEN paused_until >= asked.until THEN paused_because END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:until AS timestamptz[])) AS asked (id, until) WHERE s.id = asked.id
    """
)
