"""The use cases of what happens during a stay. A human ladder: nothing follows from a line by itself."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refusal, Refused, State
from services.placement.handlers.line import author, locked
from services.placement.store import blocks, records
from shared.messaging import Tx

ONE_AT_A_TIME = {"absence", "secure_waiting", "exit_proposal"}


class RecordOrder(NamedTuple):
    """What an officer records of a stay."""

    kind: str
    """`phase`, `warning`, `absence`, `secure_waiting` or `exit_proposal`."""
    code: str
    """From the closed list of the kind."""
    day: date
    """Since when; today or before."""
    until: date | None
    """When it is expected to end, for an absence and for secure waiting."""
    observations: str | None
    """The officer's or the person's words, where the kind has any."""


async def record(tx: Tx, site: str, stay_id: UUID, order: RecordOrder, officer: str) -> UUID:
    """Records a phase, a warning, an absence, secure waiting or a proposed exit of somebody who is there.

    Secure waiting takes the site's cell for it; the person's own bed stays the person's.

    Raises:
        Refused: nobody is there on that stay, such a line is open, the day cannot be, or the cell is taken.
    """
    today = domain.date_in_paris(tx.now)
    request, _ = await locked(tx, stay_id)
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    arrival = (await store.occupation_of(tx.conn, stay_id)).arrival
    if request.state is not State.ARRIVED or request.stay_id != stay_id or arrival is None:
        raise Refused(Refusal.STAY_NOT_ARRIVED)
    if not arrival.arrived_on <= order.day <= today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    if order.kind in ONE_AT_A_TIME and await records.has_open(tx.conn, stay_id, order.kind):
        raise Refused(Refusal.RECORD_OPEN)
    use_id = None
    if order.kind == "secure_waiting":
        use_id = await _take_secure_cell(tx, site, stay_id, order.until or today + timedelta(days=1), officer)
    return await _insert(tx, stay_id, order, officer, use_id=use_id)


async def close_record(tx: Tx, stay_id: UUID, record_id: UUID, code: str, officer: str) -> UUID:
    """Closes a line today: somebody is back, left secure waiting, or a proposed exit was decided elsewhere.

    Returns:
        the line that is closed.

    Raises:
        Refused: `record-unknown`, `record-closed`.
    """
    await locked(tx, stay_id)
    row = await _open_line(tx, stay_id, record_id)
    today, by = domain.date_in_paris(tx.now), author(tx, officer)
    if row is not None:
        await blocks.unblock(tx.conn, row, today, by, "secure_waiting_ended")
    order = RecordOrder("closing", code, today, None, None)
    await _insert(tx, stay_id, order, officer, closes=record_id)
    return record_id


async def observe(tx: Tx, stay_id: UUID, record_id: UUID, words: str, officer: str) -> UUID:
    """Adds the person's observations to a proposed exit that is open.

    Raises:
        Refused: `record-unknown`, `record-closed`.
    """
    await locked(tx, stay_id)
    await _open_line(tx, stay_id, record_id)
    order = RecordOrder("observations", str(record_id), domain.date_in_paris(tx.now), None, words)
    return await _insert(tx, stay_id, order, officer)


async def _open_line(tx: Tx, stay_id: UUID, record_id: UUID) -> UUID | None:
    """Checks that a line is open; gives the use of a cell that goes with it."""
    row = await records.record_row(tx.conn, record_id)
    if row is None or row.stay_id != stay_id or row.kind not in ONE_AT_A_TIME:
        raise Refused(Refusal.RECORD_UNKNOWN)
    if row.closed_on is not None:
        raise Refused(Refusal.RECORD_CLOSED)
    use_id: UUID | None = row.use_id
    return use_id


async def _take_secure_cell(tx: Tx, site: str, stay_id: UUID, until: date, officer: str) -> UUID:
    today = domain.date_in_paris(tx.now)
    domain.checked_days(today, until, today)
    cell = await records.secure_waiting_cell(tx.conn, site)
    if cell is None:
        raise Refused(Refusal.CELL_UNKNOWN)
    if await blocks.in_the_way(tx.conn, cell, today, until) is not None:
        raise Refused(Refusal.CELL_TAKEN)
    use_id = uuid7()
    by = author(tx, officer)
    await blocks.block(tx.conn, use_id, cell, today, until, "secure_waiting", by, "incident", stay_id)
    return use_id


async def _insert(
    tx: Tx, stay_id: UUID, order: RecordOrder, officer: str, *, closes: UUID | None = None, use_id: UUID | None = None
) -> UUID:
    record_id = uuid7()
    said = {"id": record_id, "stay_id": stay_id, "closes": closes, "use_id": use_id}
    await records.insert_record(tx.conn, said | order._asdict() | author(tx, officer)._asdict())
    return record_id
