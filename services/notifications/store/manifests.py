"""What a partner was told day by day, in figures by which it can see whether it has all of it."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Manifest


async def manifests(
    conn: AsyncConnection, partner: UUID, *, since: date, until: date, ended_before: datetime
) -> list[Manifest]:
    """One per day and subscription of a partner, the oldest first.

    A day ends with the highest number that was given before its midnight, and the next begins behind that: no number
    falls between two days though clocks of several processes differ.

    Args:
        conn: to read with.
        partner: whose.
        since: the first day, Europe/Paris.
        until: the first day after, Europe/Paris.
        ended_before: only days whose end is as long ago that no number is being given any more by an instant in them.

    Returns:
        Manifests whose digest is SHA-256 over the lines `<number> <webhook-id> <SHA-256 of the body>` in the order of
        numbers, each with a line feed at its end.
    """
    given = {"partner": partner, "since": since, "until": until, "ended_before": ended_before}
    return [Manifest(*row) for row in await conn.execute(_MANIFESTS, given)]


_MANIFESTS = sa.text(
    """
    WITH days AS (
        SELECT day::date AS day, day AT TIME ZONE 'Europe/Paris' AS begins,
            (day + interval '1 day') AT TIME ZONE 'Europe/Paris' AS ends
        FROM generate_series(CAST(:since AS timestamp), CAST(:until AS timestamp) - interval '1 day', '1 day') AS day
    ), bounds AS (
        SELECT s.id, day,
            coalesce((SELECT max(sequence) FROM deliveries WHERE subscription_id = s.id AND numbered_at < begins), 0)
                AS before,
            coalesce((SELECT max(sequence) FROM deliveries WHERE subscription_id = s.id AND numbered_at < ends), 0)
                AS last
        FROM subscriptions s CROSS JOIN days
        WHERE s.partner_id = :partner AND s.created_at < ends AND ends <= :ended_before
    )
    SELECT id AS subscription_id, day, before, last, (
        SELECT sha256(convert_to(coalesce(
            string_agg(format(E'%s %s %s\\n', sequence, d.id, encode(body_sha256, 'hex')), '' ORDER BY sequence), ''
        ), 'UTF8'))
        FROM deliveries d WHERE subscription_id = bounds.id AND sequence > before AND sequence <= last
    ) AS digest
    FROM bounds ORDER BY day, id
    """
).bindparams(
    sa.bindparam("partner", type_=sa.Uuid),
    sa.bindparam("since", type_=sa.Date),
    sa.bindparam("until", type_=sa.Date),
    sa.bindparam("ended_before", type_=sa.DateTime(timezone=True)),
)
