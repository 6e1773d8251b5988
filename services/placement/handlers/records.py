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

    Secure waiting takes the site's cell for it; the person's own bed stays the person's. The very same again changes
    nothing.

    Returns:
        the line.

    Raises:
        Refused: nobody is there on that stay, such a line is open, the day cannot be, the cell is taken, or the phase
            is recorded since another day, or before the one that comes first.
    """
    today = domain.date_in_paris(tx.now)
    request, _ = await locked(tx, stay_id)
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    arrival = (await store.occupation_of(tx.conn, stay_id)).arrival
    if request.state is not State.ARRIVED or request.stay_id != stay_id or arrival is None:
        raise Refused(Refusal.STAY_NOT_ARRIVED)
    if (known := await records.same_line(tx.conn, stay_id, order._asdict())) is not None:
        return known
    if not arrival.arrived_on <= order.day <= today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    if order.until is not None:
        domain.checked_days(order.day, order.until, order.day)
    if order.kind == "phase":
        await _check_phase(tx, stay_id, order)
    if order.kind in ONE_AT_A_TIME and await records.open_id(tx.conn, stay_id, order.kind) is not None:
        raise Refused(Refusal.RECORD_OPEN)
    use_id = None
    if order.kind == "secure_waiting":
        use_id = await _take_secure_cell(tx, site, stay_id, order.until or today + timedelta(days=1), officer)
    return await _insert(tx, stay_id, order, officer, use_id=use_id)


async def close_record(tx: Tx, stay_id: UUID, record_id: UUID, code: str, officer: str) -> UUID:
    """Closes a line today: somebody is back, left secure waiting, or a proposed exit was decided elsewhere.

    The very same again changes nothing.

    Returns:
        the line that is closed.

    Raises:
        Refused: `record-unknown`, `record-closed`.
    """
    await locked(tx, stay_id)
    row = await records.record_row(tx.conn, record_id)
    if row is not None and row.stay_id == stay_id and row.closed_code == code:
        return record_id
    await _close(tx, stay_id, record_id, code, officer)
    return record_id


async def leave_secure_waiting(tx: Tx, stay_id: UUID, officer: str) -> None:
    """Gives the secure waiting cell back when whoever waits there leaves the site. The caller has the locks."""
    record_id = await records.open_id(tx.conn, stay_id, "secure_waiting")
    if record_id is not None:
        await _close(tx, stay_id, record_id, "ended", officer)


async def note(tx: Tx, stay_id: UUID, kind: str, code: str, officer: str) -> None:
    """Adds a line of today that says who did what nothing else names the author of. The caller has the locks."""
    await _insert(tx, stay_id, RecordOrder(kind, code, domain.date_in_paris(tx.now), None, None), officer)


async def observe(tx: Tx, stay_id: UUID, record_id: UUID, words: str, officer: str) -> UUID:
    """Adds the person's observations to a proposed exit that is open.

    Raises:
        Refused: `record-unknown`, `record-closed`.
    """
    await locked(tx, stay_id)
    said = {"kind": "observations", "code": str(record_id), "observations": words}
    if (known := await records.same_line(tx.conn, stay_id, said)) is not None:
        return known
    await _open_line(tx, stay_id, record_id)
    order = RecordOrder("observations", str(record_id), domain.date_in_paris(tx.now), None, words)
    return await _insert(tx, stay_id, order, officer)


async def _check_phase(tx: Tx, stay_id: UUID, order: RecordOrder) -> None:
    if await records.phase(tx.conn, stay_id, order.code) is not None:
        raise Refused(Refusal.PHASE_RECORDED)
    if order.code == "preparing_exit" and await records.phase(tx.conn, stay_id, "engaged") is None:
        raise Refused(Refusal.PHASE_OUT_OF_ORDER)


async def _close(tx: Tx, stay_id: UUID, record_id: UUID, code: str, officer: str) -> None:
    use_id, today = await _open_line(tx, stay_id, record_id), domain.date_in_paris(tx.now)
    if use_id is not None:
        await blocks.unblock(tx.conn, use_id, today, author(tx, officer), "secure_waiting_ended")
    await _insert(tx, stay_id, RecordOrder("closing", code, today, None, None), officer, closes=record_id)


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
    in_the_way = await blocks.in_the_way(tx.conn, cell, today, until) is not None
    if in_the_way or await records.somebody_waits_in(tx.conn, cell):
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
