"""Use cases of gathering a file: ask for an advice, take one in, report the interview, refer to a document."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.files import opened, write
from services.selection.handlers.terms import meet_deadline, open_deadline
from shared.messaging import Tx


async def ask_advice(
    tx: Tx, candidacy_id: UUID, kind: domain.AdviceKind, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Asks for an advice, due in working days. Asked anew, the one before, received or awaited, counts no longer.

    Returns:
        The id of the request.

    Raises:
        domain.Refused: as `domain.admit`, or `advice-by-sitting`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.GATHER, editor)
    domain.check_individual(kind)
    await _replace(tx, file, kind)
    due_on = domain.add_working_days(domain.date_in_paris(tx.now), policy.advice_days, french_holiday)
    request_id = uuid7()
    await store.insert_advice_request(tx.conn, request_id, file.id, kind, due_on=due_on, by=editor.id, at=tx.now)
    await open_deadline(
        tx,
        file.id,
        domain.Due.ADVICE,
        due_on,
        owner=domain.owner_of(kind),
        subject=request_id,
        remind_on=domain.add_working_days(due_on, -policy.reminder_days, french_holiday),
    )
    await write(tx, file, domain.Act.GATHER, state, editor)
    return request_id


async def receive_advice(
    tx: Tx, candidacy_id: UUID, request_id: UUID, given: domain.Advice, editor: domain.Editor
) -> UUID:
    """Takes in the answer to a request, and stops its deadline.

    Returns:
        The id of the request.

    Raises:
        domain.Refused: as `domain.admit`; `advice-unknown`, `advice-not-awaited`, or `impossible-dates`: of a day to
            come, or before it was asked for.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.GATHER, editor)
    row = await store.advice_request(tx.conn, file.id, request_id)
    asked_on = domain.date_in_paris(row.asked_at)
    domain.check_given(given.given_on, domain.date_in_paris(tx.now), not_before=asked_on)
    await store.receive_advice(tx.conn, request_id, given, by=editor.id, at=tx.now)
    await meet_deadline(tx, domain.Due.ADVICE, request_id)
    await write(tx, file, domain.Act.GATHER, state, editor)
    return request_id


async def take_advice(
    tx: Tx, candidacy_id: UUID, kind: domain.AdviceKind, given: domain.Advice, editor: domain.Editor
) -> UUID:
    """Takes in an advice that nobody asked for through the platform; it stands for the one before it.

    Returns:
        The id of the advice.

    Raises:
        domain.Refused: as `domain.admit`; `advice-by-sitting`, or `impossible-dates`: of a day to come, or before the
            person volunteered.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.GATHER, editor)
    domain.check_individual(kind)
    advice_id = await keep_advice(tx, file, kind, given, editor)
    await write(tx, file, domain.Act.GATHER, state, editor)
    return advice_id


async def keep_advice(
    tx: Tx, file: domain.File, kind: domain.AdviceKind, given: domain.Advice, editor: domain.Editor
) -> UUID:
    """Keeps an unasked advice on a file that the caller has locked and writes afterwards; gives its id.

    Raises:
        domain.Refused: `impossible-dates`.
    """
    since = domain.reason_since(file.case.facts)
    domain.check_given(given.given_on, domain.date_in_paris(tx.now), not_before=since)
    await _replace(tx, file, kind)
    advice_id = uuid7()
    await store.insert_advice(tx.conn, advice_id, file.id, kind, given, by=editor.id, at=tx.now)
    return advice_id


async def report_interview(tx: Tx, candidacy_id: UUID, report: domain.Interview, editor: domain.Editor) -> UUID:
    """Keeps the report of a motivation interview.

    Returns:
        The id of the report.

    Raises:
        domain.Refused: as `domain.admit`, or `impossible-dates`: of a day to come, or before the person volunteered.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.GATHER, editor)
    since = domain.reason_since(file.case.facts)
    domain.check_given(report.held_on, domain.date_in_paris(tx.now), not_before=since)
    interview_id = uuid7()
    await store.insert_interview(tx.conn, interview_id, file.id, report, by=editor.id, at=tx.now)
    await write(tx, file, domain.Act.GATHER, state, editor)
    return interview_id


async def refer_to_document(tx: Tx, candidacy_id: UUID, document: domain.Document, editor: domain.Editor) -> UUID:
    """Notes where a document lies. It may be older than the candidacy, such as a judgment.

    Returns:
        The id of the reference.

    Raises:
        domain.Refused: as `domain.admit`, or `impossible-dates`: of a day to come.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.GATHER, editor)
    domain.check_given(document.dated, domain.date_in_paris(tx.now), not_before=None)
    document_id = uuid7()
    await store.insert_document(
        tx.conn, document_id, file.id, document, by=editor.id, function=tx.actor.function, at=tx.now
    )
    await write(tx, file, domain.Act.GATHER, state, editor)
    return document_id


async def _replace(tx: Tx, file: domain.File, kind: domain.AdviceKind) -> None:
    replaced = await store.replace_advice(tx.conn, file.id, kind, tx.now)
    if replaced is not None:
        await meet_deadline(tx, domain.Due.ADVICE, replaced)
