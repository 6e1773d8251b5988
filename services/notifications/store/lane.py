"""What a replay finds before it at its endpoint, what it takes next of its range, and what it gives back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import Lane, State
from services.notifications.store.order import BEHIND, OVERTAKEN
from services.notifications.store.pages import Row
from services.notifications.tables import deliveries


class Before(NamedTuple):
    """What is before a replay, and whether its endpoint is gone."""

    lane: Lane
    disabled: bool
    left: int
    """Deliveries of the replay that have not ended."""


async def before(conn: AsyncConnection, replay: Row, now: datetime) -> Before:
    """Looks at a replay's endpoint and at what is to be sent to it."""
    given = {"subscription": replay.subscription_id, "replay": replay.id, "now": now}
    row = (await conn.execute(_BEFORE, given)).one()
    lane = Lane(
        served=row.served,
        failing=row.failing,
        busy=row.busy,
        live_due=row.live_due,
        open=row.open,
        allowance=row.allowance,
    )
    return Before(lane, row.disabled, row.left)


_BEFORE = sa.text(
    f"""
    SELECT s.state = 'active' AND (s.paused_until IS NULL OR s.paused_until <= :now) AS served,
        s.state = 'disabled' AS disabled, s.failures > 0 AS failing,
        EXISTS (
            SELECT FROM deliveries n WHERE n.subscription_id = s.id AND n.state = 'pending'
                AND n.next_attempt_at <= CAST(:now AS timestamptz) + interval '1 minute' AND NOT {BEHIND}
        ) AS busy,
        EXISTS (
            SELECT FROM deliveries n WHERE n.subscription_id = s.id AND n.state = 'pending' AND n.replay_id IS NULL
                AND n.next_attempt_at <= :now AND NOT {BEHIND}
        ) AS live_due,
        mine.*, s.allowance
    FROM subscriptions s, (
        SELECT count(*) AS left, count(*) FILTER (WHERE lease_token IS NOT NULL OR next_attempt_at <= :now) AS open
        FROM deliveries WHERE replay_id = :replay
    ) AS mine
    WHERE s.id = :subscription
    """  # noqa: S608
).bindparams(
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    sa.bindparam("replay", type_=sa.Uuid),
    sa.bindparam("subscription", type_=sa.Uuid),
)


class Ahead(NamedTuple):
    """A delivery that a replay comes to."""

    id: UUID
    created_at: datetime
    state: State
    overtaken: bool
    gone: bool
    attempts: int


async def ahead(conn: AsyncConnection, replay: Row, limit: int) -> list[Ahead]:
    """The next deliveries of the range, in order, as they stand without waiting for anybody."""
    given = {
        "subscription": replay.subscription_id,
        "since": replay.since,
        "until": replay.until,
        "notices": replay.notices,
        "at": replay.cursor_at or replay.since,
        # Behind no id: the first of the range is seen too.
        "id": replay.cursor_id or UUID(int=0),
        "limit": limit,
    }
    return [_ahead(row) for row in await conn.execute(_AHEAD, given)]


async def hold(conn: AsyncConnection, wanted: Sequence[UUID]) -> dict[UUID, Ahead]:
    """Locks those that nobody else has just now, and looks again. It waits for nobody: no circle of waiting."""
    return {row.id: _ahead(row) for row in await conn.execute(_HOLD, {"ids": list(wanted)})}


def _ahead(row: Row) -> Ahead:
    return Ahead(row.id, row.created_at, State(row.state), row.overtaken, row.gone, row.attempts)


_SEEN = f"""
    SELECT n.id, n.created_at, n.state, {OVERTAKEN} AS overtaken, n.body = '' AS gone, n.attempts FROM deliveries n
"""  # noqa: S608
_AHEAD = sa.text(
    f"{_SEEN} WHERE n.subscription_id = :subscription AND n.created_at >= :since AND n.created_at < :until"
    " AND (n.created_at, n.id) > (CAST(:at AS timestamptz), :id) AND n.notice = ANY (CAST(:notices AS text[]))"
    " ORDER BY n.created_at, n.id LIMIT :limit"
).bindparams(
    *(sa.bindparam(name, type_=sa.Uuid) for name in ("subscription", "id")),
    *(sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in ("since", "until", "at")),
)
_HOLD = sa.text(f"{_SEEN} WHERE n.id = ANY (CAST(:ids AS uuid[])) FOR UPDATE OF n SKIP LOCKED")


async def take(
    conn: AsyncConnection, replay: UUID, held: Sequence[Ahead], due: Sequence[datetime], now: datetime
) -> None:
    """Makes held deliveries due, and keeps what they were.

    Args:
        conn: of the caller's transaction.
        replay: that takes them.
        held: locked by it.
        due: when each may be sent, UTC.
        now: UTC.
    """
    given = {"replay": replay, "ids": [each.id for each in held], "due": list(due), "now": now}
    await conn.execute(_TAKE, given)


_TAKE = sa.text(
    """
    WITH noted AS (
        INSERT INTO replayed (replay_id, delivery_id, taken_at, former, attempts)
        SELECT :replay, id, :now, state, attempts FROM deliveries WHERE id = ANY (CAST(:ids AS uuid[]))
    )
    UPDATE deliveries d SET state = 'pending', next_attempt_at = given.due, replay_id = :replay,
        repeated = d.repeated OR d.state = 'delivered'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS given (id, due) WHERE d.id = given.id
    """
).bindparams(sa.bindparam("replay", type_=sa.Uuid), sa.bindparam("now", type_=sa.DateTime(timezone=True)))


async def unended(conn: AsyncConnection, replay: UUID) -> Sequence[UUID]:
    """What a replay took and has not ended."""
    found = await conn.execute(sa.select(deliveries.c.id).where(deliveries.c.replay_id == replay))
    return found.scalars().all()


async def give_back(conn: AsyncConnection, taken: Sequence[UUID]) -> int:
    """Makes deliveries that replays took, and nobody is sending, what they were before; how many they are."""
    return int((await conn.execute(_GIVE_BACK, {"ids": list(taken)})).scalar_one())


# Locked in the order in which the feed and outcomes are: none waits for another in a circle.
_GIVE_BACK = sa.text(
    """
    WITH mine AS MATERIALIZED (
        SELECT id FROM deliveries WHERE id = ANY (CAST(:ids AS uuid[])) AND lease_token IS NULL
        ORDER BY written_in, id FOR UPDATE
    ), back AS (
        UPDATE deliveries d SET state = r.former, next_attempt_at = NULL, replay_id = NULL
        FROM mine JOIN replayed r ON r.delivery_id = mine.id
        WHERE d.id = mine.id AND r.replay_id = d.replay_id
        RETURNING r.replay_id, d.id
    ), noted AS (
        UPDATE replayed r SET ended = 'given_back' FROM back
        WHERE r.replay_id = back.replay_id AND r.delivery_id = back.id
    )
    SELECT count(*) FROM back
    """
)
