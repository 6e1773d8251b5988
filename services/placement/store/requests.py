"""Requests and their locks: which function takes a lock, its name says. Each statement is built once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import CellType, Need, Request, Sex, State
from services.placement.tables import assignments, requests


def _request(row: Any) -> Request:
    need = None
    if row.decided_on is not None:
        need = Need(
            decided_on=row.decided_on,
            file_number=row.file_number,
            sex=Sex(row.sex),
            cell_type=CellType(row.cell_type),
            planned_entry=row.planned_entry,
            projected_exit=row.projected_exit,
        )
    return Request(
        id=row.id,
        candidacy_id=row.candidacy_id,
        site=row.site,
        event_id=row.event_id,
        decision_number=row.decision_number,
        need=need,
        pool=row.pool,
        stay_id=row.stay_id,
        state=State(row.state),
        overdue=row.overdue,
        version=row.version,
    )


_NO_NEED = dict.fromkeys(Need._fields)


def _row(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "candidacy_id": request.candidacy_id,
        "site": request.site,
        "event_id": request.event_id,
        "decision_number": request.decision_number,
        **(request.need._asdict() if request.need else _NO_NEED),
        "pool": request.pool,
        "stay_id": request.stay_id,
        "state": request.state,
        "overdue": request.overdue,
        "version": request.version,
    }


async def lock_pools(conn: AsyncConnection, candidacy_id: UUID, wanted: str | None) -> tuple[str, ...]:
    """Locks the pool that is wanted and the one that the candidacy's request has now, in the order of their codes.

    Args:
        conn: the caller's transaction.
        candidacy_id: whose event is handled.
        wanted: code of a pool, which need not exist.

    Returns:
        the codes of the pools that are locked now.
    """
    rows = await conn.execute(_LOCK_POOLS, {"candidacy_id": candidacy_id, "wanted": wanted})
    return tuple(rows.scalars())


_LOCK_POOLS = sa.text(
    """
    SELECT code FROM pools
    WHERE code IN (:wanted, (SELECT pool FROM requests WHERE candidacy_id = :candidacy_id))
    ORDER BY code FOR UPDATE
    """
).bindparams(sa.bindparam("wanted", type_=sa.Text), sa.bindparam("candidacy_id", type_=sa.Uuid))


async def claim(conn: AsyncConnection, new: Request) -> Request:
    """Makes the candidacy's one request, or locks and gives the one that there is; tell them apart by `id`."""
    return _request((await conn.execute(_CLAIM, _row(new))).one())


_new = insert(requests)
_CLAIM = _new.on_conflict_do_update(
    # Writes what is there already: a conflicting row is only returned when it is written, and it is locked by that.
    index_elements=["candidacy_id"],
    set_={"candidacy_id": _new.excluded.candidacy_id},
).returning(*requests.c)


async def save(conn: AsyncConnection, request: Request) -> None:
    """Writes a request that the caller has locked."""
    await conn.execute(_SAVE, {"key": request.id, **_row(request)})


_SAVE = sa.update(requests).where(requests.c.id == sa.bindparam("key"))


async def lock_request_of(conn: AsyncConnection, stay_id: UUID) -> Request | None:
    """Locks and gives the request that a stay belongs, or once belonged, to."""
    row = (await conn.execute(_LOCK_OF_STAY, {"stay_id": stay_id})).first()
    return None if row is None else _request(row)


_LOCK_OF_STAY = (
    sa.select(requests)
    .where(
        sa.or_(
            requests.c.stay_id == sa.bindparam("stay_id"),
            requests.c.id
            == sa.select(assignments.c.request_id).where(assignments.c.id == sa.bindparam("stay_id")).scalar_subquery(),
        )
    )
    .with_for_update()
)


async def lock_request_if_idle(conn: AsyncConnection, request_id: UUID) -> Request | None:
    """Locks and gives a request, or None while another transaction has it locked."""
    row = (await conn.execute(_LOCK_IF_IDLE, {"request_id": request_id})).first()
    return None if row is None else _request(row)


_LOCK_IF_IDLE = sa.select(requests).where(requests.c.id == sa.bindparam("request_id")).with_for_update(skip_locked=True)


async def first_in_line(conn: AsyncConnection, pool: str, skipped: Sequence[UUID]) -> tuple[Request, str, bool] | None:
    """Who is the first of a pool's line for whom a cell is free, and which.

    The pool must be locked. The line is walked in its order along an index, and each one's cell is found by one step in
    either of two indexes: a cell without any stay, else one that is free for good by then, else the tightest gap.

    Args:
        conn: the caller's transaction.
        pool: its code.
        skipped: candidacies to pass over.

    Returns:
        the request, the code of the cell, and whether there is a second one in line for whom a cell is free.
    """
    rows = (await conn.execute(_FIRST_IN_LINE, {"pool": pool, "skipped": list(skipped)})).all()
    return (_request(rows[0]), rows[0].cell, len(rows) > 1) if rows else None


_FIRST_IN_LINE = sa.text(
    """
    SELECT requests.*, free.cell
    FROM requests CROSS JOIN LATERAL (
        (SELECT cell FROM vacancies
         WHERE pool = :pool AND upper_inf(period) AND coalesce(lower(period), '-infinity') <= requests.planned_entry
         ORDER BY coalesce(lower(period), '-infinity'), cell LIMIT 1)
        UNION ALL
        (SELECT cell FROM vacancies
         WHERE pool = :pool AND NOT upper_inf(period) AND upper(period) >= requests.projected_exit
             AND coalesce(lower(period), '-infinity') <= requests.planned_entry
         ORDER BY upper(period) LIMIT 1)
        LIMIT 1
    ) AS free
    WHERE requests.pool = :pool AND requests.state IN ('requested', 'waitlisted')
        AND requests.candidacy_id <> ALL (:skipped)
    ORDER BY requests.decided_on, requests.file_number, requests.id LIMIT 2
    """
).bindparams(sa.bindparam("pool", type_=sa.Text), sa.bindparam("skipped", type_=sa.ARRAY(sa.Uuid)))
