"""Queries on committal numbers, which only the vault holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection.tables import candidacies, committal_numbers, identities

_number = committal_numbers.c
_LIVE = _number.replaced_at.is_(None)


@dataclass(frozen=True)
class Committal:
    """A number as recorded: for which file and person, by whom (subject and function of the token), when (UTC)."""

    id: UUID
    candidacy_id: UUID
    person_id: UUID
    number: str
    recorded_by: str
    recorded_by_function: str
    recorded_at: datetime


async def committal_of(conn: AsyncConnection, candidacy_id: UUID) -> tuple[UUID, str] | None:
    """Id and number recorded for a file, if any. The file must be locked."""
    found = sa.select(_number.id, _number.number).where(_number.candidacy_id == candidacy_id, _LIVE)
    row = (await conn.execute(found)).first()
    return None if row is None else (row.id, row.number)


async def insert_committal(conn: AsyncConnection, committal: Committal) -> bool:
    """Records a number, in the place of the one that the file had; whether nobody else has it.

    Nothing is recorded where somebody has it.
    """
    taken = sa.select(sa.true()).where(
        _number.number == committal.number, _LIVE, _number.candidacy_id != committal.candidacy_id
    )
    # Two who record the same number at once come here one after the other.
    await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(committal.number, 0))))
    if (await conn.execute(taken)).first() is not None:
        return False
    replaced = sa.update(committal_numbers).where(_number.candidacy_id == committal.candidacy_id, _LIVE)
    await conn.execute(replaced.values(replaced_at=committal.recorded_at))
    await conn.execute(committal_numbers.insert(), vars(committal))
    return True


async def is_present_elsewhere(conn: AsyncConnection, person_id: UUID, candidacy_id: UUID) -> bool:
    """Whether another file of the person says that he or she has arrived and not left."""
    other = sa.exists().where(
        candidacies.c.person_id == person_id,
        candidacies.c.id != candidacy_id,
        candidacies.c.arrived_on.is_not(None),
        candidacies.c.departed_on.is_(None),
    )
    return bool((await conn.execute(sa.select(other))).scalar_one())


async def adopt_committal(conn: AsyncConnection, candidacy_id: UUID) -> None:
    """From now on the person goes by the number recorded for the file, if any; the former one is kept with it."""
    former = sa.select(identities.c.ecrou_number).where(identities.c.person_id == _number.person_id).scalar_subquery()
    kept = sa.update(committal_numbers).where(_number.candidacy_id == candidacy_id, _LIVE).values(former=former)
    row = (await conn.execute(kept.returning(_number.person_id, _number.number))).first()
    if row is not None:
        by_that = sa.update(identities).where(identities.c.person_id == row.person_id)
        await conn.execute(by_that.values(ecrou_number=row.number))
