"""By what right somebody signs: of the function held, or by a delegation that was recorded before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.selection.domain.dates import FIRST, LAST
from services.selection.domain.decision import Grounds, Kind, Signer
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused

OWN_COMPETENCE = "own competence"
"""What a decision names in the place of a delegation, where its signer needs none (D211-19)."""


@dataclass(frozen=True)
class Delegation:
    """What one officer may sign for another.

    Args:
        reference: of the act of delegation, as its decisions will name it; one act may name several delegates.
        delegate_id: subject of the delegate's token.
        delegate_name: as the act of delegation says.
        authority: in whose name the delegate signs.
        kinds: of decisions that it covers.
        valid_from: first day, Europe/Paris.
        valid_until: last day.
        ended_on: the day on which it was taken back, and from which it gives no right any more; None while it stands.

    Raises:
        Refused: `impossible-dates`: its end before its start, or a year nobody means.
    """

    reference: str
    delegate_id: str
    delegate_name: str
    authority: str
    kinds: frozenset[Kind]
    valid_from: date
    valid_until: date
    ended_on: date | None = None

    def __post_init__(self) -> None:
        if not FIRST <= self.valid_from <= self.valid_until <= LAST:
            raise Refused(Refusal.IMPOSSIBLE_DATES)

    def covers(self, kind: Kind, on: date) -> bool:
        """Whether a decision of this kind may be signed on this day."""
        standing = self.ended_on is None or on < self.ended_on
        return kind in self.kinds and self.valid_from <= on <= self.valid_until and standing


def check_competent(function: str, policy: Policy) -> None:
    """Only who decides in own competence gives and ends delegations.

    Raises:
        Refused: `not-competent`.
    """
    if function not in policy.own_competence:
        raise Refused(Refusal.NOT_COMPETENT)


def right_to_sign(
    signer: Signer, grounds: Grounds, kind: Kind, on: date, held: Iterable[Delegation], policy: Policy
) -> str:
    """What the decision names as its delegation.

    Args:
        grounds: as the signer gave them.
        on: date of the decision, Europe/Paris.
        held: the signer's delegations of the reference that the grounds name.

    Raises:
        Refused: `delegation-missing`, or `delegation-out-of-scope`: none of them is valid on the day and for the kind.
    """
    if not grounds.delegation.strip():
        if signer.function not in policy.own_competence:
            raise Refused(Refusal.DELEGATION_MISSING)
        return OWN_COMPETENCE
    if not any(one.covers(kind, on) for one in held):
        raise Refused(Refusal.DELEGATION_OUT_OF_SCOPE)
    return grounds.delegation
