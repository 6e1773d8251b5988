"""Rows taken to be sent: a claim carries a token, and only who holds it may write the outcome."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import OPENS_AFTER
from services.notifications.domain.answer import RETRIES, Policy
from services.notifications.store.order import BEHIND
from services.notifications.store.permission import FORBIDDEN
from services.notifications.store.sequence import given, numbering
from services.notifications.store.subscriptions import Endpoint

LEASE = timedelta(seconds=30)
"""How long a row is ours: far longer than an attempt may take. Afterwards it is due again, for whoever comes."""


class Claimed(NamedTuple):
    """A delivery that this worker may send, until its lease ends."""

    id: UUID
    token: UUID
    """Of the claim: it alone may write the outcome."""
    subscription: UUID
    candidacy: UUID
    event_id: str
    decision_number: str | None
    notice: str
    body: bytes
    attempt: int
    """Number of the attempt that this claim allows, from 1."""
    patient_since: datetime
    """Since when it could be sent: planned, replayed, or its endpoint served again after a hold."""
    superseded: bool
    """It was taken back while a lost worker held it: not to be sent any more."""
    header_names: Sequence[bytes]
    header_values: Sequence[bytes | None]
    url: str
    secret: bytes
    old_secret: bytes | None
    """Signs beside the new one for a while after a rotation."""
    failures: int
    """How often the endpoint has failed on end."""
    active: bool
    """Whether the subscription is still served."""
    forbidden: str | None
    """Why it may not be told any more: `convention_ended`, or `not_allowed` by a signed act and the person's yes."""
    partner: str
    partner_id: UUID
    reference: str | None
    """Under which the partner knows the candidacy."""
    slow: bool
    """Whether the endpoint took long lately."""
    retry_waits: Sequence[int] | None
    """Seconds after each attempt; None for the common ones."""
    give_up_after: int
    """Seconds of patience."""
    client_errors: str
    """`again` or `give_up`: what follows from a 4xx that says that the notice itself is at fault."""
    replay: UUID | None
    """The replay that has it sent again."""
    spent: int
    """Attempts before that replay: its patience begins anew."""
    oauth2: bytes | None
    """How the endpoint's token is asked for, sealed."""
    certificate: bytes | None
    """That the endpoint wants to see, sealed."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it goes."""
        return Endpoint(self.subscription, self.url, self.secret, self.old_secret, self.oauth2, self.certificate)

    @property
    def policy(self) -> Policy:
        """How patient we are with its subscription."""
        waits = RETRIES if self.retry_waits is None else [timedelta(seconds=one) for one in self.retry_waits]
        return Policy(waits, timedelta(seconds=self.give_up_after), self.client_errors == "again")


async def claim(
    conn: AsyncConnection,
    *,
    now: datetime,
    today: date,
    token: UUID,
    in_flight: Sequence[UUID],
    cap: int,
    room: int,
    slow_room: int,
    mail: bool = True,
) -> list[Claimed]:
    """Leases due rows, live before replayed, the longest due first, so many per endpoint that none can take all places.

    A row whose lease had lapsed counts the attempt as lost, if one was allowed: the partner may have been told. Whether
    a notice may be told is asked here, at every attempt. A retraction always may: it goes to exactly those who have
    the notice.

    Args:
        conn: of a transaction that commits before anything is sent.
        now: what is due by it, UTC.
        today: that a convention must cover, Europe/Paris.
        token: of this claim.
        in_flight: subscription of each delivery that this worker is sending now.
        cap: how many may be in flight per subscription.
        room: how many at most.
        slow_room: how many of them at most to endpoints that take long.
        mail: whether mails can be sent; else what is due to mailboxes stays due.
    """
    rows = await conn.execute(
        _CLAIM,
        {
            **{"now": now, "until": now + LEASE, "today": today, "token": token},
            **{"in_flight": list(in_flight), "cap": cap, "room": room, "slow_room": slow_room, "mail": mail},
        },
    )
    return [Claimed(*row) for row in rows]


