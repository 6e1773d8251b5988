"""Queries on requests for a change of assignment."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import candidacies, change_of_assignments


async def insert_change(
    conn: AsyncConnection,
    change_id: UUID,
    candidacy_id: UUID,
    cause: domain.ChangeCause,
    requested_on: date,
    revocation_id: UUID | None,
) -> None:
    """Opens a request; the database allows one open per file."""
    await conn.execute(
        change_of_assignments.insert(),
        {
            "id": change_id,
            "candidacy_id": candidacy_id,
            "cause": cause.value,
            "revocation_id": revocation_id,
            "requested_on": requested_on,
            "state": domain.ChangeState.OPEN.value,
        },
    )


async def change_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All requests of a file, the newest first."""
    found = await conn.execute(
        sa.select(change_of_assignments)
        .where(change_of_assignments.c.candidacy_id == candidacy_id)
        .order_by(change_of_assignments.c.id.desc())
    )
    return list(found)


async def change_row(conn: AsyncConnection, change_id: UUID) -> AnyRow:
    """A request, with the `version` of its file now."""
    found = await conn.execute(
        sa.select(change_of_assignments, candidacies.c.version)
        .join(candidacies, candidacies.c.id == change_of_assignments.c.candidacy_id)
        .where(change_of_assignments.c.id == change_id)
    )
    return found.one()


async def close_change(
    conn: AsyncConnection,
    change_id: UUID,
    state: domain.ChangeState,
    *,
    reasons: str,
    by: str,
    function: str,
    at: datetime,
) -> None:
    """Writes the answer."""
    await conn.execute(
        sa.update(change_of_assignments)
        .where(change_of_assignments.c.id == change_id)
        .values(state=state.value, reasons=reasons, closed_by=by, closed_by_function=function, closed_at=at)
    )
