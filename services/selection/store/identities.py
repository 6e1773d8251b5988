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
    """One read of the vault, as logged: who, in which function, when (UTC), why, of whom, by which route."""

    reader: str
    reader_function: str
    read_at: datetime
    purpose: domain.Purpose
    person_id: UUID
    route: str


async def insert_identity(
    conn: AsyncConnection, person_id: UUID, identity: domain.Identity, different_from: Iterable[UUID] = ()
) -> None:
    """Puts a person into the vault.

    Args:
        different_from: persons of the same name and birth date of whom an officer says that they are others.
    """
    await conn.execute(
        identities.insert(),
        {
            "person_id": person_id,
            "last_name": identity.last_name,
            "first_names": identity.first_names,
            "birth_date": identity.birth_date,
            "ecrou_number": identity.ecrou_number,
            "sex": identity.sex.value,
            "different_from": list(different_from),
        },
    )


async def read_identity(conn: AsyncConnection, read: Read) -> AnyRow:
    """A person of the vault. Logs the read in the same transaction, before it happens."""
    (row,) = await read_identities(conn, [read])
    return row


async def read_identities(conn: AsyncConnection, reads: Sequence[Read]) -> list[AnyRow]:
    """Persons of the vault, each logged as `read_identity` does."""
    if not reads:
        return []
    await conn.execute(identity_reads.insert(), [{**vars(read), "purpose": read.purpose.value} for read in reads])
    ids = [read.person_id for read in reads]
    return list(await conn.execute(sa.select(identities).where(identities.c.person_id.in_(ids))))
