"""Queries on persons: who has the same name, who is meant by a name or a number, who was entered twice."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import OPEN, readable
from services.selection.tables import candidacies, identities

_LONGEST_NUMBER = 18
_PLAIN = sa.func.vault.plain(sa.bindparam("written", type_=sa.Text), type_=sa.Text)
# Held until the transaction ends, so that of two officers who enter the same person at once the second sees the first.
_LOCK = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.func.hashtextextended(_PLAIN + sa.cast(sa.bindparam("born_on", type_=sa.Date), sa.Text), 0)
    )
)
_kept = identities.alias("kept")
_HOMONYMS = (
    sa.select(
        _kept.c.person_id,
        _kept.c.sex,
        sa.select(candidacies.c.establishment)
        .where(candidacies.c.person_id == _kept.c.person_id)
        .order_by(candidacies.c.file_number.desc())
        .limit(1)
        .scalar_subquery()
        .label("establishment"),
        sa.exists().where(candidacies.c.person_id == _kept.c.person_id, OPEN).label("has_open_file"),
    )
    .distinct()
    .join_from(
        identities, _kept, _kept.c.person_id == sa.func.coalesce(identities.c.merged_into, identities.c.person_id)
    )
    .where(identities.c.plain_name == _PLAIN, identities.c.birth_date == sa.bindparam("born_on", type_=sa.Date))
    .order_by(_kept.c.person_id)
)


async def lock_name(conn: AsyncConnection, last_name: str, first_names: str, born_on: date) -> None:
    """Makes others who look for, or enter, a person of this name and birth date wait for the end of the transaction."""
    await conn.execute(_LOCK, {"written": f"{last_name} {first_names}", "born_on": born_on})


async def homonyms(conn: AsyncConnection, last_name: str, first_names: str, born_on: date) -> list[AnyRow]:
    """Persons of the same name and birth date, whatever accents, case and punctuation.

    Whoever was entered twice is found under both spellings, once.

    Returns:
        Rows of `person_id, sex, establishment` (of the latest file), `has_open_file`.
    """
    return list(await conn.execute(_HOMONYMS, {"written": f"{last_name} {first_names}", "born_on": born_on}))


async def find_persons(conn: AsyncConnection, sought: str, scope: domain.Scope, *, limit: int) -> list[UUID]:
    """Persons with a file in scope whose name resembles what is sought, or whose écrou or file number is exactly that.

    Args:
        sought: as typed.

    Returns:
        Ids, numbers first, then the most alike first.
    """
    is_number = sought.isdecimal() and sought.isascii() and len(sought) <= _LONGEST_NUMBER
    names = identities.c.plain_name
    exact = sa.literal_column("2.0", sa.Float)
    hits = sa.union_all(
        sa.select(identities.c.person_id, identities.c.merged_into, exact.label("likeness")).where(
            identities.c.ecrou_number == sought
        ),
        sa.select(candidacies.c.person_id, sa.null(), exact).where(
            candidacies.c.file_number == (int(sought) if is_number else None)
        ),
        sa.select(identities.c.person_id, identities.c.merged_into, sa.func.word_similarity(_PLAIN, names)).where(
            _PLAIN.op("<%")(names)
        ),
    ).subquery()
    person_id = sa.func.coalesce(hits.c.merged_into, hits.c.person_id).label("person_id")
    in_scope = sa.exists().where(candidacies.c.person_id == person_id, readable(scope))
    query = (
        sa.select(person_id)
        .where(in_scope)
        .group_by(person_id)
        .order_by(sa.func.max(hits.c.likeness).desc(), person_id)
        .limit(limit)
    )
    return list((await conn.execute(query, {"written": sought})).scalars())


async def files_of(conn: AsyncConnection, person_ids: Sequence[UUID], scope: domain.Scope) -> list[AnyRow]:
    """The files in scope of some persons: `person_id, id, file_number, state, establishment`, the latest first."""
    found = await conn.execute(
        sa.select(
            candidacies.c.person_id,
            candidacies.c.id,
            candidacies.c.file_number,
            candidacies.c.state,
            candidacies.c.establishment,
        )
        .where(candidacies.c.person_id.in_(person_ids), readable(scope))
        .order_by(candidacies.c.file_number.desc())
    )
    return list(found)


async def set_ecrou_number(conn: AsyncConnection, person_id: UUID, ecrou_number: str) -> None:
    """The number of the prison where the person is now."""
    await conn.execute(
        sa.update(identities).where(identities.c.person_id == person_id).values(ecrou_number=ecrou_number)
    )


async def agree(conn: AsyncConnection, one: UUID, other: UUID) -> bool:
    """Whether two persons of the vault are one, or have the same name and birth date."""
    alike = sa.select(sa.func.count().label("count")).select_from(
        sa.select(identities.c.plain_name, identities.c.birth_date)
        .distinct()
        .where(identities.c.person_id.in_((one, other)))
        .subquery()
    )
    return (await conn.execute(alike)).scalar_one() == 1


async def unite(conn: AsyncConnection, person_id: UUID, kept: UUID) -> None:
    """All files of a person go to another one, who is the same. The row in the vault stays, and says so."""
    await conn.execute(sa.update(candidacies).where(candidacies.c.person_id == person_id).values(person_id=kept))
    known_as = sa.or_(identities.c.person_id == person_id, identities.c.merged_into == person_id)
    await conn.execute(sa.update(identities).where(known_as).values(merged_into=kept))
