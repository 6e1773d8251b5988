"""Sending a range again: counted, ordered, taken step by step, cancelled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.notifications import domain
from services.notifications.domain import Refusal, Refused, ReplayState, State, SubscriptionState, day_in_france
from services.notifications.handlers.alerts import DELIVERIES
from services.notifications.store import lane
from services.notifications.store import replays as store
from services.notifications.store.lane import Ahead
from services.notifications.store.pages import Row
from services.notifications.store.replays import Group, Order
from services.notifications.store.subscriptions import lock_subscription
from shared.messaging import Meta, Tx, schedule

REPLAY = "replay"
"""Kind of the timer by which a replay goes on."""

LOOKED_AT = 200
"""Deliveries that one step looks at, whether it takes them or not."""


class ReplayStep(BaseModel):
    """Body of the timer: all that a step needs is in the replay's row."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a replay would take of a range, as it is now."""

    groups: Sequence[Group]
    per_minute: int
    to_take: int
    permitted: int
    """Of those to take, may be told now; it is asked again at each attempt."""
    skipped: Counter[str]
    forbidden: Counter[str]

    @property
    def found(self) -> int:
        """All deliveries of the range."""
        return sum(group.number for group in self.groups)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as it is given; `per_minute` None for the usual pace."""

    subscription_id: UUID
    since: datetime
    until: datetime
    notices: frozenset[str]
    states: frozenset[State]
    per_minute: int | None
    reason: str


async def forecast_replay(conn: AsyncConnection, asked: Asked, now: datetime) -> Forecast:
    """Counts what a replay would take; writes nothing.

    Raises:
        Refused: the range is none, the subscription does not exist or has ended, is being replayed already, or is told
            more slowly than that.
    """
    domain.check_range(asked.since, asked.until, now)
    target = await store.target(conn, asked.subscription_id)
    if target is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    if target.state == SubscriptionState.DISABLED:
        raise Refused(Refusal.SUBSCRIPTION_DISABLED)
    if target.replaying:
        raise Refused(Refusal.REPLAY_RUNNING)
    per_minute = domain.pace(asked.per_minute, target.rate_per_minute)
    groups = await store.groups(
        conn, asked.subscription_id, asked.since, asked.until, asked.notices, day_in_france(now)
    )
    left, forbidden = Counter[str](), Counter[str]()
    to_take = 0
    for group in groups:
        why = domain.skipped(group.state, asked.states, overtaken=group.overtaken, gone=group.gone)
        if why is not None:
            left[why] += group.number
            continue
        to_take += group.number
        if group.forbidden is not None:
            forbidden[group.forbidden] += group.number
    return Forecast(groups, per_minute, to_take, to_take - forbidden.total(), left, forbidden)


async def order_replay(tx: Tx, asked: Asked, by: str) -> UUID:
    """Orders a replay, which begins at once and goes on by itself; gives its id.

    Raises:
        Refused: as `forecast_replay`, or there is nothing to take.
    """
    # Two orders for one subscription come one after the other: the second sees the first.
    await lock_subscription(tx.conn, asked.subscription_id)
    counted = await forecast_replay(tx.conn, asked, tx.now)
    if not counted.to_take:
        raise Refused(Refusal.REPLAY_EMPTY)
    order = Order(
        asked.subscription_id, asked.since, asked.until, asked.notices, asked.states, counted.per_minute, asked.reason
    )
    replay = uuid7()
    await store.add(tx.conn, replay, order, found=counted.found, to_take=counted.to_take, by=by, now=tx.now)
    await schedule(tx, REPLAY, replay, tx.now, ReplayStep())
    return replay


async def cancel_replay(tx: Tx, replay: UUID, reason: str, by: str) -> UUID:
    """Takes nothing more, and makes what was not sent yet what it was before.

    What is being sent at this moment ends by itself; the next step gives it back if it is to be tried again.

    Raises:
        Refused: there is no such replay, or it is over.
    """
    job = await store.lock(tx.conn, replay)
    if job is None:
        raise Refused(Refusal.REPLAY_UNKNOWN)
    if ReplayState(job.state).over:
        raise Refused(Refusal.REPLAY_OVER)
    await _cancel(tx, job, reason, by)
    return replay


async def step_replay(tx: Tx, _: ReplayStep, meta: Meta) -> None:
    """Takes the next deliveries of a replay, if it may, and sets the time of the next step.

    All that a step moves, it moves in one transaction with the place up to which it has come: killed at any point, it
    is done again as if it had not begun. Only one runs at a time: the row is locked, and so is the timer.
    """
    job = await store.lock(tx.conn, meta.subject)
    if job is None or job.state == ReplayState.DONE:
        return
    if job.state == ReplayState.CANCELLED:
        if await _give_back(tx, job):
            await _again(tx, job, domain.BLOCKED)
        return
    before = await lane.before(tx.conn, job, tx.now)
    room = domain.room(before.lane, job.per_minute)
    if before.disabled:
        if await _cancel(tx, job, "subscription_disabled", None):
            await _again(tx, job, domain.BLOCKED)
    elif not room:
        await _again(tx, job, domain.BLOCKED)
    elif ahead := await lane.ahead(tx.conn, job, LOOKED_AT):
        await _go_on(tx, job, ahead, room)
    elif before.left:
        await _again(tx, job, domain.LAST)
    else:
        ended = {"state": ReplayState.DONE.value, "started_at": job.started_at or tx.now, "ended_at": tx.now}
        await store.change(tx.conn, job.id, **ended)


async def _go_on(tx: Tx, job: Row, ahead: Sequence[Ahead], room: int) -> None:
    """Passes through what is ahead, and takes what is to be taken while there is room.

    It stops before a delivery that somebody else is just changing: the next step sees what became of it.
    """
    states = frozenset(map(State, job.states))

    def why_not(one: Ahead) -> str | None:
        return domain.skipped(one.state, states, overtaken=one.overtaken, gone=one.gone)

    held = await lane.hold(tx.conn, [one.id for one in ahead if why_not(one) is None][:room])
    passed = list(takewhile(lambda one: one.id in held or why_not(one) is not None, ahead))
    reasons = {one.id: why_not(held.get(one.id, one)) for one in passed}
    taken = [held[one.id] for one in passed if reasons[one.id] is None]
    gap = domain.spacing(job.per_minute)
    if taken:
        await lane.take(tx.conn, job.id, taken, [tx.now + place * gap for place in range(len(taken))], tx.now)
        tx.wake(DELIVERIES)
    if passed:
        moved = {
            "state": ReplayState.RUNNING.value,
            "started_at": job.started_at or tx.now,
            "cursor_at": passed[-1].created_at,
            "cursor_id": passed[-1].id,
            "taken": job.taken + len(taken),
            "skipped": Counter(job.skipped) + Counter(filter(None, reasons.values())),
        }
        await store.change(tx.conn, job.id, **moved)
    await _again(tx, job, len(taken) * gap if passed else domain.BLOCKED)


async def _cancel(tx: Tx, job: Row, reason: str, by: str | None) -> bool:
    over = {"state": ReplayState.CANCELLED.value, "ended_at": tx.now}
    await store.change(tx.conn, job.id, **over, cancelled_by=by, cancelled_because=reason)
    return await _give_back(tx, job)


async def _give_back(tx: Tx, job: Row) -> bool:
    """Makes what was taken what it was before; whether some of it is being sent at this moment."""
    taken = await lane.unended(tx.conn, job.id)
    return await lane.give_back(tx.conn, taken) < len(taken)


async def _again(tx: Tx, job: Row, after: timedelta) -> None:
    await schedule(tx, REPLAY, job.id, tx.now + after, ReplayStep())
