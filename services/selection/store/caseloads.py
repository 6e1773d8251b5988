"""Writes that touch several files at once: a caseload reassigned, two files found to be one person's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import OPEN, writable
from services.selection.tables import candidacies, file_history, merges, reassignments


@dataclass(frozen=True)
class Reassignment:
    """An order to hand a caseload over. Officers: subjects of tokens. `ordered_at`: UTC."""

    id: UUID
    from_officer: str
    to_officer: str
    ordered_by: str
    ordered_by_function: str
    ordered_at: datetime


@dataclass(frozen=True)
class Merge:
    """Two files, as they stood, of one person. `merged_at`: UTC."""

    double: domain.File
    kept: domain.File
    statement: str | None
    merged_by: str
    merged_by_function: str
    merged_at: datetime


async def reassign(conn: AsyncConnection, order: Reassignment, scope: domain.Scope) -> None:
    """Moves every open file of the one officer that the scope may change to the other, each with its line of history.

    One statement: all of them or none, and none that comes in meanwhile is counted without being moved.
    """
    act = domain.Act.REASSIGN.value
    moved = (
        sa.update(candidacies)
        .where(candidacies.c.referent == order.from_officer, OPEN, writable(scope))
        .values(referent=order.to_officer, version=candidacies.c.version + 1)
        .returning(candidacies.c.id, candidacies.c.version, candidacies.c.state)
        .cte("moved")
    )
    who = (order.ordered_by, order.ordered_by_function, order.ordered_at)
    lines = (
        file_history.insert()
        .from_select(
            [column.name for column in file_history.c],
            sa.select(moved.c.id, moved.c.version, sa.literal(act), moved.c.state, *map(sa.literal, who)),
        )
        .cte("lines")
    )
    kept = {**vars(order), "files": sa.select(sa.func.count()).select_from(moved).scalar_subquery()}
    await conn.execute(reassignments.insert().values(kept).add_cte(lines))


async def reassignment_row(conn: AsyncConnection, reassignment_id: UUID) -> AnyRow:
    """A reassignment, with the number of its `files`."""
    return (await conn.execute(sa.select(reassignments).where(reassignments.c.id == reassignment_id))).one()


async def insert_merge(conn: AsyncConnection, merge: Merge) -> None:
    """Keeps who was taken for whom, by whom and why."""
    await conn.execute(
        merges.insert(),
        {
            "candidacy_id": merge.double.id,
            "kept_id": merge.kept.id,
            "person_id": merge.double.person_id,
            "kept_person_id": merge.kept.person_id,
            "statement": merge.statement,
            "merged_by": merge.merged_by,
            "merged_by_function": merge.merged_by_function,
            "merged_at": merge.merged_at,
        },
    )
