"""Requests and their locks: which function takes a lock, its name says. Each statement is built once."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import CellType, Need, Request, Sex, State
from services.placement.tables import assignments, requests


def request_of(row: Any) -> Request:
    """The request that a row of its table, or one with its columns, holds."""
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
        ordered_entry=row.ordered_entry,
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
        "ordered_entry": request.ordered_entry,
    }


async def lock_pools(conn: AsyncConnection, candidacy_id: UUID, wanted: str | None) -> tuple[str, ...]:
    """Locks all pools of the sex that is wanted and of the one that the candidacy's request has, in order of codes.

    Units mix types of cells, and a person's nights may bear on another's of the same unit.

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
    WHERE cell_type <> 'arrival' AND (site, sex) IN (
        SELECT site, sex FROM pools
        WHERE code IN (:wanted, (SELECT pool FROM requests WHERE candidacy_id = :candidacy_id))
    )
    ORDER BY code FOR UPDATE
    """
).bindparams(sa.bindparam("wanted", type_=sa.Text), sa.bindparam("candidacy_id", type_=sa.Uuid))


async def lock_pools_of_site(conn: AsyncConnection, site: str) -> tuple[str, ...]:
    """Locks all pools of a site, in order of codes, and gives these: for an act that concerns several of them."""
    return tuple((await conn.execute(_LOCK_POOLS_OF_SITE, {"site": site})).scalars())


_LOCK_POOLS_OF_SITE = sa.text(
    "SELECT code FROM pools WHERE cell_type <> 'arrival' AND site = :site ORDER BY code FOR UPDATE"
)


async def claim(conn: AsyncConnection, new: Request) -> Request:
    """Makes the candidacy's one request, or locks and gives the one that there is; tell them apart by `id`."""
    return request_of((await conn.execute(_CLAIM, _row(new))).one())


_new = insert(requests)
_CLAIM = _new.on_conflict_do_update(
    # Writes what is there already: a conflicting row is only returned when it is written, and it is locked by that.
    index_elements=["candidacy_id"],
    set_={"candidacy_id": _new.excluded.candidacy_id},
).returning(*requests.c)


async def save(conn: AsyncConnection, request: Request) -> None:
    """Writes a request that the caller has locked. Whoever went ahead did so for the order that ends here."""
    over = IN_ORDER if request.state in {State.CANCELLED, State.DEPARTED} else {}
    await conn.execute(_SAVE, {"key": request.id, **_row(request), **over})


IN_ORDER: dict[str, None] = dict.fromkeys(("ahead_at", "ahead_by", "ahead_by_function", "ahead_because"))
"""The columns of somebody who waits in the order of decisions."""
_SAVE = sa.update(requests).where(requests.c.id == sa.bindparam("key"))


async def lock_request_of(conn: AsyncConnection, stay_id: UUID) -> Request | None:
    """Locks and gives the request that a stay belongs, or once belonged, to."""
    row = (await conn.execute(_LOCK_OF_STAY, {"stay_id": stay_id})).first()
    return None if row is None else request_of(row)


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
    return None if row is None else request_of(row)


_LOCK_IF_IDLE = sa.select(requests).where(requests.c.id == sa.bindparam("request_id")).with_for_update(skip_locked=True)
