"""Queries on delegations."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import delegations


@dataclass(frozen=True)
class Recorded:
    """A delegation as it is entered: by whom (subject of the token) and when (UTC)."""

    id: UUID
    delegation: domain.Delegation
    recorded_by: str
    recorded_at: datetime


async def insert_delegation(conn: AsyncConnection, recorded: Recorded) -> None:
    """Enters a delegation."""
    delegation = recorded.delegation
    await conn.execute(
        delegations.insert(),
        {
            "id": recorded.id,
            "reference": delegation.reference,
            "delegate_id": delegation.delegate_id,
            "delegate_name": delegation.delegate_name,
            "authority": delegation.authority,
            "kinds": sorted(kind.value for kind in delegation.kinds),
            "valid_from": delegation.valid_from,
            "valid_until": delegation.valid_until,
            "recorded_by": recorded.recorded_by,
            "recorded_at": recorded.recorded_at,
        },
    )


_HELD = sa.select(delegations).where(
    delegations.c.delegate_id == sa.bindparam("delegate_id", type_=sa.Text),
    delegations.c.reference == sa.bindparam("reference", type_=sa.Text),
)


async def delegations_held(conn: AsyncConnection, delegate_id: str, reference: str) -> list[domain.Delegation]:
    """An officer's delegations of one reference, valid or not."""
    rows = await conn.execute(_HELD, {"delegate_id": delegate_id, "reference": reference})
    return [
        domain.Delegation(
            reference=row.reference,
            delegate_id=row.delegate_id,
            delegate_name=row.delegate_name,
            authority=row.authority,
            kinds=frozenset(map(domain.Kind, row.kinds)),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            ended_on=row.ended_on,
        )
        for row in rows
    ]


async def end_delegation(conn: AsyncConnection, delegation_id: UUID, *, on: date, by: str) -> bool:
    """Takes a delegation back from a day on; whether it stood until then.

    Args:
        by: subject of the officer.
    """
    ended = await conn.execute(
        sa.update(delegations)
        .where(delegations.c.id == delegation_id, delegations.c.ended_on.is_(None))
        .values(ended_on=on, ended_by=by)
        .returning(delegations.c.id)
    )
    return ended.first() is not None


async def delegation_row(conn: AsyncConnection, delegation_id: UUID) -> AnyRow:
    """A delegation by its id.

    Raises:
        domain.Refused: `delegation-unknown`.
    """
    row = (await conn.execute(sa.select(delegations).where(delegations.c.id == delegation_id))).first()
    if row is None:
        raise domain.Refused(domain.Refusal.DELEGATION_UNKNOWN)
    return row


async def delegation_rows(conn: AsyncConnection, *, before: UUID | None, limit: int) -> list[AnyRow]:
    """Delegations, the newest first.

    Args:
        before: id of the last one of the page before.
        limit: rows at most.
    """
    query = sa.select(delegations).order_by(delegations.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(delegations.c.id < before)
    return list(await conn.execute(query))
