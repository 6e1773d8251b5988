"""Appeals: in time from the hand-over alone, never decided by who took the decision, never lost in silence."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.selection.domain.acts import Act, State
from services.selection.domain.decision import Kind, Signer
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.transitions import next_state


class Channel(StrEnum):
    """How the person appealed."""

    LETTER = "letter"
    STATEMENT = "statement"
    """Said to the registry or the probation officer, who wrote it down."""
    COUNSEL = "counsel"


class AppealOutcome(StrEnum):
    """How an appeal ended."""

    UPHELD = "upheld"
    """The decision stands."""
    REVERSED = "reversed"
    """The decision falls, and the file is examined again."""
    INADMISSIBLE = "inadmissible"


@dataclass(frozen=True)
class Contested:
    """The decision that an appeal is about. `signer_id`: subject of who took it; `decided_on`: Europe/Paris."""

    id: UUID
    number: str
    kind: Kind
    signer_id: str
    decided_on: date


@dataclass(frozen=True)
class Appeal:
    """An appeal as the rules see it. `outcome`: None while it is open."""

    id: UUID
    contested: Contested
    lodged_on: date
    outcome: AppealOutcome | None


def contestable(found: Contested | None) -> Contested:
    """The decision, if the file has it and it is not the approval that the person asked for.

    Raises:
        Refused: `decision-not-contestable`.
    """
    if found is None or found.kind is Kind.APPROVED:
        raise Refused(Refusal.DECISION_NOT_CONTESTABLE)
    return found


def check_lodged(contested: Contested, lodged_on: date, in_time_until: date | None, today: date) -> None:
    """Whether an appeal may still be lodged.

    Args:
        lodged_on: date of the appeal, Europe/Paris.
        in_time_until: the last day; None while the person does not hold the decision, since no time runs before.
        today: Europe/Paris.

    Raises:
        Refused: `impossible-dates` or `appeal-out-of-time`.
    """
    if not contested.decided_on <= lodged_on <= today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    if in_time_until is not None and lodged_on > in_time_until:
        raise Refused(Refusal.APPEAL_OUT_OF_TIME)


def check_answer(appeal: Appeal | None, signer: Signer) -> Appeal:
    """The appeal, if it is open and the signer did not take the decision.

    Raises:
        Refused: `appeal-unknown`, `appeal-decided` or `appeal-by-first-decider`.
    """
    if appeal is None:
        raise Refused(Refusal.APPEAL_UNKNOWN)
    if appeal.outcome is not None:
        raise Refused(Refusal.APPEAL_IS_DECIDED)
    if appeal.contested.signer_id == signer.id:
        raise Refused(Refusal.APPEAL_BY_FIRST_DECIDER)
    return appeal


def reopened(state: State, contested: Contested, standing: UUID, outcome: AppealOutcome) -> State | None:
    """The state that a reversal leads to; None when the file stays where it is.

    Args:
        state: of the file.
        standing: the latest decision on the file: only one that still stands can fall with effect.
    """
    if outcome is not AppealOutcome.REVERSED or contested.id != standing or state not in _REOPENED:
        return None
    return next_state(state, Act.REOPEN)


_REOPENED = frozenset({State.DEFERRED, State.REFUSED, State.REVOKED, State.LAPSED})
