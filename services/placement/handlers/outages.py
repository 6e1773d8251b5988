"""The use cases of cells out of service and of beds that are kept free. All pools of the site are locked first."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refusal, Refused
from services.placement.handlers.line import author, fill
from services.placement.store import blocks
from shared.contracts.placement import CellBackInService, CellOutOfService
from shared.messaging import Tx, publish

AGAIN = timedelta(days=7)
"""By how much an outage goes on at a time while nobody says that the cell is back."""


class OutageOrder(NamedTuple):
    """What an officer says of an outage."""

    reason: str
    """`flood`, `fire`, `damage`, `works`, `staff_shortage` or `other`."""
    owner: str
    """The service that repairs it."""
    reference: str | None
    starts_on: date
    expected_back_on: date | None


def id_of_cell(code: str) -> UUID:
    """The aggregate id of a cell in events, made of its readable code."""
    return uuid5(NAMESPACE_URL, f"urn:inserre:cell:{code}")


async def open_outage(tx: Tx, site: str, code: str, order: OutageOrder, officer: str) -> UUID:
    """Takes an empty cell out of service. Somebody inside, or expected, is a matter of an evacuation.

    Raises:
        Refused: `cell-unknown`, `cell-closed`, `cell-occupied`, `cell-taken`, or days that cannot be meant.
    """
    domain.checked_days(order.starts_on, order.expected_back_on, domain.date_in_paris(tx.now))
    await store.lock_pools_of_site(tx.conn, site)
    await known_cell(tx, site, code)
    return await close_cell(tx, site, code, order, officer)


async def close_cell(tx: Tx, site: str, code: str, order: OutageOrder, officer: str) -> UUID:
    """Closes a cell in which nobody sleeps on these days, and says so; it need not have been cleaned.

    Raises:
        Refused: `cell-occupied`, `cell-taken`.
    """
    outage_id, by = uuid7(), author(tx, officer)
    days = (order.starts_on, order.expected_back_on)
    await blocks.end_cleaning(tx.conn, code, order.starts_on, by)
    kind = await blocks.in_the_way(tx.conn, code, *days)
    if kind is not None:
        raise Refused(Refusal.CELL_OCCUPIED if kind == "stay" else Refusal.CELL_TAKEN)
    await blocks.block(tx.conn, outage_id, code, *days, "outage", by, order.reason)
    opened = {"opened_by": officer, "opened_by_function": by.function, "opened_at": by.at}
    await blocks.insert_outage(tx.conn, {"id": outage_id, "cell": code, **order._asdict(), **opened})
    said = {"reason": order.reason, "starts_on": order.starts_on, "expected_back_on": order.expected_back_on}
    version = await blocks.version_of_cell(tx.conn, code)
    await publish(tx, CellOutOfService(cell=code, **said), subject=id_of_cell(code), version=version, site=site)
    return outage_id


async def end_outage(tx: Tx, site: str, outage_id: UUID, officer: str) -> UUID:
    """Says that a cell is back in service today, and proposes it to the next in line.

    Raises:
        Refused: `outage-unknown`, `outage-ended`.
    """
    pools = await store.lock_pools_of_site(tx.conn, site)
    outage = await blocks.outage(tx.conn, outage_id)
    if outage is None:
        raise Refused(Refusal.OUTAGE_UNKNOWN)
    if outage.ended_at is not None:
        raise Refused(Refusal.OUTAGE_ENDED)
    by, today = author(tx, officer), domain.date_in_paris(tx.now)
    await blocks.unblock(tx.conn, outage_id, today, by, "back_in_service")
    await blocks.end_outage(tx.conn, outage_id, today, by)
    version = await blocks.version_of_cell(tx.conn, outage.cell)
    event = CellBackInService(cell=outage.cell, back_on=today)
    await publish(tx, event, subject=id_of_cell(outage.cell), version=version, site=site)
    await fill(tx, pools)
    return outage_id


async def go_on_without(tx: Tx, site: str) -> None:
    """Keeps cells closed that are expected back and of which nobody says so, until their next use begins.

    The day before is the last on which that helps: a bed is given to somebody who comes tomorrow.
    """
    today = domain.date_in_paris(tx.now)
    for outage in await blocks.outage_rows(tx.conn, site, open_only=True):
        if outage.until is None or outage.until > today + timedelta(days=1):
            continue
        next_use = await blocks.next_use(tx.conn, outage.cell, outage.until)
        until = min(today + AGAIN, next_use or date.max)
        if until > outage.until:
            await blocks.prolong(tx.conn, outage.id, until, author(tx), "not_back")


async def known_cell(tx: Tx, site: str, code: str) -> blocks.Cell:
    """A cell of the site that is part of the estate.

    Raises:
        Refused: `cell-unknown`, `cell-closed`.
    """
    cell = await blocks.cell(tx.conn, site, code)
    if cell is None:
        raise Refused(Refusal.CELL_UNKNOWN)
    if not cell.in_service:
        raise Refused(Refusal.CELL_CLOSED)
    return cell
