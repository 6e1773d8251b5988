"""A candidacy's states, the acts that move it, and the file that an officer decides on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.selection.domain.criteria import Facts
from services.selection.domain.dates import FIRST, LAST
from services.selection.domain.refusal import Refusal, Refused


class State(StrEnum):
    """Where a candidacy stands."""

    SUBMITTED = "submitted"
    ASSESSED = "assessed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What people do to a candidacy."""

    ASSESS = "assess"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class Sex(StrEnum):
    """As in the penitentiary file: it decides the wing (R211-1)."""

    MALE = "M"
    FEMALE = "F"


class PartnerCategory(StrEnum):
    """Kinds of outside bodies that the person agreed to have told."""

    EMPLOYMENT_SERVICE = "employment_service"
    YOUTH_SERVICE = "youth_service"
    TRAINING_BODY = "training_body"
    REGION = "region"
    SOCIAL_EMPLOYER = "social_employer"


_TRANSITIONS: Mapping[tuple[State, Act], State | Refusal] = {
    (State.SUBMITTED, Act.ASSESS): State.ASSESSED,
    (State.SUBMITTED, Act.APPROVE): Refusal.NOT_ASSESSED,
    (State.SUBMITTED, Act.REFUSE): Refusal.NOT_ASSESSED,
    (State.SUBMITTED, Act.WITHDRAW): State.WITHDRAWN,
    (State.ASSESSED, Act.ASSESS): State.ASSESSED,
    (State.ASSESSED, Act.APPROVE): State.APPROVED,
    (State.ASSESSED, Act.REFUSE): State.REFUSED,
    (State.ASSESSED, Act.WITHDRAW): State.WITHDRAWN,
    (State.APPROVED, Act.ASSESS): Refusal.ALREADY_DECIDED,
    (State.APPROVED, Act.APPROVE): Refusal.ALREADY_DECIDED,
    (State.APPROVED, Act.REFUSE): Refusal.ALREADY_DECIDED,
    (State.APPROVED, Act.WITHDRAW): State.WITHDRAWN,
    (State.REFUSED, Act.ASSESS): Refusal.ALREADY_DECIDED,
    (State.REFUSED, Act.APPROVE): Refusal.ALREADY_DECIDED,
    (State.REFUSED, Act.REFUSE): Refusal.ALREADY_DECIDED,
    (State.REFUSED, Act.WITHDRAW): Refusal.ALREADY_DECIDED,
    (State.WITHDRAWN, Act.ASSESS): Refusal.CANDIDACY_WITHDRAWN,
    (State.WITHDRAWN, Act.APPROVE): Refusal.CANDIDACY_WITHDRAWN,
    (State.WITHDRAWN, Act.REFUSE): Refusal.CANDIDACY_WITHDRAWN,
    (State.WITHDRAWN, Act.WITHDRAW): Refusal.ALREADY_WITHDRAWN,
}
"""Every state with every act, so that none is left to chance."""


def next_state(state: State, act: Act) -> State:
    """The state after the act.

    Raises:
        Refused: the act is not open in this state.
    """
    outcome = _TRANSITIONS[state, act]
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    return outcome


@dataclass(frozen=True)
class Wishes:
    """What the person needs and asks for.

    Args:
        adapted_cell: a cell for reduced mobility is needed: yes or no, never why (never a reason to refuse).
        training: activity codes, first wish first.
        partner_categories: who may be told, agreed category by category.
    """

    adapted_cell: bool
    training: tuple[str, ...]
    partner_categories: tuple[PartnerCategory, ...]


@dataclass(frozen=True)
class File:
    """A candidacy as the rules see it. No identity.

    Args:
        file_number: order of arrival at the site; second rank of the waiting lists.
        version: of the row; each published event has its own, rising.
        prepared_by: token subject of the officer who prepared it, who may not decide it.
        establishment: where the person is now, as the preparer's token says.
        sex: decides the wing; read from the vault, and only for that.
        opinion_id: the latest opinion; None before the first.
        decision_number: of the decision that stands; None when none does.
    """

    id: UUID
    site: str
    file_number: int
    state: State
    version: int
    prepared_by: str
    establishment: str | None
    sex: Sex
    facts: Facts
    wishes: Wishes
    opinion_id: UUID | None
    decision_number: str | None


def check_scope(establishment: str | None, scope: str | None) -> None:
    """Whoever works for one establishment of origin sees its files alone: the others do not exist for them.

    Args:
        establishment: of the file.
        scope: of the reader; None for all of the site.

    Raises:
        Refused: `candidacy-unknown`.
    """
    if scope is not None and establishment != scope:
        raise Refused(Refusal.CANDIDACY_UNKNOWN)


def check_dates(facts: Facts, born_on: date) -> None:
    """Dates that contradict one another as typed.

    Args:
        facts: of the file.
        born_on: of the person.

    Raises:
        Refused: `impossible-dates`: end before start, consent withdrawn before it was signed, or a year nobody means.
    """
    given = (
        facts.sentence_end,
        facts.extract_on,
        facts.consent_signed_on,
        facts.consent_withdrawn_on,
        facts.planned_entry,
        born_on,
    )
    outside = any(day is not None and not FIRST <= day <= LAST for day in given)
    ends_before_entry = facts.sentence_end is not None and facts.sentence_end <= facts.planned_entry
    withdrawn_first = facts.consent_withdrawn_on is not None and (
        facts.consent_signed_on is None or facts.consent_withdrawn_on < facts.consent_signed_on
    )
    if outside or born_on >= facts.planned_entry or ends_before_entry or withdrawn_first:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
