"""The rules of a roll count: every cell is counted once, and what is missing is explained by a code or stays open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from services.placement.domain.refusal import Refusal, Refused


class Explanation(StrEnum):
    """Why somebody who lives in a cell is not found in it."""

    COURT = "court"
    """Taken before a judge (extraction judiciaire)."""
    HOSPITAL = "hospital"
    OUTSIDE = "outside"
    """At work, in training or at an activity outside of the detention area."""
    PERMISSION = "permission"
    """On leave (permission de sortir)."""


class Inhabited(NamedTuple):
    """A cell as it is known to be at an instant."""

    code: str
    unit: str | None
    """None for a secure waiting cell, which is a place of its own."""
    wing: str | None
    occupied: bool
    """Whether somebody who is present sleeps there."""

    @property
    def places(self) -> tuple[str, ...]:
        """The places by which the cell can be counted."""
        return (self.unit, self.wing) if self.unit and self.wing else (self.code,)


@dataclass(frozen=True, slots=True)
class Counted:
    """What an officer found in one place.

    Args:
        place: a wing, a unit, or a cell that belongs to none.
        counted: persons seen.
        explanations: how many are not there, by the reason that the officer knows.
    """

    place: str
    counted: int
    explanations: Mapping[Explanation, int]


class Line(NamedTuple):
    """One place of a count, held against what was expected."""

    place: str
    expected: int
    counted: int
    explanations: Mapping[Explanation, int]

    @property
    def explained(self) -> int:
        """How many are not there for a known reason."""
        return sum(self.explanations.values())


def held_against(counted: Sequence[Counted], cells: Sequence[Inhabited]) -> tuple[Line, ...]:
    """The lines of a count, with how many were expected in each place.

    Raises:
        Refused: a place is unknown, or a cell of the site is counted twice or not at all.
    """
    known = {place for cell in cells for place in cell.places}
    if any(one.place not in known for one in counted):
        raise Refused(Refusal.PLACE_UNKNOWN)
    places = [one.place for one in counted]
    if any(sum(places.count(place) for place in cell.places) != 1 for cell in cells):
        raise Refused(Refusal.PLACES_NOT_COUNTED_ONCE)
    return tuple(
        Line(
            one.place,
            sum(cell.occupied for cell in cells if one.place in cell.places),
            one.counted,
            one.explanations,
        )
        for one in counted
    )
