"""The rules of arrival and departure: thin, as long as a stay has no phases of its own."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.placement.domain.beds import Request, State
from services.placement.domain.days import Uses
from services.placement.domain.refusal import Refusal, Refused

EARLY = timedelta(days=3)
"""A convoy may come this much before the first planned night: our assumption, no text fixes it."""


class DepartureReason(StrEnum):
    """Why somebody left for good."""

    END_OF_SENTENCE = "end_of_sentence"
    SENTENCE_ADJUSTED = "sentence_adjusted"
    """An adjustment (aménagement) outside the site."""
    SUPERVISED_RELEASE = "supervised_release"
    """Libération sous contrainte."""
    TRANSFERRED = "transferred"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody came.

    Args:
        transfer_order: reference of the order by which the person was moved (D211-19 of the Code pénitentiaire).
        arrived_on: first night, Europe/Paris.
    """

    transfer_order: str
    arrived_on: date


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody left for good.

    Args:
        departed_on: the day of it, Europe/Paris.
    """

    reason: DepartureReason
    departed_on: date


def arrive(
    request: Request | None, stay_id: UUID, arrival: Arrival, known: Arrival | None, uses: Uses, today: date
) -> Request:
    """The request once the person came; the very same when this arrival is known already.

    Args:
        request: the one that the stay belongs to, if any.
        stay_id: the stay that the officer saw.
        known: the arrival recorded on that stay, if any.
        uses: its nights.
        today: Europe/Paris.

    Raises:
        Refused: there is no confirmed bed of that stay, another arrival is known, or the day cannot be.
    """
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if known is not None:
        if known != arrival:
            raise Refused(Refusal.STAY_ARRIVED)
        return request
    if request.stay_id != stay_id or request.state is State.CANCELLED:
        raise Refused(Refusal.STAY_RELEASED)
    if request.state is State.WAITLISTED:
        raise Refused(Refusal.STAY_WAITING)
    if request.state is not State.CONFIRMED:
        raise Refused(Refusal.STAY_UNCONFIRMED)
    first, last = uses[0].nights.start - EARLY, min(today, uses[-1].nights.end - timedelta(days=1))
    if not first <= arrival.arrived_on <= last:
        raise Refused(Refusal.ARRIVAL_OUT_OF_DATES)
    return request.moved(State.ARRIVED)


def depart(
    request: Request | None, departure: Departure, arrival: Arrival | None, known: Departure | None, today: date
) -> Request:
    """The request once the person left; the very same when this departure is known already.

    Args:
        request: the one that the stay belongs to, if any.
        arrival: recorded on that stay, if any.
        known: the departure recorded on it, if any.
        today: Europe/Paris.

    Raises:
        Refused: nobody arrived on that stay, another departure is known, or the day cannot be.
    """
    if request is None:
        raise Refused(Refusal.STAY_UNKNOWN)
    if known is not None:
        if known != departure:
            raise Refused(Refusal.STAY_DEPARTED)
        return request
    if arrival is None:
        raise Refused(Refusal.STAY_NOT_ARRIVED)
    if not arrival.arrived_on <= departure.departed_on <= today:
        raise Refused(Refusal.DEPARTURE_OUT_OF_DATES)
    return request.moved(State.DEPARTED)