_NUMBERED = numbering(
    "due",
    also=""", next_slot_at = CASE WHEN s.rate_per_minute IS NOT NULL THEN
        greatest(s.next_slot_at, :now) + taken * CAST('1 minute' AS interval) / s.rate_per_minute END""",
)
_CLAIM = sa.text(
    f"""
    WITH found AS MATERIALIZED (
        SELECT d.*, again.taken_at, again.attempts AS spent, s.slow, row_number() OVER (
                PARTITION BY s.slow ORDER BY d.replay_id IS NOT NULL, d.next_attempt_at
            ) AS place,
            d.lease_until IS NOT NULL AND d.attempts > 0 AND NOT EXISTS (
                SELECT FROM attempts a WHERE a.delivery_id = d.id AND a.number = d.attempts
            ) AS lost
        FROM subscriptions s JOIN partners p ON p.id = s.partner_id CROSS JOIN LATERAL (
            SELECT n.id, n.subscription_id, n.candidacy_id, n.attempts, n.next_attempt_at, n.lease_until, n.sequence,
                n.superseded_by IS NULL AND s.state = 'active' AND {FORBIDDEN} IS NULL AS tellable,
                {FORBIDDEN} AS forbidden, p.id AS partner_id, p.convention_from, p.convention_to, n.replay_id
            FROM deliveries n
            WHERE n.subscription_id = s.id AND n.state = 'pending' AND n.next_attempt_at <= :now AND NOT {BEHIND}
            ORDER BY n.replay_id IS NOT NULL, n.next_attempt_at
            LIMIT least(
                greatest(0, CASE WHEN s.failures < :opens_after THEN least(CAST(:cap AS int), s.allowance) ELSE 1 END
                    - cardinality(array_positions(CAST(:in_flight AS uuid[]), s.id))),
                CASE WHEN s.rate_per_minute IS NOT NULL THEN greatest(0, 1 + floor(
                    extract(epoch FROM CAST(:now AS timestamptz) - greatest(s.next_slot_at, :now))
                    * s.rate_per_minute / 60 + greatest(1, s.rate_per_minute / 60) - 1
                )) END
            )
            FOR UPDATE SKIP LOCKED
        ) d LEFT JOIN replayed again ON again.replay_id = d.replay_id AND again.delivery_id = d.id
        WHERE s.state = 'disabled'
            OR s.state = 'active' AND (s.paused_until IS NULL OR s.paused_until <= :now)
                AND (:mail OR s.channel <> 'email')
    ), due AS MATERIALIZED (
        SELECT * FROM found WHERE NOT slow OR place <= :slow_room
        ORDER BY replay_id IS NOT NULL, next_attempt_at LIMIT :room
    ), {_NUMBERED}, lost AS (
        INSERT INTO attempts (delivery_id, number, started_at, outcome)
        SELECT id, attempts, lease_until - CAST(:lease AS interval), 'lost'
        FROM due WHERE lost
        ON CONFLICT DO NOTHING
    ), perhaps AS (
        INSERT INTO disclosures (delivery_id, attempt, candidacy_id, partner_id, subscription_id, notice, reference,
            decision_number, convention_from, convention_to, certain, at)
        SELECT due.id, due.attempts, due.candidacy_id, due.partner_id, due.subscription_id, notice, reference,
            decision_number, convention_from, convention_to, false, due.lease_until - CAST(:lease AS interval)
        FROM due JOIN deliveries USING (id)
            JOIN partner_references r ON r.partner_id = due.partner_id AND r.candidacy_id = due.candidacy_id
        WHERE due.lost
        ON CONFLICT DO NOTHING
    )
    UPDATE deliveries d
    SET lease_token = :token, lease_until = :until, next_attempt_at = :until,
        reached = d.reached OR due.lost, attempts = d.attempts + CAST(due.tellable AS int),
        {given(":now")}
    FROM due LEFT JOIN numbered ON numbered.id = due.id, subscriptions s, partners p
    WHERE d.id = due.id AND s.id = d.subscription_id AND p.id = s.partner_id
    RETURNING d.id, d.lease_token, d.subscription_id, d.candidacy_id, d.event_id, d.decision_number, d.notice, d.body,
        d.attempts, greatest(d.created_at, s.served_since, due.taken_at), d.superseded_by IS NOT NULL, d.header_names,
        d.header_values, s.url, s.secret, CASE WHEN s.old_secret_until > :now THEN s.old_secret END, s.failures,
        s.state = 'active', due.forbidden, p.name, p.id,
        (SELECT r.reference FROM partner_references r WHERE r.partner_id = p.id AND r.candidacy_id = d.candidacy_id),
        s.slow, s.retry_waits, s.give_up_after, s.client_errors,
        d.replay_id, coalesce(due.spent, 0),
        (SELECT c.oauth2 FROM credentials c WHERE c.subscription_id = s.id),
        (SELECT c.certificate FROM credentials c WHERE c.subscription_id = s.id)
    """  # noqa: S608
).bindparams(
    sa.bindparam("lease", LEASE),
    sa.bindparam("opens_after", OPENS_AFTER, type_=sa.Integer),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    sa.bindparam("until", type_=sa.DateTime(timezone=True)),
    sa.bindparam("token", type_=sa.Uuid),
    sa.bindparam("today", type_=sa.Date),
    sa.bindparam("room", type_=sa.Integer),
    sa.bindparam("slow_room", type_=sa.Integer),
    sa.bindparam("mail", type_=sa.Boolean),
)
