"""Use case of whoever gives the person a decision: from then on the time of the appeal runs."""

from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.terms import meet_deadline, open_deadline
from shared.messaging import Tx


async def hand_over(
    tx: Tx, decision_id: UUID, given: domain.HandOver, scope: domain.Scope, policy: domain.Policy
) -> UUID:
    """Notes that the person was given a decision, once, and starts the time of the appeal.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: `decision-unknown`, `passed-to-site`, `impossible-dates` or `already-handed-over`.
    """
    row = await store.handed_decision_row(tx.conn, decision_id, scope)
    scope.check_write(row.establishment, row.arrived_on)
    given.check(row.decided_on, domain.date_in_paris(tx.now))
    until = domain.appeal_until(given.handed_on, policy, french_holiday)
    if not await store.insert_hand_over(tx.conn, decision_id, given, appeal_until=until, recorded_at=tx.now):
        raise domain.Refused(domain.Refusal.ALREADY_HANDED_OVER)
    await meet_deadline(tx, domain.Due.HAND_OVER, decision_id)
    if until >= domain.date_in_paris(tx.now):
        kind, owner = domain.Due.APPEAL_PERIOD, domain.Role.SPIP
        await open_deadline(tx, row.candidacy_id, kind, until, owner=owner, subject=decision_id)
    return decision_id
