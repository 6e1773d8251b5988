"""Queries on the vault: identities go in, and come out only with a note of who read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import identities, identity_reads


@dataclass(frozen=True)
class Read:
    """One read of the vault, as logged: who, in which function, when (UTC), why, of whom, by which route.

    Args:
        decision_id: what was read of the person, where it was one decision's letter or restricted reasons.
    """

    reader: str
    reader_function: str
    read_at: datetime
    purpose: domain.Purpose
    person_id: UUID
    route: str
    decision_id: UUID | None = None


async def insert_identity(
    conn: AsyncConnection, person_id: UUID, identity: domain.Identity, different_from: Iterable[UUID] = ()
) -> None:
    """Puts a person into the vault.

    Args:
        different_from: persons of the same name and birth date of whom an officer says that they are others.
    """
    row = {"person_id": person_id, **_data(identity), "different_from": list(different_from)}
    await conn.execute(identities.insert(), row)


async def save_identity(conn: AsyncConnection, person_id: UUID, identity: domain.Identity) -> None:
    """Replaces what the vault says of a person. The caller has locked a file of that person."""
    await conn.execute(sa.update(identities).where(identities.c.person_id == person_id).values(_data(identity)))


async def log_reads(conn: AsyncConnection, reads: Sequence[Read]) -> None:
    """Notes who reads what of which persons, in the transaction of the read and before it."""
    await conn.execute(identity_reads.insert(), [{**vars(read), "purpose": read.purpose.value} for read in reads])


async def read_identity(conn: AsyncConnection, read: Read) -> AnyRow:
    """A person of the vault. Logs the read in the same transaction, before it happens."""
    (row,) = await read_identities(conn, [read])
    return row


async def read_identities(conn: AsyncConnection, reads: Sequence[Read]) -> list[AnyRow]:
    """Persons of the vault, each logged as `read_identity` does."""
    if not reads:
        return []
    await log_reads(conn, reads)
    ids = [read.person_id for read in reads]
    return list(await conn.execute(sa.select(identities).where(identities.c.person_id.in_(ids))))


def identity_of(row: AnyRow) -> domain.Identity:
    """A row of the vault as the rules take it."""
    return domain.Identity(row.last_name, row.first_names, row.birth_date, row.ecrou_number, sex=domain.Sex(row.sex))


def _data(identity: domain.Identity) -> dict[str, object]:
    return {
        "last_name": identity.last_name,
        "first_names": identity.first_names,
        "birth_date": identity.birth_date,
        "ecrou_number": identity.ecrou_number,
        "sex": identity.sex.value,
    }
