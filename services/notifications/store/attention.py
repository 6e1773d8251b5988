"""What waits for a person, by queries alone: for the list, and for whoever sends it about."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import ENDING, OPENS_AFTER, OVERDUE, Matter, day_in_france
from services.notifications.domain.proof import BORNE


class Concern(NamedTuple):
    """One matter of one endpoint, or of a partner as a whole. Nothing in it says whom deliveries are about."""

    kind: Matter
    partner_id: UUID
    partner: str
    """Name of the organisation."""
    subscription_id: UUID | None
    """None where it is about the partner."""
    since: datetime | None
    """UTC; None where that is not known."""
    until: datetime | None
    """When it ends by itself, or when the endpoint is asked again, UTC."""
    deliveries: int
    """How many it keeps back, or are lost."""
    because: str | None
    """Stable code, where there is one."""


async def attention(conn: AsyncConnection, now: datetime) -> list[Concern]:
    """All that waits for a person: some rows per endpoint at most, the most urgent kind first and of each the oldest.

    Args:
        conn: open for reading.
        now: UTC.
    """
    given = {
        **{"now": now, "overdue": now - OVERDUE, "ending": day_in_france(now + ENDING)},
        **{"opens_after": OPENS_AFTER, "borne": BORNE, "kinds": [one.value for one in Matter]},
    }
    rows = (await conn.execute(_ATTENTION, given)).all()
    return [Concern(Matter(row.kind), *row[1:]) for row in rows]


# `due` of a delivery that is being sent is the end of its lease: it is not late before that.
_ATTENTION = sa.text(
    """
    WITH open AS (
        SELECT subscription_id, count(*) AS n, min(created_at) AS since, min(next_attempt_at) AS due,
            count(*) FILTER (WHERE next_attempt_at <= :overdue) AS late
        FROM deliveries WHERE state = 'pending' GROUP BY subscription_id
    ), lost AS (
        SELECT subscription_id, count(*) AS n, min(created_at) AS since
        FROM deliveries WHERE state = 'failed' AND set_aside_at IS NULL AND superseded_by IS NULL
        GROUP BY subscription_id
    ), known AS (
        SELECT s.*, p.name, coalesce(open.n, 0) AS pending, open.since AS pending_since, open.due, open.late,
            lost.n AS lost, lost.since AS lost_since
        FROM subscriptions s JOIN partners p ON p.id = s.partner_id
            LEFT JOIN open ON open.subscription_id = s.id LEFT JOIN lost ON lost.subscription_id = s.id
    ), found (kind, partner_id, partner, subscription_id, since, until, deliveries, because) AS (
        SELECT 'delivery_overdue', partner_id, name, id, due, CAST(NULL AS timestamptz), late, CAST(NULL AS text)
        FROM known
        WHERE late > 0 AND state = 'active' AND failures < :opens_after AND coalesce(paused_until, :now) <= :now
    UNION ALL
        SELECT 'subscription_disabled', partner_id, name, id, disabled_at, NULL, pending + coalesce(lost, 0),
            disabled_because
        FROM known k
        WHERE state = 'disabled' AND NOT EXISTS (
            SELECT FROM subscriptions newer
            WHERE newer.partner_id = k.partner_id AND newer.state = 'active' AND newer.created_at > k.created_at
        )
    UNION ALL
        SELECT 'endpoint_failing', partner_id, name, id, pending_since, paused_until, pending, NULL
        FROM known WHERE state = 'active' AND failures >= :opens_after
    UNION ALL
        SELECT 'deliveries_failed', partner_id, name, id, lost_since, NULL, lost, NULL FROM known WHERE lost > 0
    UNION ALL
        SELECT 'convention_ending', p.id, p.name, NULL, NULL,
            CAST(p.convention_to AS timestamp) AT TIME ZONE 'Europe/Paris', sum(known.pending), NULL
        FROM partners p JOIN known ON known.partner_id = p.id
        WHERE p.convention_to <= :ending GROUP BY p.id HAVING sum(known.pending) > 0
    UNION ALL
        SELECT 'proof_missing', partner_id, name, id, coalesce(proof_failed_since, created_at),
            CASE WHEN state = 'active' THEN proof_failed_since + CAST(:borne AS interval) END, pending, proof_outcome
        FROM known WHERE state = 'proposed' AND proven_at IS NULL OR state = 'active' AND proof_failed_since IS NOT NULL
    UNION ALL
        SELECT 'approval_missing', partner_id, name, id, created_at, NULL, pending, NULL
        FROM known WHERE state = 'proposed' AND approved_at IS NULL
    UNION ALL
        SELECT 'hold', partner_id, name, id, NULL, paused_until, pending, paused_because
        FROM known WHERE state <> 'disabled' AND paused_by IS NOT NULL AND paused_until > :now
    )
    SELECT kind, partner_id, partner, subscription_id, since, until, CAST(deliveries AS bigint), because FROM found
    ORDER BY array_position(CAST(:kinds AS text[]), kind), since, until, subscription_id
    """
).bindparams(
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    sa.bindparam("overdue", type_=sa.DateTime(timezone=True)),
    sa.bindparam("ending", type_=sa.Date),
    sa.bindparam("opens_after", type_=sa.Integer),
    sa.bindparam("borne", type_=sa.Interval),
)
