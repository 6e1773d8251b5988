"""Use case of the deciding officer: order cell and seat until the exit as it is projected now."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, TRAINING
from services.selection.handlers.files import opened, order, write
from shared.contracts.selection import AccommodationChanged, TrainingChanged
from shared.messaging import Event, Tx

ADOPTED = "exit_adopted"
"""Outcome of the reviews that an adoption closes."""
_ANSWERED = frozenset({domain.Cause.RESULT_CHANGED, domain.Cause.EXIT_MOVED})


@dataclass(frozen=True)
class Adoption:
    """What the officer signs, in own words.

    Raises:
        domain.Refused: `reasons-missing`, when they are blank.
    """

    reasons: str
    signer: domain.Signer

    def __post_init__(self) -> None:
        if not self.reasons.strip():
            raise domain.Refused(domain.Refusal.REASONS_MISSING)


async def adopt_projected_exit(tx: Tx, candidacy_id: UUID, adoption: Adoption, editor: domain.Editor) -> UUID:
    """Changes what the approval ordered to the new exit, and nothing else of it; takes the file off the review list.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`; `decision-by-preparer`; `person-has-arrived`, because a changed order gives
            up the bed first; `nothing-to-adopt`; `impossible-dates`: the exit is not after the planned entry.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.ADOPT_EXIT, editor)
    domain.check_signer(file, adoption.signer)
    if file.arrived_on is not None:
        raise domain.Refused(domain.Refusal.PERSON_HAS_ARRIVED)
    number = file.decision_number
    assert number is not None
    before, after = await store.ordered_until(tx.conn, number), file.case.facts.sentence_end
    if after is None or after == before:
        raise domain.Refused(domain.Refusal.NOTHING_TO_ADOPT)
    signed = await store.signed_effects(tx.conn, number)
    events = _changes(file, number, signed.decided_on, signed.effects, after)
    version = await order(tx, file, events, decision_number=number)
    await write(tx, file, domain.Act.ADOPT_EXIT, state, editor, version=version)
    await store.insert_exit_adoption(
        tx.conn,
        file,
        version=version,
        before=before,
        after=after,
        reasons=adoption.reasons,
        signer=adoption.signer,
        at=tx.now,
    )
    for review in await store.open_reviews(tx.conn, file.id):
        if review.cause in _ANSWERED:
            await store.close_reviews(tx.conn, file.id, outcome=ADOPTED, by=editor.id, at=tx.now, review_id=review.id)
    return file.id


def _changes(
    file: domain.File, number: str, decided_on: date, effects: list[dict[str, Any]], projected_exit: date
) -> list[tuple[str, Event]]:
    """The orders as they were signed, but for the exit."""
    signed = {one["kind"]: one for one in effects}
    if projected_exit <= date.fromisoformat(signed["accommodation"]["planned_entry"]):
        raise domain.Refused(domain.Refusal.IMPOSSIBLE_DATES)
    same = {
        "decision_number": number,
        "decided_on": decided_on,
        "file_number": file.file_number,
    }
    until = {"projected_exit": projected_exit}
    return [
        (ACCOMMODATION, AccommodationChanged.model_validate({**signed["accommodation"], **same, **until})),
        (TRAINING, TrainingChanged.model_validate({**signed["training"], **same, **until})),
    ]
