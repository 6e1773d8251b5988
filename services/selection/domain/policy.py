"""What the law leaves open and a site sets: spans, thresholds, competence; each with the assumption behind it."""

from dataclasses import dataclass
from enum import StrEnum

from services.selection.domain.sites import SITES, SiteProfile


class QuantumRule(StrEnum):
    """Which measure of several sentences is compared with five years."""

    TOTAL = "total"
    """All under execution together (wording of D422-1)."""
    LONGEST = "longest"


class AdviceKind(StrEnum):
    """Who is asked for an advice on a file."""

    ORIGIN_HEAD = "origin_head"
    SPIP = "spip"
    ADVISORY_BOARD = "advisory_board"
    """The commission pluridisciplinaire unique of the prison of origin (D211-34)."""
    SENTENCE_JUDGE = "sentence_judge"
    """The juge de l'application des peines (D211-22)."""
    PROSECUTOR = "prosecutor"
    """Needed for a change of assignment (D211-28)."""
    ORIGIN_REGION = "origin_region"
    """The interregional directorate of origin, where it is another than the site's (D211-24)."""
    WORK_AGENCY = "work_agency"
    SELECTION_BOARD = "selection_board"
    """The commission of the InSERRE site: given at a sitting, and in no other way."""


@dataclass(frozen=True)
class Choices:
    """The settings that the criteria look at, and that an opinion keeps. As in `Policy`."""

    quantum_rule: QuantumRule
    extract_days: int
    required_advice: tuple[AdviceKind, ...]
    sites: tuple[SiteProfile, ...]


@dataclass(frozen=True)
class Policy:
    """The settings of one site. Every default is an assumption to be confirmed by the administration.

    Args:
        quantum_rule: for criterion C2.
        extract_days: an extract of the penal file older than this says nothing of the remainder any more.
        required_advice: kinds without which nothing is decided, but for a reasoned urgency (D211-11, D211-22).
        advice_days: working days that whoever is asked for an advice has.
        reminder_days: working days before a due date on which its owner is reminded.
        answer_months: the silence of the administration means a refusal after this many months (L231-4 CRPA).
        hand_over_days: working days in which the person is given a decision.
        appeal_months: an appeal is lodged within this many months of the hand-over of the decision.
        observation_days: working days that the person has to observe on an intended revocation (L122-1 CRPA).
        own_competence: functions that decide without a delegation (D211-19).
        quorum: members who must be present at a sitting of the commission.
        release_window_months: before the projected exit, in which the employment service may act.
        sites: whom each site takes, in the order in which they are offered to somebody whom another does not take.
    """

    quantum_rule: QuantumRule = QuantumRule.TOTAL
    extract_days: int = 30
    required_advice: tuple[AdviceKind, ...] = (
        AdviceKind.SPIP,
        AdviceKind.ORIGIN_HEAD,
        AdviceKind.ADVISORY_BOARD,
        AdviceKind.SENTENCE_JUDGE,
    )
    advice_days: int = 15
    reminder_days: int = 5
    answer_months: int = 2
    hand_over_days: int = 3
    appeal_months: int = 2
    observation_days: int = 10
    own_competence: tuple[str, ...] = ("interregional_director",)
    quorum: int = 3
    release_window_months: int = 6
    sites: tuple[SiteProfile, ...] = SITES
    level_complete_days: int = 15
    """Service level: days from submission until the file is complete and assessed."""
    level_decided_days: int = 45
    """From submission until the decision."""
    level_order_days: int = 15
    """From the decision until the bed is confirmed."""
    level_arrived_days: int = 45
    """From the decision until arrival."""
    level_first_hour_days: int = 10
    """From arrival until the first hour of activity."""

    @property
    def choices(self) -> Choices:
        """What the criteria look at."""
        return Choices(self.quantum_rule, self.extract_days, self.required_advice, self.sites)
