"""Which persons each site takes: data, as announced in public. A site's settings may say otherwise."""

from dataclasses import dataclass
from enum import StrEnum


class Sex(StrEnum):
    """As in the penitentiary file: it decides the wing (R211-1)."""

    MALE = "M"
    FEMALE = "F"


class SiteStatus(StrEnum):
    """Where a site stands. One in preparation takes files; a suspended one takes nobody."""

    OPEN = "OPEN"
    PREPARATION = "PREPARATION"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True)
class SiteProfile:
    """What the criteria know of a site.

    Args:
        code: such as `DON`.
        name: for readers.
        status: of the site.
        sexes: for which it has quarters (R211-1).
    """

    code: str
    name: str
    status: SiteStatus
    sexes: tuple[Sex, ...]

    def takes(self, sex: Sex) -> bool:
        """Whether files of that sex may be handed in."""
        return self.status is not SiteStatus.SUSPENDED and sex in self.sexes


SITES = (
    SiteProfile("DON", "Donchery", SiteStatus.PREPARATION, (Sex.MALE, Sex.FEMALE)),
    SiteProfile("ARR", "Arras", SiteStatus.PREPARATION, (Sex.MALE,)),
    SiteProfile("TOU", "Toul", SiteStatus.SUSPENDED, (Sex.MALE,)),
)
"""In the order in which they are offered to somebody whom another site does not take.

Arras and Toul were announced for men alone, Donchery for both. That Toul is suspended is reported, not official;
whether Arras has opened is not known.
"""
