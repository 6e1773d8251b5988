"""In which version of the catalogue a subscription is told: the one that was the newest when it was made, or chosen."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.notifications.domain.notice import Notice, payload
from services.notifications.domain.refusal import Refusal, Refused

RENDER: Mapping[tuple[Notice, int], Callable[[Notice, datetime], str]] = {
    (Notice.APPROVED, 1): payload,
    (Notice.WITHDRAWN, 1): payload,
}
"""What writes the body of each notice in each version: a JSON object on one line, with a placeholder for the reference.

Every notice has an entry for every version, also where they are alike: whoever was told the one is told its retraction.
"""

NEWEST = max(version for _, version in RENDER)


def check_version(version: int) -> None:
    """Whether notices can be told in this version.

    Raises:
        Refused: `notice-version-unknown`.
    """
    if version not in {known for _, known in RENDER}:
        raise Refused(Refusal.NOTICE_VERSION_UNKNOWN)


def templates(notice: Notice, at: datetime) -> dict[int, str]:
    """The body of a notice in each version.

    Args:
        notice: what happened.
        at: when it was decided, UTC.
    """
    return {version: render(notice, at) for (told, version), render in RENDER.items() if told is notice}
