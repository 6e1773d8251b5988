"""The file that officers work on: what it holds, who may see and change it, and which dates contradict one another."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.selection.domain.acts import Act, State
from services.selection.domain.case import Case, Facts
from services.selection.domain.dates import FIRST, LAST
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.transitions import next_state


class PartnerCategory(StrEnum):
    """Kinds of outside bodies that the person agreed to have told."""

    EMPLOYMENT_SERVICE = "employment_service"
    YOUTH_SERVICE = "youth_service"
    TRAINING_BODY = "training_body"
    REGION = "region"
    SOCIAL_EMPLOYER = "social_employer"


@dataclass(frozen=True)
class Wishes:
    """What the person needs and asks for.

    Args:
        adapted_cell: a cell for reduced mobility is needed: yes or no, never why (never a reason to refuse).
        training: activity codes, first wish first.
        partner_categories: who may be told: a written yes, category by category. All others are a no.
    """

    adapted_cell: bool
    training: tuple[str, ...]
    partner_categories: tuple[PartnerCategory, ...]


@dataclass(frozen=True)
class File:
    """A candidacy as the rules see it. No identity.

    Args:
        file_number: order of arrival at the site; second rank of the waiting lists.
        version: of the row, rising with every write; each published event has its own.
        round: how often the file is examined: 1, and one more for each appeal that succeeded.
        prepared_by: token subject of the officer who opened it.
        preparers: subjects of all officers who worked on it; none of them may decide it.
        referent: subject of the officer who follows it now.
        establishment: the prison of origin, as the preparer's token says; None for one opened by the site itself.
        arrived_on: first night at the site, Europe/Paris; None before.
        case: all that the criteria look at.
        opinion_id: the latest opinion; None before the first.
        decision_number: of the decision that stands; None when none does.
        departed_on: the day on which the person left the site for good, Europe/Paris; None before.
    """

    id: UUID
    person_id: UUID
    site: str
    file_number: int
    state: State
    version: int
    round: int
    prepared_by: str
    preparers: tuple[str, ...]
    referent: str
    establishment: str | None
    arrived_on: date | None
    case: Case
    wishes: Wishes
    opinion_id: UUID | None
    decision_number: str | None
    departed_on: date | None = None

    @property
    def approval_number(self) -> str | None:
        """Number of the approval that stands: what a withdrawal, a revocation or a lapse undoes."""
        return self.decision_number if self.state is State.APPROVED else None


@dataclass(frozen=True)
class Scope:
    """Whose files an officer may see, from the token.

    Args:
        site: code of the site that this stack serves.
        establishment: the only one of origin whose files the officer sees; None for all of the site.
    """

    site: str
    establishment: str | None

    def sees(self, establishment: str | None, arrived_on: date | None) -> bool:
        """Whether a file exists for the officer: the origin follows its files to the end, the site has those present.

        Args:
            establishment: of origin, of the file.
            arrived_on: of the file; from then on it belongs to the site.
        """
        return self.establishment in (None, establishment) or (
            self.establishment == self.site and arrived_on is not None
        )

    def check_read(self, establishment: str | None, arrived_on: date | None) -> None:
        """The origin follows its files to the end; the others do not exist for it.

        Args:
            establishment: of origin, of the file.
            arrived_on: of the file; from then on it belongs to the site.

        Raises:
            Refused: `candidacy-unknown`.
        """
        if not self.sees(establishment, arrived_on):
            raise Refused(Refusal.CANDIDACY_UNKNOWN)

    def check_write(self, establishment: str | None, arrived_on: date | None) -> None:
        """At arrival the file passes to the site, and the origin may change nothing any more.

        Raises:
            Refused: `candidacy-unknown`, or `passed-to-site`.
        """
        self.check_read(establishment, arrived_on)
        if arrived_on is not None and self.establishment not in (None, self.site):
            raise Refused(Refusal.PASSED_TO_SITE)

    def may_write(self, establishment: str | None, arrived_on: date | None) -> bool:
        """Whether `check_write` refuses nothing."""
        try:
            self.check_write(establishment, arrived_on)
        except Refused:
            return False
        return True


@dataclass(frozen=True)
class Editor:
    """Who writes on a file, and which version of it that officer saw.

    Args:
        id: subject of the token.
        scope: whose files the officer may touch.
        expected: the version that the officer saw (`If-Match`); None for a caller that saw none, such as an event.
    """

    id: str
    scope: Scope
    expected: int | None


_PREPARING = frozenset(
    {
        Act.AMEND,
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.GATHER,
        Act.SUBMIT,
        Act.ASSESS,
        Act.RESUME,
        Act.MERGE,
    }
)
"""Whoever does one of these has prepared the file, and does not decide it."""


def admit(file: File, act: Act, editor: Editor) -> State:
    """Whether the editor may do the act now; the state that it leads to.

    Raises:
        Refused: `candidacy-unknown`, `passed-to-site`, `stale-version`, or the act is not open in this state.
    """
    editor.scope.check_write(file.establishment, file.arrived_on)
    if editor.expected is not None and editor.expected != file.version:
        raise Refused(Refusal.STALE_VERSION)
    return next_state(file.state, act)


def preparers_after(file: File, act: Act, editor: Editor) -> tuple[str, ...]:
    """All who prepared the file, once the editor has done the act."""
    return file.preparers if act not in _PREPARING or editor.id in file.preparers else (*file.preparers, editor.id)


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
    entry = facts.planned_entry
    ends_before_entry = facts.sentence_end is not None and entry is not None and facts.sentence_end <= entry
    withdrawn_first = facts.consent_withdrawn_on is not None and (
        facts.consent_signed_on is None or facts.consent_withdrawn_on < facts.consent_signed_on
    )
    if outside or (entry is not None and born_on >= entry) or ends_before_entry or withdrawn_first:
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def check_complete(facts: Facts) -> None:
    """What a file must say to be submitted. What else is missing, the criteria tell: it never blocks a submission.

    Raises:
        Refused: `file-incomplete`: no planned entry.
    """
    if facts.planned_entry is None:
        raise Refused(Refusal.FILE_INCOMPLETE)
