"""The statements about partners' contacts: whom to write to, what keeps notices from the partner, what it was told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import FAILING, OPENS_AFTER, REMINDED, Matter, Told, Trouble, day_in_france
from services.notifications.store.order import OVERTAKEN
from services.notifications.store.permission import FORBIDDEN
from services.notifications.tables import partner_told, partners, subscriptions

_AT = sa.DateTime(timezone=True)


async def lock_partner(conn: AsyncConnection, partner: UUID) -> sa.Row[tuple[str | None]] | None:
    """The `contact` of a partner, locked until the transaction ends; None when there is no such partner."""
    query = sa.select(partners.c.contact).where(partners.c.id == partner).with_for_update(key_share=True)
    return (await conn.execute(query)).first()


async def set_contact(conn: AsyncConnection, partner: UUID, contact: str | None, by: str, at: datetime) -> None:
    """Writes the contact of a partner that is locked."""
    changed = {"contact": contact, "contact_by": by, "contact_at": at}
    await conn.execute(sa.update(partners).where(partners.c.id == partner).values(changed))


async def with_contact(conn: AsyncConnection) -> Sequence[UUID]:
    """The partners that have one."""
    return (await conn.scalars(sa.select(partners.c.id).where(partners.c.contact.is_not(None)))).all()


async def take_contact(conn: AsyncConnection, partner: UUID) -> str | None:
    """Whom of the partner to write to, locked so that no other run writes too; None: nobody now.

    A mailbox that ended its own subscription, as it does not exist any more or called our mails abuse, is nobody to
    write to until it has proved itself anew.
    """
    found: str | None = await conn.scalar(_TAKE, {"partner": partner})
    return found


_TAKE = sa.text(
    """
    SELECT contact FROM partners p
    WHERE id = :partner AND (
        SELECT count(*) FILTER (WHERE state = 'disabled') = 0 OR count(*) FILTER (WHERE state = 'active') > 0
        FROM subscriptions s WHERE s.partner_id = p.id AND lower(s.url) = lower('mailto:' || p.contact)
    )
    FOR NO KEY UPDATE OF p SKIP LOCKED
    """
).bindparams(sa.bindparam("partner", type_=sa.Uuid))


async def troubles(conn: AsyncConnection, partner: UUID, now: datetime) -> list[Trouble]:
    """What keeps notices from a partner, by address.

    Args:
        conn: open for reading.
        partner: whose addresses, and no other's.
        now: UTC.
    """
    given = {
        **{"partner": partner, "now": now, "today": day_in_france(now), "opens_after": OPENS_AFTER},
        **{"failing": now - FAILING, "reminded": now - REMINDED, "kinds": [one.value for one in Matter]},
    }
    return [Trouble(row.id, Matter(row.matter), *row[2:]) for row in (await conn.execute(_TROUBLES, given)).all()]


# Of what was given up it counts what the partner lacks and may still have. An end is told of a week long, and for as
# long as the partner is served nowhere. When an endpoint began to fail is in its attempts alone: since it last worked,
# or was given another address, or was held. Of a mailbox those count that speak of it, and not of our own relay.
_TROUBLES = sa.text(
    f"""
    WITH known AS (
        SELECT s.*, held.n AS held, lost.n AS lost, lost.since AS lost_since,
            daterange(p.convention_from, p.convention_to) @> CAST(:today AS date) AS covered
        FROM partners p JOIN subscriptions s ON s.partner_id = p.id CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM deliveries
            WHERE subscription_id = s.id AND state = 'pending' AND replay_id IS NULL
        ) held CROSS JOIN LATERAL (
            SELECT count(*) AS n, min(n.created_at) AS since FROM deliveries n
            WHERE n.subscription_id = s.id AND n.state = 'failed' AND n.set_aside_at IS NULL AND n.body <> ''
                AND {FORBIDDEN} IS NULL AND NOT {OVERTAKEN}
                AND NOT EXISTS (SELECT FROM disclosures WHERE delivery_id = n.id AND attempt = 0)
        ) lost
        WHERE p.id = :partner
    ), failing AS (
        SELECT id, (
            SELECT min(a.started_at) FROM deliveries d JOIN attempts a ON a.delivery_id = d.id
            WHERE d.subscription_id = known.id AND a.started_at >= served_since AND CASE channel
                WHEN 'email' THEN a.outcome IN ('mail_refused', 'mail_deferred')
                ELSE a.outcome NOT IN ('accepted', 'lost') END
            AND a.started_at > coalesce((
                SELECT max(a.started_at) FROM deliveries d JOIN attempts a ON a.delivery_id = d.id
                WHERE d.subscription_id = known.id AND a.outcome = 'accepted'
            ), '-infinity')
        ) AS since
        FROM known
        WHERE state = 'active' AND failures >= :opens_after AND (paused_by IS NULL OR paused_until <= :now)
    ), found (id, matter, url, since, notices, covered) AS (
        SELECT id, 'subscription_disabled', url, disabled_at, held + lost, covered FROM known
        WHERE state = 'disabled'
            AND (disabled_at > :reminded OR NOT EXISTS (SELECT FROM known WHERE state = 'active'))
    UNION ALL
        SELECT id, 'proof_missing', url, proof_failed_since, held, covered FROM known
        WHERE state = 'proposed' AND proven_at IS NULL AND proof_failed_since IS NOT NULL
    UNION ALL
        SELECT id, 'endpoint_failing', url, since, held, covered FROM known JOIN failing USING (id)
        WHERE since <= :failing
    UNION ALL
        SELECT id, 'deliveries_failed', url, lost_since, lost, covered FROM known
        WHERE state <> 'disabled' AND lost > 0
    )
    SELECT id, matter, url, since, CAST(notices AS bigint) FROM found WHERE covered OR notices > 0
    ORDER BY array_position(CAST(:kinds AS text[]), matter), since, id
    """  # noqa: S608
).bindparams(
    sa.bindparam("partner", type_=sa.Uuid),
    sa.bindparam("today", type_=sa.Date),
    sa.bindparam("opens_after", type_=sa.Integer),
    *(sa.bindparam(name, type_=_AT) for name in ("now", "failing", "reminded")),
)


async def told(conn: AsyncConnection, partner: UUID) -> Told:
    """What a partner was told of that was not over when somebody looked last."""
    query = sa.select(partner_told).join(subscriptions).where(subscriptions.c.partner_id == partner)
    return {(row.subscription_id, Matter(row.matter)): row.told_at for row in await conn.execute(query)}


async def note_told(conn: AsyncConnection, tell: Iterable[Trouble], at: datetime) -> None:
    """Notes what a partner has just been told."""
    lines = [{"id": one.subscription, "matter": one.matter.value, "at": at} for one in tell]
    await conn.execute(_NOTE, lines)


_NOTE = sa.text(
    """
    INSERT INTO partner_told (subscription_id, matter, told_at) VALUES (:id, :matter, :at)
    ON CONFLICT (subscription_id, matter) DO UPDATE SET told_at = excluded.told_at
    """
).bindparams(sa.bindparam("id", type_=sa.Uuid), sa.bindparam("at", type_=_AT))


async def forget(conn: AsyncConnection, over: Iterable[tuple[UUID, Matter]]) -> None:
    """Drops matters that are over."""
    keys = sa.tuple_(partner_told.c.subscription_id, partner_told.c.matter)
    gone = [(subscription, matter.value) for subscription, matter in over]
    await conn.execute(sa.delete(partner_told).where(keys.in_(gone)))


async def forget_all(conn: AsyncConnection, partner: UUID) -> None:
    """Drops all that was told to a partner: to another mailbox it is news."""
    own = sa.select(subscriptions.c.id).where(subscriptions.c.partner_id == partner)
    await conn.execute(sa.delete(partner_told).where(partner_told.c.subscription_id.in_(own)))
