"""Use case of the committal number: placement hands it over with the arrival, and keeps no copy."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from shared.messaging import Tx


async def record_committal(tx: Tx, candidacy_id: UUID, number: str, officer: str) -> UUID:
    """Records the number that a person is given on arrival. The same again changes nothing.

    The person goes by it once placement says that the arrival is recorded; until then another number replaces it.

    Args:
        officer: subject of the token.

    Returns:
        the candidacy.

    Raises:
        domain.Refused: `candidacy-unknown`; `present-elsewhere`: another file says that the person is there;
            `committal-number-taken`: another person has it; `committal-number-recorded`: the person has arrived by
            another number.
    """
    file = await store.lock_file(tx.conn, candidacy_id)
    known = await store.committal_of(tx.conn, candidacy_id)
    if known is not None and known[1] == number:
        return candidacy_id
    if file.arrived_on is not None:
        raise domain.Refused(domain.Refusal.COMMITTAL_NUMBER_RECORDED)
    if await store.is_present_elsewhere(tx.conn, file.person_id, candidacy_id):
        raise domain.Refused(domain.Refusal.PRESENT_ELSEWHERE)
    committal = store.Committal(uuid7(), candidacy_id, file.person_id, number, officer, tx.actor.function, tx.now)
    if not await store.insert_committal(tx.conn, committal):
        raise domain.Refused(domain.Refusal.COMMITTAL_NUMBER_TAKEN)
    return candidacy_id
