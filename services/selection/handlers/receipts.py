"""Use cases of receipts: every request of a person gets one, and what has to be answered gets a deadline."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.terms import open_deadline
from shared.messaging import Tx


async def issue_receipt(
    tx: Tx, candidacy_id: UUID, kind: domain.Requested, *, site: str, answer_months: int | None
) -> UUID:
    """Issues the receipt of a request that came in now (L112-3 CRPA).

    Call it last: its number is counted under a lock of the site's whole register.

    Args:
        site: code of the site, of whose register the number is.
        answer_months: silence means a refusal after this many months; None for a request that needs no answer.

    Returns:
        The id of the receipt.
    """
    today = domain.date_in_paris(tx.now)
    silent_from = None if answer_months is None else domain.add_months(today, answer_months)
    receipt = store.Receipt(uuid7(), candidacy_id, kind, silent_from, tx.now)
    await store.insert_receipt(tx.conn, receipt, site)
    return receipt.id


async def acknowledge_submission(tx: Tx, candidacy_id: UUID, site: str, policy: domain.Policy) -> None:
    """A file was handed in: it has to be decided in time, and the person gets a receipt."""
    await await_decision(tx, candidacy_id, policy)
    await issue_receipt(tx, candidacy_id, domain.Requested.SUBMISSION, site=site, answer_months=policy.answer_months)


async def await_decision(tx: Tx, candidacy_id: UUID, policy: domain.Policy) -> None:
    """From today a file has to be decided in time."""
    answered_by = domain.add_months(domain.date_in_paris(tx.now), policy.answer_months)
    due_on = domain.on_or_after(answered_by, french_holiday)
    await open_deadline(
        tx,
        candidacy_id,
        domain.Due.DECISION,
        due_on,
        owner=domain.Role.DECISION_AUTHORITY,
        remind_on=domain.add_working_days(due_on, -policy.reminder_days, french_holiday),
    )
