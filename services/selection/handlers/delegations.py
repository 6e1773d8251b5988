"""Use cases of the competent authority: give a delegation, and take it back."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from shared.messaging import Tx


async def record_delegation(
    tx: Tx, delegation: domain.Delegation, officer: domain.Signer, policy: domain.Policy
) -> UUID:
    """Enters a delegation.

    Args:
        officer: who enters it.

    Returns:
        The id of the delegation.

    Raises:
        domain.Refused: `not-competent`.
    """
    domain.check_competent(officer.function, policy)
    recorded = store.Recorded(uuid7(), delegation, officer.id, tx.now)
    await store.insert_delegation(tx.conn, recorded)
    return recorded.id


async def end_delegation(tx: Tx, delegation_id: UUID, officer: domain.Signer, policy: domain.Policy) -> UUID:
    """Takes a delegation back: from now on nobody signs by it. What was signed stands.

    Returns:
        The id of the delegation.

    Raises:
        domain.Refused: `not-competent`, `delegation-unknown` or `delegation-ended`.
    """
    domain.check_competent(officer.function, policy)
    on = domain.date_in_paris(tx.now)
    if not await store.end_delegation(tx.conn, delegation_id, on=on, by=officer.id):
        await store.delegation_row(tx.conn, delegation_id)
        raise domain.Refused(domain.Refusal.DELEGATION_ENDED)
    return delegation_id
