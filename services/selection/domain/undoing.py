"""What a withdrawal would undo, told before it is done; and what takes its place once the person has arrived."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.selection.domain.acts import State
from services.selection.domain.journey import ACCOMMODATION, DELIVERY, PARTNERS, TRAINING, Journey, Status, Step

CHANGE_MONTHS = 2
"""The silence of the administration on a request means a refusal after so many months (L231-4 CRPA)."""


class ChangeCause(StrEnum):
    """Why another prison is asked for once the person has arrived."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    REVOCATION = "revocation"
    """The administration intends to take its approval back."""
    DECISION_UNDONE = "decision_undone"
    """The person arrived although the approval had been revoked, or the candidacy had lapsed."""


class ChangeState(StrEnum):
    """Where a request for a change of assignment stands."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class Undone(StrEnum):
    """What one service would take back."""

    FREES_BED = "frees_bed"
    LEAVES_BED_LIST = "leaves_bed_list"
    CANCELS_BED_ORDER = "cancels_bed_order"
    """Nothing was answered yet."""
    FREES_SEAT = "frees_seat"
    LEAVES_SEAT_LISTS = "leaves_seat_lists"
    CANCELS_SEAT_ORDER = "cancels_seat_order"
    RETRACTS_NOTICE = "retracts_notice"
    """The partner was told, or may have been."""
    STOPS_NOTICES = "stops_notices"
    """Not told yet; whoever is being told at this moment gets a retraction."""


class Stays(StrEnum):
    """What a withdrawal never takes back."""

    FILE_AND_HISTORY = "file_and_history"
    SIGNED_DECISIONS = "signed_decisions"
    APPROVAL = "approval"
    BED_UNTIL_DEPARTURE = "bed_until_departure"
    SEAT = "seat"
    NOTICES = "notices"


class Opened(StrEnum):
    """What a withdrawal sets off after arrival."""

    CHANGE_OF_ASSIGNMENT = "change_of_assignment"
    REVIEW = "review"


@dataclass(frozen=True)
class Line:
    """One thing that would be taken back.

    Args:
        service: that does it.
        detail: as the journey knows it: cell, activity, partner, dates.
    """

    service: str
    what: Undone
    detail: Mapping[str, object]


@dataclass(frozen=True)
class Undoing:
    """What a withdrawal would do now."""

    undone: tuple[Line, ...]
    stays: tuple[Stays, ...]
    opens: tuple[Opened, ...]


AFTER_ARRIVAL = Undoing(
    (),
    (
        Stays.FILE_AND_HISTORY,
        Stays.SIGNED_DECISIONS,
        Stays.APPROVAL,
        Stays.BED_UNTIL_DEPARTURE,
        Stays.SEAT,
        Stays.NOTICES,
    ),
    (Opened.CHANGE_OF_ASSIGNMENT, Opened.REVIEW),
)
"""What a withdrawal does once the person has arrived."""

_BED: Mapping[Status, Undone] = {
    Status.WAITING: Undone.CANCELS_BED_ORDER,
    Status.PROPOSED: Undone.FREES_BED,
    Status.OVERDUE: Undone.FREES_BED,
    Status.CONFIRMED: Undone.FREES_BED,
    Status.WAITLISTED: Undone.LEAVES_BED_LIST,
}
_SEAT: Mapping[Status, Undone] = {
    Status.WAITING: Undone.CANCELS_SEAT_ORDER,
    Status.RESERVED: Undone.FREES_SEAT,
    Status.CONFIRMED: Undone.FREES_SEAT,
    Status.WAITLISTED: Undone.LEAVES_SEAT_LISTS,
}


def undoing(state: State, journey: Journey, *, arrived: bool, departed: bool) -> Undoing:
    """What a withdrawal would do to a file now.

    Args:
        state: of the candidacy.
        journey: as selection knows it; what is on its way is not in it.
        arrived: whether the first night has been recorded.
        departed: whether the person has left again.
    """
    recorded = (Stays.FILE_AND_HISTORY, Stays.SIGNED_DECISIONS)
    if state is not State.APPROVED or departed:
        return Undoing((), recorded, ())
    return AFTER_ARRIVAL if arrived else Undoing(tuple(_lines(journey)), recorded, ())


def _lines(journey: Journey) -> Iterator[Line]:
    for step in journey.steps:
        if step.step == ACCOMMODATION and step.status in _BED:
            yield Line("placement", _BED[step.status], step.detail)
        elif step.step == TRAINING and step.status in _SEAT:
            yield Line("citizen_space", _SEAT[step.status], step.detail)
        elif step.step == PARTNERS and step.status in {Status.WAITING, Status.IN_PROGRESS}:
            yield Line("notifications", Undone.STOPS_NOTICES, {})
        elif step.step.startswith(DELIVERY) and _may_be_known(step):
            yield Line("notifications", Undone.RETRACTS_NOTICE, {"partner": step.detail["partner"]})


def _may_be_known(step: Step) -> bool:
    """Whether an attempt may have reached the partner."""
    return step.status is Status.TOLD or (step.status is Status.NOT_TOLD and bool(step.detail.get("attempts")))
