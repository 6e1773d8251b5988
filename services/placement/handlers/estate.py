"""The use cases of changes of the estate: dated, with a reason, never under occupancy."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refusal, Refused
from services.placement.handlers.line import author, fill
from services.placement.store import blocks, estate
from shared.messaging import Tx


class ChangeOrder(NamedTuple):
    """What an officer wants a cell to be."""

    change: str
    """`type`, `retired` (out of the estate) or `restored`."""
    to_type: str | None
    """With `type`: `standard`, `adapted` or `arrival`."""
    effective_on: date
    reason: str
    """In words: of the cell, not of a person."""


async def change_cell(tx: Tx, site: str, code: str, order: ChangeOrder, officer: str) -> UUID:
    """Changes a cell from a day on; until then nobody is given nights there beyond that day.

    Raises:
        Refused: `cell-unknown`, `nothing-changes`, `capacity-under-occupancy`, or a day that cannot be meant.
    """
    today = domain.date_in_paris(tx.now)
    domain.checked_days(order.effective_on, None, today)
    pools = await store.lock_pools_of_site(tx.conn, site)
    cell = await blocks.cell(tx.conn, site, code)
    if cell is None or cell.type == "secure_waiting":
        raise Refused(Refusal.CELL_UNKNOWN)
    same = {"type": cell.type == order.to_type, "retired": not cell.in_service, "restored": cell.in_service}
    if same[order.change] or await estate.has_change_to_come(tx.conn, code):
        raise Refused(Refusal.NOTHING_CHANGES)
    if order.change != "restored" and await estate.nights_from(tx.conn, code, order.effective_on):
        raise Refused(Refusal.CAPACITY_UNDER_OCCUPANCY)
    change_id, use_id, by = uuid7(), None, author(tx, officer)
    later = order.effective_on > today
    if later and cell.in_service:
        if await blocks.in_the_way(tx.conn, code, order.effective_on, None) is not None:
            raise Refused(Refusal.CELL_TAKEN)
        use_id = uuid7()
        await blocks.block(tx.conn, use_id, code, order.effective_on, None, "outage", by, f"estate_{order.change}")
    made = {"made_by": officer, "made_by_function": by.function, "made_at": by.at, "use_id": use_id}
    await estate.insert_change(tx.conn, {"id": change_id, "cell": code, **order._asdict(), **made})
    if not later:
        await estate.apply_change(tx.conn, await estate.change(tx.conn, change_id), by)
        await fill(tx, pools)
    return change_id


async def apply_changes(tx: Tx, site: str) -> None:
    """Makes the cells what the changes say whose day has come."""
    by = author(tx)
    for change in await estate.changes_due(tx.conn, site, domain.date_in_paris(tx.now)):
        if change.use_id is not None:
            await blocks.unblock(tx.conn, change.use_id, None, by, "applied")
        await estate.apply_change(tx.conn, change, by)
