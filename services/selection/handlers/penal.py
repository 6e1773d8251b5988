"""Use case of a new extract of the penal file: keep it, look at the criteria again, call a human where they differ."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.files import completed, opened, tell, write
from services.selection.handlers.release import await_release_window
from services.selection.handlers.terms import ask_review, watch_extract
from shared.contracts.selection import PenalSituationUpdated, ProjectedExitChanged
from shared.messaging import Event, Tx


async def record_penal(
    tx: Tx, candidacy_id: UUID, extract: domain.Extract, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Replaces the penal facts and keeps the earlier ones. Nothing is decided or cancelled by them.

    A file that was assessed gets a new opinion, a submitted one a new estimate. An approval keeps the opinion that it
    was signed on.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`, or `impossible-dates`. Of an approved file an end before the planned entry
            is taken: it is a fact, and somebody has to look at it.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.RECORD_PENAL, editor)
    today = domain.date_in_paris(tx.now)
    extract.check(today)
    facts = extract.replacing(file.case.facts)
    approved = state is domain.State.APPROVED
    if not approved:
        domain.check_dates(facts, file.case.born_on)
    values = store.penal_data(facts)
    was = await store.last_result(tx.conn, file)
    opinion = None
    if state is not domain.State.DRAFT:
        opinion = domain.assess(replace(file.case, facts=facts), today, policy)
        if state is domain.State.SUBMITTED:
            values["estimate"] = store.opinion_data(opinion)
        else:
            opinion_id = uuid7()
            await store.insert_opinion(tx.conn, opinion_id, file.id, opinion, assessed_by=editor.id, assessed_at=tx.now)
            if not approved:
                values["opinion_id"] = opinion_id
    moved = approved and facts.sentence_end != file.case.facts.sentence_end
    events: list[Event] = [PenalSituationUpdated(), *completed(was, opinion)]
    if moved:
        events.append(ProjectedExitChanged())
    # Nobody outside has heard of a draft.
    version = None if opinion is None else await tell(tx, file, events)
    written = await write(tx, file, domain.Act.RECORD_PENAL, state, editor, version=version, values=values)
    result = None if opinion is None else opinion.result
    await store.insert_penal_situation(tx.conn, file.id, facts, written, source=extract.source, result=result)
    await watch_extract(tx, file.id, facts.extract_on, policy)
    if moved:
        await await_release_window(tx, file.id, facts.sentence_end, policy)
    if opinion is not None and was is not None and state is not domain.State.SUBMITTED:
        await _call_a_human(tx, file, was, opinion, facts.sentence_end)
    return file.id


async def _call_a_human(
    tx: Tx, file: domain.File, was: domain.Result, opinion: domain.Opinion, projected_exit: date | None
) -> None:
    """Puts the file on the review list where it differs, and says what is so now where it is on it already."""
    before = file.case.facts.sentence_end
    if file.state is domain.State.APPROVED and file.decision_number is not None:
        before = await store.ordered_until(tx.conn, file.decision_number)
    exits = [day and day.isoformat() for day in (before, projected_exit)]
    listed = {row.cause for row in await store.open_reviews(tx.conn, file.id)}
    if opinion.result is not was or domain.Cause.RESULT_CHANGED in listed:
        substantive = (line for line in opinion.lines if line.kind is domain.LineKind.SUBSTANTIVE)
        codes = [line.code.value for line in substantive if line.code is not None]
        detail: dict[str, object] = {
            "was": was.value,
            "now": opinion.result.value,
            "codes": codes,
            "projected_exit": exits,
        }
        await ask_review(tx, file.id, domain.Cause.RESULT_CHANGED, detail)
    moved = file.state is domain.State.APPROVED and projected_exit != before
    if moved or domain.Cause.EXIT_MOVED in listed:
        await ask_review(tx, file.id, domain.Cause.EXIT_MOVED, {"projected_exit": exits})
