"""What a convention lets a partner ask of a person: never more than the law grants bodies of its category."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.notifications.domain.refusal import Refusal, Refused

_RELEASE = ("last_name", "first_names", "ecrou_number", "projected_exit")
_TRAINING = ("last_name", "first_names")

LAWFUL: Mapping[str, tuple[str, ...]] = {
    "employment_service": _RELEASE,
    "youth_service": _RELEASE,
    "training_body": _TRAINING,
}
"""By category of partner, what R240-6 of the Code pénitentiaire lets it have: 12° for bodies that prepare the release,
20° for training bodies, without écrou number, offence or date. What the platform does not hold is left out. Nothing for
any other category."""

WINDOWS: Mapping[str, int] = {"employment_service": 6}
"""By category, the months before the projected exit outside which nothing is shown, unless the convention says so."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a convention permits.

    Args:
        fields: names of fields, in the order of the law.
        window_months: only in the last so many months before the projected exit; None for no such limit.
    """

    fields: tuple[str, ...]
    window_months: int | None


def terms(category: str, fields: Iterable[str] | None, window_months: int | None) -> Terms:
    """The terms of a convention, with the law's where it is silent.

    Args:
        category: of the partner.
        fields: that the convention names; None for all that the law grants.
        window_months: that the convention names; None for the usual one of the category.

    Raises:
        Refused: `field-not-lawful`.
    """
    lawful = LAWFUL.get(category, ())
    named = frozenset(lawful if fields is None else fields)
    if not named.issubset(lawful):
        raise Refused(Refusal.FIELD_NOT_LAWFUL)
    return Terms(tuple(one for one in lawful if one in named), window_months or WINDOWS.get(category))
