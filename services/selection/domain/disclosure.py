"""What a partner may be shown of a person at this moment: the decision is a value, and every no has a cause of its own.

The causes are for the log alone. What the partner hears of them must tell nothing about the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.selection.domain.acts import State
from services.selection.domain.candidacy import PartnerCategory
from services.selection.domain.dates import add_months, first_day_reaching
from services.selection.domain.refusal import Refusal

YOUTH_SERVICE_AGE = 26
"""A youth service serves people below this age (R240-6, 12°)."""


class PartnerField(StrEnum):
    """All that can ever be shown to a partner."""

    LAST_NAME = "last_name"
    FIRST_NAMES = "first_names"
    ECROU_NUMBER = "ecrou_number"
    PROJECTED_EXIT = "projected_exit"


class PartnerPurpose(StrEnum):
    """Why a partner asks: a closed list, of the purposes that R240-6 names."""

    RELEASE_PREPARATION = "release_preparation"
    TRAINING_ADMISSION = "training_admission"


_RELEASE = frozenset(PartnerField)
_TRAINING = frozenset({PartnerField.LAST_NAME, PartnerField.FIRST_NAMES})
LAWFUL: Mapping[PartnerCategory, tuple[str, frozenset[PartnerField]]] = {
    PartnerCategory.EMPLOYMENT_SERVICE: ("R240-6 12° Code pénitentiaire", _RELEASE),
    PartnerCategory.YOUTH_SERVICE: ("R240-6 12° Code pénitentiaire", _RELEASE),
    PartnerCategory.TRAINING_BODY: ("R240-6 20° Code pénitentiaire", _TRAINING),
}
"""By category, the article and what it grants, as far as the vault holds it. Nothing to any other category."""


@dataclass(frozen=True)
class Convention:
    """What a partner may ask for, and when.

    Args:
        begins_on: first day, Europe/Paris.
        ends_before: first day after it.
        fields: that it permits; the law's list limits them.
        window_months: only in the last so many months before the projected exit; None for no such limit.
    """

    category: PartnerCategory
    begins_on: date
    ends_before: date
    fields: frozenset[PartnerField]
    window_months: int | None

    @property
    def permitted(self) -> tuple[PartnerField, ...]:
        """What both the law and the convention permit."""
        _, lawful = LAWFUL.get(self.category, ("", frozenset()))
        return tuple(one for one in PartnerField if one in self.fields & lawful)

    @property
    def basis(self) -> str:
        """What the log names: the article, if there is one for this category, and the convention."""
        article, _ = LAWFUL.get(self.category, ("no article", frozenset()))
        return f"{article}; convention {self.begins_on}/{self.ends_before}"


@dataclass(frozen=True)
class Named:
    """Whom a reference means, as far as the gate must know. Dates: Europe/Paris.

    Args:
        partner_id: the one partner that knows the person by this reference.
        agreed: the categories that the person said yes to.
        projected_exit: end of the sentence as the extract gives it.
    """

    candidacy_id: UUID
    person_id: UUID
    partner_id: UUID
    state: State
    consent_signed_on: date | None
    consent_withdrawn_on: date | None
    agreed: frozenset[PartnerCategory]
    arrived_on: date | None
    departed_on: date | None
    projected_exit: date | None
    born_on: date = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """A yes: these fields, and nothing else. Never empty."""

    fields: tuple[PartnerField, ...]


class Withheld(StrEnum):
    """A no, with its cause."""

    CONVENTION_ENDED = "convention_ended"
    """No convention of the partner covers today, or none is known."""
    NOTHING_PERMITTED = "nothing_permitted"
    REFERENCE_UNKNOWN = "reference_unknown"
    REFERENCE_OF_ANOTHER = "reference_of_another"
    NOT_APPROVED = "not_approved"
    """No approval stands: withdrawn, revoked, lapsed, or under examination again."""
    NO_CONSENT = "no_consent"
    CATEGORY_NOT_AGREED = "category_not_agreed"
    NOT_ARRIVED = "not_arrived"
    """Nothing that identifies leaves before arrival (D215-6, D215-7)."""
    DEPARTED = "departed"
    OVER_AGE = "over_age"
    OUT_OF_WINDOW = "out_of_window"

    @property
    def refusal(self) -> Refusal:
        """What the partner hears: all that depends on a person sounds the same."""
        return Refusal.CONVENTION_ENDED if self is Withheld.CONVENTION_ENDED else Refusal.REFERENCE_UNKNOWN


Decision: TypeAlias = Shown | Withheld


def disclose(partner_id: UUID, convention: Convention | None, named: Named | None, today: date) -> Decision:
    """Whether a partner may be shown a person today, and what.

    Args:
        partner_id: who asks.
        convention: of that partner; None when none is known.
        named: whom the reference means; None for one that is not known.
        today: Europe/Paris.
    """
    # First of all, so that this answer, which sounds different, cannot depend on a person.
    if convention is None or not convention.begins_on <= today < convention.ends_before:
        return Withheld.CONVENTION_ENDED
    if named is None:
        return Withheld.REFERENCE_UNKNOWN
    if named.partner_id != partner_id:
        return Withheld.REFERENCE_OF_ANOTHER
    for cause, holds in _CONDITIONS:
        if not holds(convention, named, today):
            return cause
    return Shown(convention.permitted)


def _consent_stands(_: Convention, named: Named, today: date) -> bool:
    signed_on = named.consent_signed_on
    return signed_on is not None and signed_on <= today and named.consent_withdrawn_on is None


def _has_arrived(_: Convention, named: Named, today: date) -> bool:
    return named.arrived_on is not None and named.arrived_on <= today


def _young_enough(convention: Convention, named: Named, today: date) -> bool:
    young = today < add_months(named.born_on, 12 * YOUTH_SERVICE_AGE)
    return young or convention.category is not PartnerCategory.YOUTH_SERVICE


def _in_window(convention: Convention, named: Named, today: date) -> bool:
    months, end = convention.window_months, named.projected_exit
    if months is None:
        return convention.category is not PartnerCategory.EMPLOYMENT_SERVICE
    return end is not None and first_day_reaching(end, months) <= today <= end


_CONDITIONS: tuple[tuple[Withheld, Callable[[Convention, Named, date], bool]], ...] = (
    (Withheld.NOTHING_PERMITTED, lambda convention, _, __: bool(convention.permitted)),
    (Withheld.NOT_APPROVED, lambda _, named, __: named.state is State.APPROVED),
    (Withheld.NO_CONSENT, _consent_stands),
    (Withheld.CATEGORY_NOT_AGREED, lambda convention, named, _: convention.category in named.agreed),
    (Withheld.NOT_ARRIVED, _has_arrived),
    (Withheld.DEPARTED, lambda _, named, __: named.departed_on is None),
    (Withheld.OVER_AGE, _young_enough),
    (Withheld.OUT_OF_WINDOW, _in_window),
)
