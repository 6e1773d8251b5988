"""The commission of a site: an agenda, those present, and one advice per file. It advises; it decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.selection.domain.advice import Author, Sense
from services.selection.domain.candidacy import Scope
from services.selection.domain.dates import FIRST, LAST
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused


@dataclass(frozen=True)
class BoardAdvice:
    """What the commission says of one file of its agenda. `words`: restricted; may be empty."""

    candidacy_id: UUID
    sense: Sense
    words: str = field(repr=False)


@dataclass(frozen=True)
class Minutes:
    """A sitting as it was held.

    Args:
        members: who was present beside the chair.
        words: the minutes, restricted as words of an advice are.
        advice: per file; a file of the agenda that has none was put off.
    """

    chair: Author
    members: tuple[Author, ...]
    words: str = field(repr=False)
    advice: tuple[BoardAdvice, ...]


def check_of_site(scope: Scope) -> None:
    """The commission is the site's: officers of an establishment of origin neither hold it nor read its minutes.

    Raises:
        Refused: `not-of-the-site`.
    """
    if scope.establishment is not None:
        raise Refused(Refusal.NOT_OF_THE_SITE)


def check_planned(sits_on: date) -> None:
    """Raises Refused `impossible-dates` for a year nobody means."""
    if not FIRST <= sits_on <= LAST:
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def check_held(minutes: Minutes, *, sits_on: date, today: date, agenda: Sequence[UUID], policy: Policy) -> None:
    """Whether a sitting could be held as the minutes say.

    Args:
        sits_on: date of the sitting, Europe/Paris.
        today: Europe/Paris.
        agenda: the candidacies that were put before it.

    Raises:
        Refused: `impossible-dates`: it is still to come; `no-quorum`; `not-on-agenda`.
    """
    if sits_on > today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    # Whoever is written down twice is present once.
    present = {" ".join(one.name.casefold().split()) for one in (minutes.chair, *minutes.members)}
    if len(present) < policy.quorum:
        raise Refused(Refusal.NO_QUORUM)
    if not {one.candidacy_id for one in minutes.advice} <= set(agenda):
        raise Refused(Refusal.NOT_ON_AGENDA)
