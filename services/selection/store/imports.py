"""Queries on tables of files that are brought in."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection.store.data import AnyRow
from services.selection.tables import imported_lines, imports


async def insert_import(
    conn: AsyncConnection, import_id: UUID, *, at: datetime, officer: str, establishment: str | None, dry_run: bool
) -> None:
    """Opens a run; its report is written at its end."""
    await conn.execute(
        imports.insert(),
        {
            "id": import_id,
            "at": at,
            "officer": officer,
            "establishment": establishment,
            "dry_run": dry_run,
            "report": [],
        },
    )


async def report_import(conn: AsyncConnection, import_id: UUID, report: list[dict[str, object]]) -> None:
    """Writes what became of each line."""
    await conn.execute(sa.update(imports).where(imports.c.id == import_id).values(report=report))


async def imported(conn: AsyncConnection, establishment: str | None, reference: str) -> UUID | None:
    """The file that a reference was brought in as; None if it never was."""
    found = await conn.execute(
        sa.select(imported_lines.c.candidacy_id).where(
            imported_lines.c.establishment == (establishment or ""), imported_lines.c.reference == reference
        )
    )
    candidacy_id: UUID | None = found.scalar_one_or_none()
    return candidacy_id


async def insert_imported(
    conn: AsyncConnection, establishment: str | None, reference: str, *, candidacy_id: UUID, import_id: UUID
) -> bool:
    """Notes which file a reference became; False, and nothing noted, when it became another one meanwhile.

    Waits for whoever brings the same reference in at this moment.
    """
    row = {
        "establishment": establishment or "",
        "reference": reference,
        "candidacy_id": candidacy_id,
        "import_id": import_id,
    }
    noted = await conn.execute(
        insert(imported_lines).values(row).on_conflict_do_nothing().returning(imported_lines.c.reference)
    )
    return noted.first() is not None


async def import_row(conn: AsyncConnection, import_id: UUID) -> AnyRow | None:
    """A run with its report."""
    return (await conn.execute(sa.select(imports).where(imports.c.id == import_id))).first()
