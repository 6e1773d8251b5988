"""Queries on reasons that the person may not be told: written with their decision, read by few."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import restricted_reasons


async def insert_restricted_reasons(conn: AsyncConnection, decision_id: UUID, words: str) -> None:
    """Keeps the restricted part of a decision, with a digest of its own."""
    digest = restricted_digest(decision_id, words)
    await conn.execute(restricted_reasons.insert(), {"decision_id": decision_id, "words": words, "digest": digest})


async def restricted_reasons_row(conn: AsyncConnection, decision_id: UUID) -> AnyRow | None:
    """The restricted part of a decision; None where there is none. The caller has checked and noted who reads it."""
    found = await conn.execute(sa.select(restricted_reasons).where(restricted_reasons.c.decision_id == decision_id))
    return found.first()


def restricted_digest(decision_id: UUID, words: str) -> bytes:
    """SHA-256, 32 bytes, of the decision's id and the words."""
    return domain.act_digest({"decision_id": str(decision_id), "words": words})
