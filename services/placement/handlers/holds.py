"""The use cases of beds that an officer keeps free. All pools of the site are locked first."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refusal, Refused
from services.placement.handlers.line import author, fill
from services.placement.handlers.outages import known_cell
from services.placement.store import blocks
from shared.messaging import Tx


class HoldOrder(NamedTuple):
    """What an officer says of a hold."""

    purpose: str
    """`expected_transfer`, `works`, `visit` or `other`."""
    starts_on: date
    until: date
    """First day on which the bed is no longer kept."""
    expires_on: date
    """The day on which it is given back by itself, if that is before."""


async def make_hold(tx: Tx, site: str, code: str, order: HoldOrder, officer: str) -> UUID:
    """Keeps a bed free for a purpose, in the name of an officer and until a day.

    Raises:
        Refused: `cell-unknown`, `cell-closed`, `cell-taken`, or days that cannot be meant.
    """
    today = domain.date_in_paris(tx.now)
    domain.checked_days(order.starts_on, order.until, today)
    domain.checked_days(today, order.expires_on, today)
    await store.lock_pools_of_site(tx.conn, site)
    await known_cell(tx, site, code)
    if await blocks.in_the_way(tx.conn, code, order.starts_on, order.until) is not None:
        raise Refused(Refusal.CELL_TAKEN)
    hold_id, by = uuid7(), author(tx, officer)
    await blocks.block(tx.conn, hold_id, code, order.starts_on, order.until, "hold", by, order.purpose)
    made = {"made_by": officer, "made_by_function": by.function, "made_at": by.at}
    values = {"id": hold_id, "cell": code, "purpose": order.purpose, "expires_on": order.expires_on}
    await blocks.insert_hold(tx.conn, values | made)
    return hold_id


async def end_hold(tx: Tx, site: str, hold_id: UUID, officer: str) -> UUID:
    """Gives a bed back that was kept free, and proposes it to the next in line.

    Raises:
        Refused: `hold-unknown`, `hold-ended`.
    """
    pools = await store.lock_pools_of_site(tx.conn, site)
    hold = await blocks.hold_row(tx.conn, hold_id)
    if hold is None:
        raise Refused(Refusal.HOLD_UNKNOWN)
    if hold.ended_at is not None:
        raise Refused(Refusal.HOLD_ENDED)
    by = author(tx, officer)
    await blocks.unblock(tx.conn, hold_id, domain.date_in_paris(tx.now), by, "hold_ended")
    await blocks.end_hold(tx.conn, hold_id, "ended", by)
    await fill(tx, pools)
    return hold_id


async def expire_holds(tx: Tx, site: str) -> None:
    """Gives back the beds whose hold has come to its day."""
    today = domain.date_in_paris(tx.now)
    for hold in await blocks.hold_rows(tx.conn, site):
        if min(hold.expires_on, hold.until) <= today:
            await blocks.unblock(tx.conn, hold.id, today, author(tx), "hold_expired")
            await blocks.end_hold(tx.conn, hold.id, "expired", author(tx))
