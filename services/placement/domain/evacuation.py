"""The bad Monday: cells that must be closed with people in them. Occupants come first, then those who are expected."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.placement.domain.days import Days


class Closing(NamedTuple):
    """What is to be closed."""

    cells: tuple[str, ...]
    """In the order of their codes."""
    closed: frozenset[str]
    """Those of them that are out of service on one of the days already."""
    holds: tuple[UUID, ...]
    """That keep one of them free on one of the days."""
    days: Days
    """From when, and until when the cells are expected back."""


class Affected(NamedTuple):
    """Nights that somebody has, or is to have, in a cell that is closed."""

    stay_id: UUID
    cell: str
    nights: Days
    arrived: bool


class Refuge(NamedTuple):
    """A cell that an occupant can have, and who loses it: stays to which nobody has come."""

    cell: str
    displaces: tuple[UUID, ...]


class Removal(NamedTuple):
    """Somebody who has arrived and sleeps elsewhere from the closing on, for the rest of the stay."""

    stay_id: UUID
    cell: str
    to: str
    nights: Days


@dataclass(frozen=True, slots=True)
class Evacuation:
    """What one act would do, in the order in which it does it."""

    removals: tuple[Removal, ...]
    displaced: tuple[UUID, ...]
    """Stays to which nobody has come: proposed again, in the order of the line."""
    stranded: tuple[Affected, ...]
    """Occupants for whom no cell is left. Theirs stay open; nobody is locked out by a plan."""
    closes: tuple[str, ...]
    """Without those that are closed on one of these days already."""
    holds: tuple[UUID, ...]
    """Beds kept free for a purpose in these cells: given up."""

    @property
    def digest(self) -> str:
        """Names this very plan: the act is refused when another one would come of it now."""
        said = (self.removals, self.displaced, self.stranded, self.closes, self.holds)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def remaining(affected: Affected, closing: Closing) -> Days:
    """The nights that somebody can no longer spend there."""
    return Days(max(affected.nights.start, closing.days.start), affected.nights.end)


def planned_evacuation(closing: Closing, refuges: Mapping[Affected, Refuge | None]) -> Evacuation:
    """The plan that follows from where each occupant can go.

    Args:
        closing: what is to be closed.
        refuges: for all nights in these cells on these days, in the order of the decisions; None for an occupant who
            has nowhere to go, and for whoever has not arrived.
    """
    removals: list[Removal] = []
    stranded: list[Affected] = []
    gone: list[UUID] = []
    for one, refuge in refuges.items():
        if not one.arrived:
            gone.append(one.stay_id)
        elif refuge is None:
            stranded.append(one)
        else:
            removals.append(Removal(one.stay_id, one.cell, refuge.cell, remaining(one, closing)))
            gone += refuge.displaces
    blocked = {one.cell for one in stranded}
    closes = tuple(cell for cell in closing.cells if cell not in blocked | closing.closed)
    return Evacuation(tuple(removals), tuple(dict.fromkeys(gone)), tuple(stranded), closes, closing.holds)
