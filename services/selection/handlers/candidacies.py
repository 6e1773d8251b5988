"""Use cases of a file before and beside its decision: open, assess, withdraw."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, PARTNERS, TRAINING
from shared.contracts.selection import AccommodationCancelled, CandidacyWithdrawn, TrainingCancelled
from shared.messaging import Event, Tx, publish


@dataclass(frozen=True)
class Submission:
    """A file as the preparing officer hands it in.

    Args:
        prepared_by: subject of the officer's token; who prepares does not decide.
        establishment: where the person is now, as that token says; None when it names none.

    Raises:
        domain.Refused: `impossible-dates`.
    """

    site: str
    prepared_by: str
    establishment: str | None
    identity: domain.Identity
    facts: domain.Facts
    wishes: domain.Wishes

    def __post_init__(self) -> None:
        domain.check_dates(self.facts, self.identity.birth_date)


async def create_candidacy(tx: Tx, submission: Submission) -> UUID:
    """Puts the person into the vault and opens the file, with an estimate of the criteria that blocks nothing.

    Returns:
        The id of the candidacy.
    """
    person_id, candidacy_id = uuid7(), uuid7()
    await store.insert_identity(tx.conn, person_id, submission.identity)
    await store.insert_candidacy(
        tx.conn,
        candidacy_id=candidacy_id,
        person_id=person_id,
        site=submission.site,
        prepared_by=submission.prepared_by,
        establishment=submission.establishment,
        facts=submission.facts,
        wishes=submission.wishes,
        estimate=domain.assess(submission.facts, domain.date_in_paris(tx.now)),
        submitted_at=tx.now,
    )
    return candidacy_id


async def assess(tx: Tx, candidacy_id: UUID, *, assessed_by: str, scope: str | None) -> UUID:
    """Applies the criteria as of today. The opinion advises; it decides nothing.

    Args:
        assessed_by: subject of the officer's token.
        scope: the only establishment whose files this officer may touch; None for all of the site.

    Returns:
        The id of the opinion.

    Raises:
        domain.Refused: `candidacy-unknown`, or the state does not allow it.
    """
    file = await store.lock_file(tx.conn, candidacy_id)
    domain.check_scope(file.establishment, scope)
    state = domain.next_state(file.state, domain.Act.ASSESS)
    opinion = domain.assess(file.facts, domain.date_in_paris(tx.now))
    opinion_id = uuid7()
    await store.insert_opinion(tx.conn, opinion_id, candidacy_id, opinion, assessed_by=assessed_by, assessed_at=tx.now)
    await store.set_assessed(tx.conn, file, state, opinion_id)
    return opinion_id


async def withdraw(tx: Tx, candidacy_id: UUID, *, withdrawn_on: date | None, scope: str | None) -> UUID:
    """The candidate takes the consent back. Whatever an approval set off is cancelled in the same transaction.

    Args:
        withdrawn_on: date on the candidate's letter, Europe/Paris; None for today.
        scope: the only establishment whose files this officer may touch; None for all of the site.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: `candidacy-unknown`, `already-withdrawn`, `already-decided` after a refusal, or
            `impossible-dates`: withdrawn before it was signed, or in the future.
    """
    file = await store.lock_file(tx.conn, candidacy_id)
    domain.check_scope(file.establishment, scope)
    state = domain.next_state(file.state, domain.Act.WITHDRAW)
    today = domain.date_in_paris(tx.now)
    on = withdrawn_on or today
    signed_on = file.facts.consent_signed_on
    if on > today or (signed_on is not None and on < signed_on):
        raise domain.Refused(domain.Refusal.IMPOSSIBLE_DATES)
    number = file.decision_number
    events: list[tuple[str, Event]] = [(PARTNERS, CandidacyWithdrawn(decision_number=number))]
    if number is not None:
        events.append((ACCOMMODATION, AccommodationCancelled(decision_number=number)))
        events.append((TRAINING, TrainingCancelled(decision_number=number)))
    asked = []
    for version, (step, event) in enumerate(events, start=file.version + 1):
        event_id = await publish(tx, event, subject=file.id, version=version, site=file.site)
        asked.append(store.Asked(event_id, step, version))
    await store.move(tx.conn, file, state, version=file.version + len(asked), decision_number=number, withdrawn_on=on)
    await store.insert_expected(tx.conn, file.id, asked, decision_number=number, at=tx.now)
    return file.id
