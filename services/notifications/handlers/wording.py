"""How a notice is worded in each version: nothing is planned that the catalogue does not describe."""

from datetime import datetime

from services.notifications.domain import PLACEHOLDER, Notice, templates
from shared.contracts.notices import check

_REFERENCE = f"r_{'0' * 32}"


def worded(notice: Notice, at: datetime) -> dict[int, str]:
    """The template of a notice in each version, checked once for all who are told it.

    Args:
        notice: what happened.
        at: when it was decided, UTC.

    Raises:
        ValidationError: a body made of it would not be what partners were promised.
    """
    found = templates(notice, at)
    for version, template in found.items():
        check(notice.value, version, _filled(template))
    return found


def _filled(template: str) -> str:
    """A body as it leaves: with a reference, and its number as the last member."""
    return template.replace(PLACEHOLDER, _REFERENCE).removesuffix("}") + ',"sequence":1}'
