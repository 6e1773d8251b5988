"""Use cases of an appeal: taken in and acknowledged for the person, answered by another than the first decider."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.files import opened, write
from services.selection.handlers.receipts import issue_receipt
from services.selection.handlers.terms import meet_deadline, open_deadline
from services.selection.store import hand_overs
from shared.contracts.selection import AppealDecided, AppealLodged
from shared.messaging import Event, Tx, publish


@dataclass(frozen=True)
class Lodging:
    """An appeal as the person lodges it.

    Args:
        decision_number: of the decision that is contested.
        lodged_on: Europe/Paris.
        grounds: the person's own words; may be empty.
    """

    decision_number: str
    lodged_on: date
    channel: domain.Channel
    grounds: str


async def lodge_appeal(
    tx: Tx, candidacy_id: UUID, lodging: Lodging, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Takes an appeal in for the person and acknowledges it: silence until the date given means a rejection.

    Returns:
        The id of the appeal.

    Raises:
        domain.Refused: as `domain.admit`, `decision-not-contestable`, `impossible-dates`, `appeal-out-of-time` or
            `appeal-under-way`. Nothing was changed.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.LODGE_APPEAL, editor)
    against = domain.contestable(await store.contested(tx.conn, file.id, lodging.decision_number))
    in_time_until = await hand_overs.appeal_in_time_until(tx.conn, against.id)
    domain.check_lodged(against, lodging.lodged_on, in_time_until, domain.date_in_paris(tx.now))
    if await store.has_open_appeal(tx.conn, against.id):
        raise domain.Refused(domain.Refusal.APPEAL_UNDER_WAY)
    due_on = domain.add_months(domain.date_in_paris(tx.now), policy.answer_months)
    lodged = store.Lodged(
        id=uuid7(),
        lodged_on=lodging.lodged_on,
        channel=lodging.channel,
        grounds=lodging.grounds,
        by=editor.id,
        function=tx.actor.function,
        at=tx.now,
        answer_due_on=due_on,
    )
    await store.insert_appeal(tx.conn, file.id, against, lodged)
    version = await _tell(tx, file, AppealLodged(decision_number=against.number))
    await write(tx, file, domain.Act.LODGE_APPEAL, state, editor, version=version)
    await meet_deadline(tx, domain.Due.APPEAL_PERIOD, against.id)
    await open_deadline(
        tx,
        file.id,
        domain.Due.APPEAL_ANSWER,
        due_on,
        owner=domain.Role.DECISION_AUTHORITY,
        subject=lodged.id,
        remind_on=domain.add_working_days(due_on, -policy.reminder_days, french_holiday),
    )
    await issue_receipt(tx, file.id, domain.Requested.APPEAL, site=file.site, answer_months=policy.answer_months)
    return lodged.id


@dataclass(frozen=True)
class Answer:
    """What the officer answers, in own words."""

    outcome: domain.AppealOutcome
    reasons: str
    signer: domain.Signer


async def answer_appeal(
    tx: Tx, candidacy_id: UUID, appeal_id: UUID, answer: Answer, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Enters the answer. A reversal of the decision that stands reopens the file: it is examined again from the start.

    Returns:
        The id of the appeal.

    Raises:
        domain.Refused: as `domain.admit`, by the signer, `reasons-missing`, `appeal-unknown`, `appeal-is-decided`,
            `appeal-by-first-decider` or `other-file-open`. Nothing was changed.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.ANSWER_APPEAL, editor)
    if not answer.reasons.strip():
        raise domain.Refused(domain.Refusal.REASONS_MISSING)
    appeal = domain.check_answer(await store.appeal_of(tx.conn, file.id, appeal_id), answer.signer)
    domain.check_signer(file, answer.signer)
    latest = await store.decision_row_of(tx.conn, file.id)
    assert latest is not None
    reopened = domain.reopened(file.state, appeal.contested, latest.id, answer.outcome)
    await store.answer_appeal(tx.conn, appeal.id, answer.outcome, answer.reasons, answer.signer, tx.now)
    await meet_deadline(tx, domain.Due.APPEAL_ANSWER, appeal.id)
    reversed_ = answer.outcome is domain.AppealOutcome.REVERSED
    version = await _tell(tx, file, AppealDecided(decision_number=appeal.contested.number, reversed=reversed_))
    if reopened is None:
        await write(tx, file, domain.Act.ANSWER_APPEAL, state, editor, version=version)
    else:
        await _reopen(tx, file, reopened, editor, policy, version)
    return appeal.id


async def _reopen(
    tx: Tx, file: domain.File, state: domain.State, editor: domain.Editor, policy: domain.Policy, version: int
) -> None:
    if await store.has_other_open_file(tx.conn, file):
        raise domain.Refused(domain.Refusal.OTHER_FILE_OPEN)
    values = {"round": file.round + 1, "decision_number": None, "deferred_until": None}
    await write(tx, file, domain.Act.REOPEN, state, editor, version=version, values=values)
    for kind in (domain.Due.DECISION, domain.Due.DEFERRAL):
        await meet_deadline(tx, kind, file.id)
    answered_by = domain.add_months(domain.date_in_paris(tx.now), policy.answer_months)
    due_on = domain.on_or_after(answered_by, french_holiday)
    await open_deadline(
        tx,
        file.id,
        domain.Due.DECISION,
        due_on,
        owner=domain.Role.DECISION_AUTHORITY,
        remind_on=domain.add_working_days(due_on, -policy.reminder_days, french_holiday),
    )


async def _tell(tx: Tx, file: domain.File, event: Event) -> int:
    """Publishes a fact that nobody answers; gives the version that it used."""
    version = file.version + 1
    await publish(tx, event, subject=file.id, version=version, site=file.site)
    return version
