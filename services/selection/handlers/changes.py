"""Use cases of a change of assignment: what a withdrawal or a revocation becomes once the person has arrived."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.files import opened, write
from services.selection.handlers.terms import meet_deadline, open_deadline
from shared.messaging import Tx


async def ask_for_change(
    tx: Tx, candidacy_id: UUID, cause: domain.ChangeCause, revocation_id: UUID | None = None
) -> UUID:
    """Opens a request for another prison and its deadline; one that is open already is kept as it is.

    Nothing is decided, and the bed stays occupied until a departure is recorded.

    Args:
        candidacy_id: of a file that the caller has locked.
        revocation_id: the notice behind it, where the administration asks.

    Returns:
        The id of the request.
    """
    for row in await store.change_rows(tx.conn, candidacy_id):
        if row.state == domain.ChangeState.OPEN:
            known: UUID = row.id
            return known
    change_id = uuid7()
    today = domain.date_in_paris(tx.now)
    await store.insert_change(tx.conn, change_id, candidacy_id, cause, today, revocation_id)
    await open_deadline(
        tx,
        candidacy_id,
        domain.Due.CHANGE_OF_ASSIGNMENT,
        domain.add_months(today, domain.CHANGE_MONTHS),
        owner=domain.Role.DECISION_AUTHORITY,
        subject=change_id,
    )
    return change_id


async def close_change(
    tx: Tx,
    candidacy_id: UUID,
    change_id: UUID,
    editor: domain.Editor,
    signer: domain.Signer,
    *,
    granted: bool,
    reasons: str,
) -> UUID:
    """Answers a request for a change of assignment. Whoever is granted it leaves by a departure.

    Returns:
        The id of the request.

    Raises:
        domain.Refused: as `domain.admit`, by the signer, `reasons-missing`, `change-unknown` or `change-is-closed`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.CLOSE_CHANGE, editor)
    domain.check_signer(file, signer)
    if not reasons.strip():
        raise domain.Refused(domain.Refusal.REASONS_MISSING)
    row = next((row for row in await store.change_rows(tx.conn, file.id) if row.id == change_id), None)
    if row is None:
        raise domain.Refused(domain.Refusal.CHANGE_UNKNOWN)
    if row.state != domain.ChangeState.OPEN:
        raise domain.Refused(domain.Refusal.CHANGE_IS_CLOSED)
    answer = domain.ChangeState.GRANTED if granted else domain.ChangeState.REFUSED
    await store.close_change(
        tx.conn, change_id, answer, reasons=reasons, by=signer.id, function=signer.function, at=tx.now
    )
    await write(tx, file, domain.Act.CLOSE_CHANGE, state, editor)
    await meet_deadline(tx, domain.Due.CHANGE_OF_ASSIGNMENT, change_id)
    return change_id
