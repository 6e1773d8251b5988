"""The use case of a lapse: a named officer finds that a candidacy has lapsed. Never a timer."""

from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.files import opened, write
from services.selection.handlers.undoing import end_revocation, leave_lists, sign_end, undo
from shared.contracts.selection import CandidacyLapsed
from shared.messaging import Tx


async def lapse(
    tx: Tx,
    candidacy_id: UUID,
    grounds: domain.Grounds,
    signer: domain.Signer,
    editor: domain.Editor,
    policy: domain.Policy,
) -> UUID:
    """Enters the signed act and undoes what an approval had set off, as a withdrawal does.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit`, by the signer, `person-has-arrived`, or `not-on-review-list`. Nothing was
            changed.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.LAPSE, editor)
    if file.arrived_on is not None:
        raise domain.Refused(domain.Refusal.PERSON_HAS_ARRIVED)
    if not await store.open_reviews(tx.conn, file.id):
        raise domain.Refused(domain.Refusal.NOT_ON_REVIEW_LIST)
    await leave_lists(tx, file.id, domain.ReviewOutcome.LAPSED, editor.id)
    await end_revocation(tx, file.id, editor.id)
    decision_id, number = await sign_end(tx, file, domain.Kind.LAPSED, grounds, signer, policy)
    version = await undo(tx, file, CandidacyLapsed(decision_number=file.approval_number))
    values = {"decision_number": number}
    await write(tx, file, domain.Act.LAPSE, state, editor, version=version, values=values)
    return decision_id
