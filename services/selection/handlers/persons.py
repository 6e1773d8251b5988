"""The person of a new file: somebody new, or somebody whom the vault knows, but never one by mistake for the other."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from shared.messaging import Tx


async def person_of(tx: Tx, identity: domain.Identity, known: UUID | None, *, different: bool) -> UUID:
    """Finds or enters the person, alone of all who do so for the same name and birth date.

    Args:
        identity: as the officer typed it; of a known person the écrou number is taken from it.
        known: whom the officer says that it is.
        different: the officer says that persons of the same name and birth date are others; kept with the person.

    Raises:
        domain.Refused: `possible-homonym` where neither is said, `person-unknown` where the vault does not know that
            person under this name, birth date and sex.
    """
    name = (identity.last_name, identity.first_names, identity.birth_date)
    await store.lock_name(tx.conn, *name)
    alike = await store.homonyms(tx.conn, *name)
    if known is not None:
        if not any(row.person_id == known and row.sex == identity.sex for row in alike):
            raise domain.Refused(domain.Refusal.PERSON_UNKNOWN)
        await store.set_ecrou_number(tx.conn, known, identity.ecrou_number)
        return known
    if alike and not different:
        raise domain.Refused(domain.Refusal.POSSIBLE_HOMONYM)
    person_id = uuid7()
    await store.insert_identity(tx.conn, person_id, identity, [row.person_id for row in alike])
    return person_id
