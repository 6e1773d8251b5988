"""The approvals that stand: which categories each orders to be told, and which of all the person allows now."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.tables import approvals


class Ordered(NamedTuple):
    """What a standing approval orders, and what is allowed of it."""

    decision_number: str
    ordered: list[str]
    allowed: list[str]


async def remember(conn: AsyncConnection, candidacy: UUID, decision: str, categories: Sequence[str]) -> None:
    """Notes an approval in the place of an earlier one: what it lists is what the person allowed when it was signed."""
    listed = list(categories)
    new = insert(approvals).values(candidacy_id=candidacy, decision_number=decision, ordered=listed, allowed=listed)
    replaced = {name: new.excluded[name] for name in Ordered._fields}
    await conn.execute(new.on_conflict_do_update(index_elements=["candidacy_id"], set_=replaced))


async def lock(conn: AsyncConnection, candidacy: UUID) -> Ordered | None:
    """The approval that stands, locked until the transaction ends; None when none does."""
    columns = (approvals.c[name] for name in Ordered._fields)
    row = await conn.execute(sa.select(*columns).where(approvals.c.candidacy_id == candidacy).with_for_update())
    found = row.first()
    return None if found is None else Ordered(*found)


async def allow(conn: AsyncConnection, candidacy: UUID, categories: Sequence[str]) -> None:
    """Notes what the person allows from now on."""
    of = approvals.c.candidacy_id == candidacy
    await conn.execute(sa.update(approvals).where(of).values(allowed=list(categories)))


async def forget(conn: AsyncConnection, candidacy: UUID) -> None:
    """The approval does not stand any more."""
    await conn.execute(sa.delete(approvals).where(approvals.c.candidacy_id == candidacy))
