"""The signed act: what it orders, who may sign it, and the digest that shows it was not changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from services.selection.domain.acts import Act
from services.selection.domain.candidacy import File, PartnerCategory
from services.selection.domain.criteria import Code, Criterion, Finding, LineKind
from services.selection.domain.eligibility import Opinion, Result, assess
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.sites import Sex
from services.selection.domain.transitions import next_state

ARRIVAL_PHASE = timedelta(days=21)
"""At most three weeks (R212-17): training starts after it."""


class CellType(StrEnum):
    """What is asked of a cell."""

    STANDARD = "standard"
    ADAPTED = "adapted"


class Kind(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    REFUSED = "refused"
    ADJOURNED = "adjourned"
    DEFERRED = "deferred"
    REVOKED = "revoked"
    LAPSED = "lapsed"


class RefusalReason(StrEnum):
    """The closed list of a refusal; own words come on top. Nationality, health, religion, origin, age: never."""

    CRITERIA_NOT_MET = "CRITERIA_NOT_MET"
    PROJECT_INSUFFICIENT = "PROJECT_INSUFFICIENT"
    COMMITMENT_INSUFFICIENT = "COMMITMENT_INSUFFICIENT"
    INCOMPATIBLE_WITH_REGIME = "INCOMPATIBLE_WITH_REGIME"
    SEPARATION = "SEPARATION"
    OFFER_UNSUITABLE = "OFFER_UNSUITABLE"
    OTHER_MEASURE_MORE_SUITABLE = "OTHER_MEASURE_MORE_SUITABLE"
    OTHER = "OTHER"


@dataclass(frozen=True)
class Effects:
    """What the signature sets off.

    Args:
        wing_sex: of the wing.
        cell_type: one cell of this type.
        planned_entry: first night.
        projected_exit: first day that cell and seat are no longer needed: the end of the sentence as projected today.
        wishes: a training seat, by the person's order.
        earliest_start: a cohort may start then or later.
        partner_categories: who outside will be told.
    """

    wing_sex: Sex
    cell_type: CellType
    planned_entry: date
    projected_exit: date
    wishes: tuple[str, ...]
    earliest_start: date
    partner_categories: tuple[PartnerCategory, ...]

    def listed(self) -> list[dict[str, object]]:
        """The list that is previewed, signed and stored, as plain JSON."""
        return [
            {
                "kind": "accommodation",
                "wing_sex": self.wing_sex.value,
                "cell_type": self.cell_type.value,
                "planned_entry": self.planned_entry.isoformat(),
                "projected_exit": self.projected_exit.isoformat(),
            },
            {
                "kind": "training",
                "wishes": list(self.wishes),
                "earliest_start": self.earliest_start.isoformat(),
                "projected_exit": self.projected_exit.isoformat(),
            },
            {"kind": "partners", "categories": [category.value for category in self.partner_categories]},
        ]


@dataclass(frozen=True)
class Signer:
    """The named officer who signs.

    Args:
        id: subject of the token.
        name: as the token says.
        function: such as `director`.
    """

    id: str
    name: str
    function: str


@dataclass(frozen=True)
class Grounds:
    """What every decision must say, in the signer's own words.

    Args:
        delegation: reference of the signer's delegation; blank for who decides in own competence.
        urgency: why it is decided before all advice is there (D211-22); None when it is not.
        examined: of each criterion that the opinion leaves to a human, what the signer found, in own words.

    Raises:
        Refused: `reasons-missing`, `authority-missing` or `urgency-without-reasons`, when one is blank.
    """

    reasons: str
    authority: str
    delegation: str = ""
    urgency: str | None = None
    examined: Mapping[Criterion, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for text, refusal in (
            (self.reasons, Refusal.REASONS_MISSING),
            (self.authority, Refusal.AUTHORITY_MISSING),
            (self.urgency, Refusal.URGENCY_WITHOUT_REASONS),
        ):
            if text is not None and not text.strip():
                raise Refused(refusal)


_FOR_A_HUMAN = frozenset(
    {
        Code.PARTLY_SUSPENDED,
        Code.DAYS_MAKE_A_MONTH,
        Code.SEPARATION_TO_EXAMINE,
        Code.JUDICIAL_SITUATION_TO_EXAMINE,
    }
)
"""What a signer may find no obstacle. Contradictory data is put right instead, and the minister decides elsewhere."""


@dataclass(frozen=True)
class NamedOpinion:
    """The opinion that an approval relies on, as stored."""

    id: UUID
    rule_version: str
    result: Result


@dataclass(frozen=True)
class Approval:
    """What an officer is about to sign: the effects, and the criteria as they stand on the day.

    Args:
        to_examine: the criteria that only a human can judge: the signer says of each what was found.
    """

    effects: Effects
    opinion: Opinion
    to_examine: tuple[Criterion, ...]

    def check_examined(self, examined: Mapping[Criterion, str]) -> None:
        """No point that the opinion leaves to a human is passed over, and none is made up.

        Raises:
            Refused: `points-not-examined`.
        """
        if set(examined) != set(self.to_examine) or not all(words.strip() for words in examined.values()):
            raise Refused(Refusal.POINTS_NOT_EXAMINED)


def approvable(file: File, named: NamedOpinion | None, today: date, policy: Policy) -> Approval:
    """What approving the file today would set off.

    Args:
        file: the candidacy.
        named: the opinion that the officer relies on; None when the file has no such opinion.
        today: date of the decision, Europe/Paris. The criteria are checked again on it.
        policy: what the site set where the law is silent.

    Raises:
        Refused: the state, the opinion or the planned entry does not allow it.
    """
    next_state(file.state, Act.APPROVE)
    if named is None:
        raise Refused(Refusal.OPINION_UNKNOWN)
    if named.result not in (Result.FAVOURABLE, Result.TO_EXAMINE):
        raise Refused(Refusal.OPINION_NOT_FAVOURABLE)
    again = assess(file.case, today, policy)
    if named.id != file.opinion_id or named.rule_version != again.rule_version or again.result is not named.result:
        raise Refused(Refusal.OPINION_STALE)
    left = [line for line in again.lines if line.finding is Finding.TO_EXAMINE and line.kind is LineKind.SUBSTANTIVE]
    codes = {line.code for line in left}
    if Code.MINISTER_DECIDES in codes:
        raise Refused(Refusal.MINISTER_DECIDES)
    if not codes <= _FOR_A_HUMAN:
        raise Refused(Refusal.OPINION_NOT_FAVOURABLE)
    if file.case.facts.planned_entry is None or file.case.facts.planned_entry < today:
        raise Refused(Refusal.PLANNED_ENTRY_PASSED)
    return Approval(_effects(file), again, tuple(line.criterion for line in left))


def check_signer(file: File, signer: Signer) -> None:
    """Four eyes: nobody who prepared the file decides it.

    Raises:
        Refused: `decision-by-preparer`.
    """
    if signer.id in (file.prepared_by, *file.preparers):
        raise Refused(Refusal.DECISION_BY_PREPARER)


def check_effects(shown: list[dict[str, object]], effects: Effects) -> None:
    """The signature covers what was shown, to the letter.

    Raises:
        Refused: `effects-changed`: what was previewed is not what would be set off now.
    """
    if shown != effects.listed():
        raise Refused(Refusal.EFFECTS_CHANGED)


def act_digest(act: Mapping[str, object]) -> bytes:
    """SHA-256 of the act's canonical JSON: 32 bytes.

    Args:
        act: all that was signed, as plain JSON. The number is not part of it: the register gives it afterwards.
    """
    text = json.dumps(act, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).digest()


def _effects(file: File) -> Effects:
    # What may be approved has a remainder that was judged, so the end is known; what is submitted has an entry.
    assert file.case.facts.sentence_end is not None
    assert file.case.facts.planned_entry is not None
    return Effects(
        wing_sex=file.case.sex,
        cell_type=CellType.ADAPTED if file.wishes.adapted_cell else CellType.STANDARD,
        planned_entry=file.case.facts.planned_entry,
        projected_exit=file.case.facts.sentence_end,
        wishes=file.wishes.training,
        earliest_start=file.case.facts.planned_entry + ARRIVAL_PHASE,
        partner_categories=file.wishes.partner_categories,
    )
