"""What withdrawal, revocation and lapse share: the way back of an approval, a signature, and the end of a file."""

from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, PARTNERS, TRAINING
from services.selection.handlers.files import order
from services.selection.handlers.signing import sign
from services.selection.handlers.terms import meet_all_deadlines
from shared.contracts.selection import AccommodationCancelled, TrainingCancelled
from shared.messaging import Event, Tx


async def undo(tx: Tx, file: domain.File, said: Event) -> int:
    """Publishes that a candidacy ended, and cancels what the approval that stands had ordered; notes the replies due.

    Args:
        said: the fact that partners' notices are retracted by.

    Returns:
        The last version that was used.
    """
    number = file.approval_number
    events: list[tuple[str, Event]] = [(PARTNERS, said)]
    if number is not None:
        events.append((ACCOMMODATION, AccommodationCancelled(decision_number=number)))
        events.append((TRAINING, TrainingCancelled(decision_number=number)))
    return await order(tx, file, events, decision_number=number)


async def sign_end(
    tx: Tx,
    file: domain.File,
    kind: domain.Kind,
    grounds: domain.Grounds,
    signer: domain.Signer,
    policy: domain.Policy,
    *,
    opened_by: str | None = None,
) -> tuple[UUID, str]:
    """Enters the signed act that ends a candidacy; it names the approval that it undoes.

    Args:
        opened_by: subject of the officer who set it going; that officer does not sign.

    Returns:
        Id and number of the decision.

    Raises:
        domain.Refused: as `sign`.
    """
    if opened_by is not None:
        file = replace(file, preparers=(*file.preparers, opened_by))
    decided_on = domain.date_in_paris(tx.now)
    number = file.approval_number
    act = store.Act(
        id=uuid7(),
        kind=kind,
        opinion_id=file.opinion_id,
        signer=signer,
        grounds=grounds,
        reason_codes=(),
        effects=[] if number is None else [{"kind": "undoes", "decision_number": number}],
        criteria=domain.assess(file.case, decided_on, policy),
        signed_at=tx.now,
        decided_on=decided_on,
    )
    return act.id, await sign(tx, file, act, policy)


async def leave_lists(tx: Tx, candidacy_id: UUID, outcome: domain.ReviewOutcome, officer: str) -> None:
    """A file that ends is on no list any more: its reviews are closed, and nothing is due.

    Call it before `sign_end`, whose number is counted under a lock of the site's whole register.

    Args:
        outcome: of its open reviews.
        officer: subject of the token.
    """
    await store.close_reviews(tx.conn, candidacy_id, outcome=outcome.value, by=officer, at=tx.now)
    await meet_all_deadlines(tx, candidacy_id)


async def end_revocation(tx: Tx, candidacy_id: UUID, officer: str) -> None:
    """An intended revocation, if there is one, ends with the file that it was about."""
    revocation = await store.open_revocation_of(tx.conn, candidacy_id)
    if revocation is not None:
        closed = domain.RevocationOutcome.FILE_CLOSED
        await store.close_revocation(tx.conn, revocation.id, closed, by=officer, at=tx.now)
