"""Use cases of a withdrawal: what it would undo, and the withdrawal itself, which is never refused."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain, store
from services.selection.handlers.changes import ask_for_change
from services.selection.handlers.files import opened, write
from services.selection.handlers.journeys import read_journey
from services.selection.handlers.receipts import issue_receipt
from services.selection.handlers.terms import ask_review
from services.selection.handlers.undoing import end_revocation, leave_lists, undo
from shared.contracts.selection import CandidacyWithdrawn
from shared.messaging import Tx


@dataclass(frozen=True)
class WithdrawalPreview:
    """What a withdrawal would do now. `version`: of the file, for `If-Match`."""

    version: int
    state: domain.State
    decision_number: str | None
    arrived_on: date | None
    undoing: domain.Undoing


async def preview_withdrawal(
    conn: AsyncConnection, candidacy_id: UUID, now: datetime, scope: domain.Scope
) -> WithdrawalPreview:
    """What a withdrawal would undo, from the journey as it is known here. Changes nothing.

    Args:
        now: UTC.
        scope: whose files this officer may see.

    Raises:
        domain.Refused: as `Scope.check_write`: what the withdrawal itself would say.
    """
    row = await store.candidacy_row(conn, candidacy_id)
    scope.check_write(row.establishment, row.arrived_on)
    state = domain.State(row.state)
    journey = await read_journey(conn, candidacy_id, state, now)
    shown = domain.undoing(state, journey, arrived=row.arrived_on is not None, departed=row.departed_on is not None)
    number = row.decision_number if state is domain.State.APPROVED else None
    return WithdrawalPreview(row.version, state, number, row.arrived_on, shown)


async def withdraw(tx: Tx, candidacy_id: UUID, editor: domain.Editor, *, withdrawn_on: date | None) -> UUID:
    """The candidate takes the consent back. Whatever an approval set off is cancelled in the same transaction.

    Once the person has arrived nothing is freed: the approval stands, another prison is asked for, and a human looks at
    it. A draft was known to nobody, so nobody is told. Of a file that is closed already it records the date, if none is
    known, and changes nothing else.

    Args:
        withdrawn_on: date on the candidate's letter, Europe/Paris; None for today.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`, or `impossible-dates`: withdrawn before it was signed, or in the future.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.WITHDRAW, editor)
    today = domain.date_in_paris(tx.now)
    on = withdrawn_on or today
    signed_on = file.case.facts.consent_signed_on
    if on > today or (signed_on is not None and on < signed_on):
        raise domain.Refused(domain.Refusal.IMPOSSIBLE_DATES)
    known = file.case.facts.consent_withdrawn_on
    values = {"consent_withdrawn_on": known or on}
    receipt, answer_months = domain.Requested.WITHDRAWAL, None
    if file.state not in domain.OPEN:
        written = await write(tx, file, domain.Act.WITHDRAW, state, editor, values=values)
    elif file.arrived_on is not None:
        written = await write(tx, file, domain.Act.WITHDRAW, file.state, editor, values=values)
        if file.departed_on is None:
            await ask_for_change(tx, file.id, domain.ChangeCause.CONSENT_WITHDRAWN)
            await ask_review(tx, file.id, domain.Cause.CONSENT_WITHDRAWN, {"withdrawn_on": on.isoformat()})
            receipt, answer_months = domain.Requested.CHANGE_OF_ASSIGNMENT, domain.CHANGE_MONTHS
    else:
        version = None
        if file.state is not domain.State.DRAFT:
            version = await undo(tx, file, CandidacyWithdrawn(decision_number=file.approval_number))
        written = await write(tx, file, domain.Act.WITHDRAW, state, editor, version=version, values=values)
        await leave_lists(tx, file.id, domain.ReviewOutcome.FILE_CLOSED, editor.id)
        await end_revocation(tx, file.id, editor.id)
    if known is None:
        await store.insert_answers(tx.conn, file.id, [domain.Answer(domain.PROGRAMME, yes=False, dated_on=on)], written)
    await issue_receipt(tx, file.id, receipt, site=file.site, answer_months=answer_months)
    return file.id
