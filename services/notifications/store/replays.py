"""The statements about replays as people order and watch them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain import ReplayState, State
from services.notifications.store.order import OVERTAKEN
from services.notifications.store.pages import Row, page
from services.notifications.store.permission import FORBIDDEN
from services.notifications.tables import replays


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent again: planned for one subscription from `since` until before `until`, UTC."""

    subscription_id: UUID
    since: datetime
    until: datetime
    notices: Collection[str]
    states: Collection[State]
    per_minute: int
    reason: str


class Group(NamedTuple):
    """Deliveries of a range that are alike."""

    state: State
    notice: str
    overtaken: bool
    gone: bool
    forbidden: str | None
    """Why they may not be told now."""
    number: int


async def groups(
    conn: AsyncConnection, subscription: UUID, since: datetime, until: datetime, notices: Collection[str], today: date
) -> list[Group]:
    """Counts a range. `today`: that a convention must cover, Europe/Paris."""
    given = {"subscription": subscription, "since": since, "until": until, "notices": list(notices), "today": today}
    return [Group(State(state), *rest) for state, *rest in await conn.execute(_GROUPS, given)]


_GROUPS = sa.text(
    f"""
    SELECT n.state, n.notice, {OVERTAKEN} AS overtaken, n.body = '' AS gone, {FORBIDDEN} AS forbidden, count(*)
    FROM deliveries n JOIN subscriptions s ON s.id = n.subscription_id JOIN partners p ON p.id = s.partner_id
    WHERE n.subscription_id = :subscription AND n.created_at >= :since AND n.created_at < :until
        AND n.notice = ANY (CAST(:notices AS text[]))
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    """  # noqa: S608
).bindparams(
    sa.bindparam("subscription", type_=sa.Uuid),
    sa.bindparam("since", type_=sa.DateTime(timezone=True)),
    sa.bindparam("until", type_=sa.DateTime(timezone=True)),
    sa.bindparam("today", type_=sa.Date),
)


class Target(NamedTuple):
    """The subscription of an order."""

    state: str
    rate_per_minute: int | None
    replaying: bool
    """Whether a replay of it is not over."""


async def target(conn: AsyncConnection, subscription: UUID) -> Target | None:
    """The subscription of an order as it is now; None when there is no such subscription."""
    row = (await conn.execute(_TARGET, {"id": subscription})).first()
    return None if row is None else Target(*row)


_TARGET = sa.text(
    "SELECT s.state, s.rate_per_minute, EXISTS (SELECT FROM replays r WHERE r.subscription_id = s.id"
    " AND r.state IN ('queued', 'running')) FROM subscriptions s WHERE s.id = :id"
).bindparams(sa.bindparam("id", type_=sa.Uuid))


async def add(
    conn: AsyncConnection, replay: UUID, order: Order, *, found: int, to_take: int, by: str, now: datetime
) -> None:
    """Stores an order. `by`: the subject of who gives it."""
    values = {
        "id": replay,
        "subscription_id": order.subscription_id,
        "since": order.since,
        "until": order.until,
        "notices": sorted(order.notices),
        "states": sorted(order.states),
        "per_minute": order.per_minute,
        "reason": order.reason,
        "created_by": by,
        "created_at": now,
        "state": ReplayState.QUEUED.value,
        "found": found,
        "to_take": to_take,
    }
    await conn.execute(replays.insert(), values)


async def lock(conn: AsyncConnection, replay: UUID) -> Row | None:
    """A replay, locked until the transaction ends; None when there is no such replay."""
    found = await conn.execute(sa.select(replays).where(replays.c.id == replay).with_for_update())
    row: Row | None = found.first()
    return row


async def change(conn: AsyncConnection, replay: UUID, **values: Any) -> None:
    """Writes columns of a replay that is locked."""
    await conn.execute(sa.update(replays).where(replays.c.id == replay).values(**values))


async def replays_page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, subscription_id: UUID | None
) -> Sequence[Row]:
    """Replays, the newest first, of one subscription or of all."""
    query = sa.select(replays)
    if subscription_id is not None:
        query = query.where(replays.c.subscription_id == subscription_id)
    return await page(conn, query, replays.c.id, before, limit)


async def replay(conn: AsyncConnection, replay_id: UUID) -> Row | None:
    """One replay; None when there is no such replay."""
    row: Row | None = (await conn.execute(sa.select(replays).where(replays.c.id == replay_id))).first()
    return row


async def ends(conn: AsyncConnection, replay_ids: Sequence[UUID]) -> dict[UUID, Counter[str]]:
    """How many of what each replay took have ended how; `pending` for those that have not."""
    found: dict[UUID, Counter[str]] = {each: Counter() for each in replay_ids}
    for row in await conn.execute(_ENDS, {"ids": list(replay_ids)}):
        found[row.replay_id][row.ended] = row.number
    return found


_ENDS = sa.text(
    "SELECT replay_id, coalesce(ended, 'pending') AS ended, count(*) AS number FROM replayed"
    " WHERE replay_id = ANY (CAST(:ids AS uuid[])) GROUP BY 1, 2"
)
