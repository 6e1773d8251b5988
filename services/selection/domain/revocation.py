"""The administration takes its approval back: not before the person was told why, and heard or had the time."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.selection.domain.refusal import Refusal, Refused


class RevocationOutcome(StrEnum):
    """How an intended revocation ended."""

    REVOKED = "revoked"
    DROPPED = "dropped"
    CHANGE_OF_ASSIGNMENT = "change_of_assignment"
    """The person has arrived: nothing is revoked any more, another prison is asked for (D211-26)."""
    FILE_CLOSED = "file_closed"
    """The candidate withdrew meanwhile, or the candidacy lapsed."""


@dataclass(frozen=True)
class Revocation:
    """An intended revocation that is under way.

    Args:
        opened_by: subject of the officer; that officer does not sign it.
        handed_over_on: when the person got the notice, Europe/Paris.
        observe_until: the last day for observations (L122-1 CRPA).
        observed: whether observations, or a "none", were received.
    """

    id: UUID
    opened_by: str
    handed_over_on: date
    observe_until: date
    observed: bool


def check_notice(handed_over_on: date, approved_on: date, today: date) -> None:
    """A notice is handed over after the approval that it is about, and before it is recorded.

    Raises:
        Refused: `impossible-dates`.
    """
    if not approved_on <= handed_over_on <= today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def under_way(revocation: Revocation | None) -> Revocation:
    """The revocation, if there is one.

    Raises:
        Refused: `revocation-not-open`.
    """
    if revocation is None:
        raise Refused(Refusal.REVOCATION_NOT_OPEN)
    return revocation


def check_since_notice(revocation: Revocation, day: date, today: date) -> None:
    """What the person did about the notice lies between its hand-over and today.

    Raises:
        Refused: `impossible-dates`.
    """
    if not revocation.handed_over_on <= day <= today:
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def check_heard(revocation: Revocation, today: date) -> None:
    """Nobody is decided against unheard (L121-1 CRPA).

    Raises:
        Refused: `observations-awaited`: none came, and the last day for them is not over.
    """
    if not revocation.observed and today <= revocation.observe_until:
        raise Refused(Refusal.OBSERVATIONS_AWAITED)
