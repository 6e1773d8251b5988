"""What a partner pulls: the envelopes that it was sent, or would have been, in an order that hides no late commit."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.permission import FORBIDDEN
from services.notifications.store.sequence import given, numbering


class Place(NamedTuple):
    """Where a reader stands: behind this delivery."""

    written_in: int
    """Transaction that wrote it."""
    id: UUID


async def pull(
    conn: AsyncConnection, partner: UUID, *, after: Place, limit: int, today: date, at: datetime
) -> Sequence[sa.Row[Any]]:
    """A partner's envelopes behind a place; what is shown is noted as told, in the same transaction.

    Args:
        conn: of the caller's transaction.
        partner: whose.
        after: the place.
        limit: how many at most.
        today: that a convention must cover, Europe/Paris.
        at: UTC.

    Returns:
        Rows of `id, subscription_id, notice, body, sequence, sha256, created_at, written_in, withheld`; the body is
        None where it is withheld, and why.
    """
    given = {"partner": partner, "xid": str(after.written_in), "id": after.id, "limit": limit}
    return (await conn.execute(_PULL, given | {"today": today, "at": at})).all()


# A transaction that is known to be of another database of the server cannot hold a row of ours back. One that is not
# known any more ended a moment ago, after our snapshot: it counts as open, and what it wrote is shown the next time.
_OPEN = """
    SELECT coalesce(min(open), pg_snapshot_xmax(pg_current_snapshot())) AS first
    FROM pg_snapshot_xip(pg_current_snapshot()) AS open
    WHERE NOT EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND transactionid = CAST(open AS xid)
            AND datname <> current_database()
    )
"""

# A partner that pulls has read it: a later withdrawal is told to it as to any other. The lock lets one that is just
# being written end first: its cancelled notice drops out, or is withheld where its number would be missed.
_PULL = sa.text(
    f"""
    WITH still_open AS MATERIALIZED ({_OPEN}), seen AS (
        SELECT n.id, n.subscription_id, n.notice, n.body, n.created_at, n.written_in, n.candidacy_id, n.decision_number,
            n.state, n.sequence, n.body_sha256, p.id AS partner_id, p.convention_from, p.convention_to,
            CASE n.state WHEN 'cancelled' THEN 'withdrawn' WHEN 'refused' THEN coalesce({FORBIDDEN}, 'not_allowed')
                ELSE coalesce({FORBIDDEN}, CASE WHEN n.body = '' THEN 'expired' END) END AS withheld
        FROM subscriptions s JOIN partners p ON p.id = s.partner_id JOIN deliveries n ON n.subscription_id = s.id
        WHERE p.id = :partner
            AND (n.state IN ('pending', 'delivered', 'failed', 'refused') OR n.sequence IS NOT NULL)
            AND n.written_in < (SELECT first FROM still_open)
            AND (n.written_in, n.id) > (CAST(CAST(:xid AS text) AS xid8), :id)
        ORDER BY n.written_in, n.id LIMIT :limit FOR UPDATE OF n
    ), told_now AS (
        SELECT id, subscription_id, sequence, withheld IS NULL AS tellable FROM seen
    ), {numbering("told_now")}, read AS (
        UPDATE deliveries d SET reached = true, {given(":at")}
        FROM seen LEFT JOIN numbered USING (id)
        WHERE d.id = seen.id AND withheld IS NULL AND NOT (d.reached AND d.sequence IS NOT NULL)
        RETURNING d.id, d.body, d.sequence, d.body_sha256
    ), told AS (
        INSERT INTO disclosures (delivery_id, attempt, candidacy_id, partner_id, subscription_id, notice, reference,
            decision_number, convention_from, convention_to, certain, at)
        SELECT seen.id, 0, candidacy_id, partner_id, subscription_id, notice, reference, decision_number,
            convention_from, convention_to, true, :at
        FROM seen JOIN partner_references USING (partner_id, candidacy_id) WHERE withheld IS NULL
        ON CONFLICT DO NOTHING
    )
    SELECT seen.id, subscription_id, notice, CASE WHEN withheld IS NULL THEN coalesce(read.body, seen.body) END AS body,
        coalesce(read.sequence, seen.sequence) AS sequence,
        encode(coalesce(read.body_sha256, seen.body_sha256), 'hex') AS sha256, created_at,
        CAST(CAST(written_in AS text) AS bigint) AS written_in, withheld
    FROM seen LEFT JOIN read ON read.id = seen.id ORDER BY seen.written_in, seen.id
    """  # noqa: S608
).bindparams(
    sa.bindparam("partner", type_=sa.Uuid),
    sa.bindparam("id", type_=sa.Uuid),
    sa.bindparam("today", type_=sa.Date),
    sa.bindparam("at", type_=sa.DateTime(timezone=True)),
)
