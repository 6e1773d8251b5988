"""Use cases of the administration's revocation: notice, access to the file, observations, and the signed act."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.changes import ask_for_change
from services.selection.handlers.files import opened, write
from services.selection.handlers.terms import meet_deadline, open_deadline
from services.selection.handlers.undoing import leave_lists, sign_end, undo
from shared.contracts.selection import CandidacyRevoked
from shared.messaging import Tx


@dataclass(frozen=True)
class Observations:
    """What the person said to the notice.

    Args:
        words: None: that there is nothing to say.
        counsel: whether counsel assisted.
        received_on: Europe/Paris.
    """

    words: str | None
    counsel: bool
    received_on: date


async def open_revocation(
    tx: Tx, candidacy_id: UUID, grounds: str, handed_over_on: date, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Records the notice of an intended revocation; the time to observe runs from its hand-over.

    Once the person has arrived nothing is revoked any more: the notice becomes a request for a change of assignment.

    Args:
        grounds: the notice, in the officer's own words.
        handed_over_on: to the person, Europe/Paris.

    Returns:
        The id of the revocation.

    Raises:
        domain.Refused: as `domain.admit`, `reasons-missing`, `revocation-under-way` or `impossible-dates`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.OPEN_REVOCATION, editor)
    if not grounds.strip():
        raise domain.Refused(domain.Refusal.REASONS_MISSING)
    if await store.open_revocation_of(tx.conn, file.id) is not None:
        raise domain.Refused(domain.Refusal.REVOCATION_UNDER_WAY)
    approved = await store.decision_row_of(tx.conn, file.id)
    assert approved is not None
    domain.check_notice(handed_over_on, approved.decided_on, domain.date_in_paris(tx.now))
    notice = store.Notice(
        id=uuid7(),
        grounds=grounds,
        handed_over_on=handed_over_on,
        observe_until=domain.add_working_days(handed_over_on, policy.observation_days, french_holiday),
        by=editor.id,
        function=tx.actor.function,
        at=tx.now,
    )
    await store.insert_revocation(tx.conn, file.id, notice)
    await write(tx, file, domain.Act.OPEN_REVOCATION, state, editor)
    if file.arrived_on is not None:
        await overtake_by_arrival(tx, file.id, notice.id, editor.id)
    else:
        await open_deadline(
            tx, file.id, domain.Due.OBSERVATIONS, notice.observe_until, owner=domain.Role.HEAD, subject=notice.id
        )
    return notice.id


async def overtake_by_arrival(tx: Tx, candidacy_id: UUID, revocation_id: UUID, officer: str) -> None:
    """Ends an intended revocation of somebody who has arrived: another prison is asked for instead.

    Args:
        candidacy_id: of a file that the caller has locked.
        officer: subject of the token; empty where the arrival itself did it.
    """
    outcome = domain.RevocationOutcome.CHANGE_OF_ASSIGNMENT
    await store.close_revocation(tx.conn, revocation_id, outcome, by=officer, at=tx.now)
    await meet_deadline(tx, domain.Due.OBSERVATIONS, revocation_id)
    await ask_for_change(tx, candidacy_id, domain.ChangeCause.REVOCATION, revocation_id)


async def note_file_access(tx: Tx, candidacy_id: UUID, accessed_on: date, editor: domain.Editor) -> UUID:
    """Notes when the person had access to the file.

    Returns:
        The id of the revocation.

    Raises:
        domain.Refused: as `domain.admit`, `revocation-not-open` or `impossible-dates`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.HEAR, editor)
    revocation = domain.under_way(await store.open_revocation_of(tx.conn, file.id))
    domain.check_since_notice(revocation, accessed_on, domain.date_in_paris(tx.now))
    await store.note_file_access(tx.conn, revocation.id, accessed_on)
    await write(tx, file, domain.Act.HEAR, state, editor)
    return revocation.id


async def record_observations(tx: Tx, candidacy_id: UUID, said: Observations, editor: domain.Editor) -> UUID:
    """Takes the person's observations in, or that there are none. Further ones are kept beside the first.

    Returns:
        The id of the revocation.

    Raises:
        domain.Refused: as `domain.admit`, `revocation-not-open` or `impossible-dates`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.HEAR, editor)
    revocation = domain.under_way(await store.open_revocation_of(tx.conn, file.id))
    domain.check_since_notice(revocation, said.received_on, domain.date_in_paris(tx.now))
    await store.insert_observations(
        tx.conn,
        uuid7(),
        revocation.id,
        words=said.words,
        counsel=said.counsel,
        received_on=said.received_on,
        by=editor.id,
        at=tx.now,
    )
    await write(tx, file, domain.Act.HEAR, state, editor)
    await meet_deadline(tx, domain.Due.OBSERVATIONS, revocation.id)
    return revocation.id


async def drop_revocation(tx: Tx, candidacy_id: UUID, reasons: str, editor: domain.Editor) -> UUID:
    """Gives an intended revocation up: the approval stands.

    Returns:
        The id of the revocation.

    Raises:
        domain.Refused: as `domain.admit`, `reasons-missing` or `revocation-not-open`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.DROP_REVOCATION, editor)
    if not reasons.strip():
        raise domain.Refused(domain.Refusal.REASONS_MISSING)
    revocation = domain.under_way(await store.open_revocation_of(tx.conn, file.id))
    dropped = domain.RevocationOutcome.DROPPED
    await store.close_revocation(tx.conn, revocation.id, dropped, by=editor.id, at=tx.now, reasons=reasons)
    await write(tx, file, domain.Act.DROP_REVOCATION, state, editor)
    await meet_deadline(tx, domain.Due.OBSERVATIONS, revocation.id)
    return revocation.id


async def revoke(
    tx: Tx,
    candidacy_id: UUID,
    grounds: domain.Grounds,
    signer: domain.Signer,
    editor: domain.Editor,
    policy: domain.Policy,
) -> UUID:
    """Enters the signed revocation and undoes what the approval had set off, as a withdrawal does.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit`, by the signer, `person-has-arrived`, `revocation-not-open` or
            `observations-awaited`. Nothing was changed.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.REVOKE, editor)
    if file.arrived_on is not None:
        raise domain.Refused(domain.Refusal.PERSON_HAS_ARRIVED)
    revocation = domain.under_way(await store.open_revocation_of(tx.conn, file.id))
    domain.check_heard(revocation, domain.date_in_paris(tx.now))
    assert file.approval_number is not None
    await leave_lists(tx, file.id, domain.ReviewOutcome.FILE_CLOSED, editor.id)
    decision_id, number = await sign_end(
        tx, file, domain.Kind.REVOKED, grounds, signer, policy, opened_by=revocation.opened_by
    )
    revoked = domain.RevocationOutcome.REVOKED
    await store.close_revocation(tx.conn, revocation.id, revoked, by=signer.id, at=tx.now, decision_id=decision_id)
    version = await undo(tx, file, CandidacyRevoked(decision_number=file.approval_number))
    values = {"decision_number": number}
    await write(tx, file, domain.Act.REVOKE, state, editor, version=version, values=values)
    return decision_id
