"""Use cases of a file before and beside its decision: open, submit, assess; and what every act on it shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.persons import person_of
from services.selection.handlers.receipts import acknowledge_submission
from services.selection.handlers.reviews import watch
from services.selection.handlers.terms import watch_extract
from shared.contracts.selection import CandidacyAssessed, CandidacyCompleted, CandidacySubmitted
from shared.messaging import Event, Tx, publish


@dataclass(frozen=True)
class Submission:
    """A file as the preparing officer opens it.

    Args:
        prepared_by: subject of the officer's token; who prepares does not decide.
        establishment: where the person is now, as that token says; None when it names none.
        draft: kept for later; False hands it in at once.
        person_id: of the vault, whom the officer knows to be the candidate; None for somebody new.
        different_person: the officer knows that persons of the same name and birth date are others.

    Raises:
        domain.Refused: `impossible-dates`, or `file-incomplete` for one that is handed in.
    """

    site: str
    prepared_by: str
    establishment: str | None
    identity: domain.Identity
    facts: domain.Facts
    wishes: domain.Wishes
    draft: bool = False
    person_id: UUID | None = None
    different_person: bool = False

    @property
    def case(self) -> domain.Case:
        """What the criteria look at of a file of which nothing was gathered yet."""
        return domain.Case(
            facts=self.facts,
            gathered=domain.Gathered(),
            sex=self.identity.sex,
            born_on=self.identity.birth_date,
            site=self.site,
            adapted_cell=self.wishes.adapted_cell,
        )

    def __post_init__(self) -> None:
        domain.check_dates(self.facts, self.identity.birth_date)
        if not self.draft:
            domain.check_complete(self.facts)


async def create_candidacy(tx: Tx, submission: Submission, policy: domain.Policy) -> UUID:
    """Puts the person into the vault and opens the file, with an estimate of the criteria that blocks nothing.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: `possible-homonym`, `person-unknown` or `open-candidacy-exists`.
    """
    person_id = await person_of(tx, submission.identity, submission.person_id, different=submission.different_person)
    candidacy_id = uuid7()
    draft, facts = submission.draft, submission.facts
    estimate = None if draft else domain.assess(submission.case, domain.date_in_paris(tx.now), policy)
    written = store.Written(
        act=domain.Act.AMEND if draft else domain.Act.SUBMIT,
        state=domain.State.DRAFT if draft else domain.State.SUBMITTED,
        version=1,
        preparers=(submission.prepared_by,),
        officer=submission.prepared_by,
        function=tx.actor.function,
        at=tx.now,
    )
    await store.insert_file(
        tx.conn,
        candidacy_id=candidacy_id,
        person_id=person_id,
        site=submission.site,
        establishment=submission.establishment,
        facts=facts,
        wishes=submission.wishes,
        estimate=estimate,
        written=written,
    )
    result = None if estimate is None else estimate.result
    await store.insert_penal_situation(tx.conn, candidacy_id, facts, written, source=None, result=result)
    answers = domain.first_answers(facts, submission.wishes.partner_categories)
    await store.insert_answers(tx.conn, candidacy_id, answers, written)
    await watch_extract(tx, candidacy_id, facts.extract_on, policy)
    if not draft:
        await publish(tx, CandidacySubmitted(), subject=candidacy_id, version=written.version, site=submission.site)
        await acknowledge_submission(tx, candidacy_id, submission.site, policy)
    return candidacy_id


async def submit(tx: Tx, candidacy_id: UUID, editor: domain.Editor, policy: domain.Policy) -> UUID:
    """Hands a draft in, with an estimate of the criteria that blocks nothing.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`, or `file-incomplete`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.SUBMIT, editor)
    domain.check_complete(file.case.facts)
    estimate = domain.assess(file.case, domain.date_in_paris(tx.now), policy)
    values = {"submitted_at": tx.now, "estimate": store.opinion_data(estimate)}
    version = await tell(tx, file, [CandidacySubmitted()])
    await write(tx, file, domain.Act.SUBMIT, state, editor, version=version, values=values)
    await acknowledge_submission(tx, file.id, file.site, policy)
    return file.id


async def assess(tx: Tx, candidacy_id: UUID, editor: domain.Editor, policy: domain.Policy) -> UUID:
    """Applies the criteria as of today. The opinion advises; it decides nothing.

    Returns:
        The id of the opinion.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.ASSESS, editor)
    opinion = domain.assess(file.case, domain.date_in_paris(tx.now), policy)
    opinion_id = uuid7()
    await store.insert_opinion(tx.conn, opinion_id, candidacy_id, opinion, assessed_by=editor.id, assessed_at=tx.now)
    was = await store.last_result(tx.conn, file)
    version = await tell(tx, file, [CandidacyAssessed(), *completed(was, opinion)])
    await write(tx, file, domain.Act.ASSESS, state, editor, version=version, values={"opinion_id": opinion_id})
    return opinion_id


async def opened(
    tx: Tx, candidacy_id: UUID, act: domain.Act, editor: domain.Editor
) -> tuple[domain.File, domain.State]:
    """Locks a file for an act; gives it, and the state that the act leads to.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file = await store.lock_file(tx.conn, candidacy_id)
    return file, domain.admit(file, act, editor)


async def write(
    tx: Tx,
    file: domain.File,
    act: domain.Act,
    state: domain.State,
    editor: domain.Editor,
    *,
    version: int | None = None,
    values: Mapping[str, object] | None = None,
) -> store.Written:
    """Writes what an act changed of a file, and its line of the history; gives what it wrote of itself.

    Args:
        state: that the act leads to.
        version: the last one that its events use; None for an act that publishes nothing.
        values: further columns of the candidacy.
    """
    written = store.Written(
        act=act,
        state=state,
        version=version or file.version + 1,
        preparers=domain.preparers_after(file, act, editor),
        officer=editor.id,
        function=tx.actor.function,
        at=tx.now,
    )
    await store.save(tx.conn, file, written, values or {})
    if state is not file.state:
        await watch(tx, file, state, values or {})
    return written


async def tell(tx: Tx, file: domain.File, events: Sequence[Event]) -> int:
    """Publishes facts that nobody replies to, each with a version of its own; the last version that was used."""
    for version, event in enumerate(events, start=file.version + 1):
        await publish(tx, event, subject=file.id, version=version, site=file.site)
    return file.version + len(events)


def completed(was: domain.Result | None, opinion: domain.Opinion | None) -> list[Event]:
    """That nothing is missing any more, if something was."""
    complete = opinion is not None and opinion.result is not domain.Result.TO_COMPLETE
    return [CandidacyCompleted()] if complete and was is domain.Result.TO_COMPLETE else []


async def order(tx: Tx, file: domain.File, events: list[tuple[str, Event]], *, decision_number: str | None) -> int:
    """Publishes what an act sets off, each event with a version of its own, and notes the replies that are due.

    Args:
        events: each with the step of the journey that it opens.

    Returns:
        The last version that was used.
    """
    asked = []
    for version, (step, event) in enumerate(events, start=file.version + 1):
        event_id = await publish(tx, event, subject=file.id, version=version, site=file.site)
        asked.append(store.Asked(event_id, step, version))
    await store.insert_expected(tx.conn, file.id, asked, decision_number=decision_number, at=tx.now)
    return file.version + len(events)
