"""Whether a named cell can be somebody's: the same rules as for a cell that is chosen, each with its own no."""

from datetime import date, timedelta
from typing import NamedTuple

from services.placement.domain.beds import CellType
from services.placement.domain.days import Place, Terms
from services.placement.domain.refusal import Refusal


class Fitness(NamedTuple):
    """What there is to say of a cell for some nights of a stay."""

    sex_fits: bool
    cell_type: CellType
    in_service: bool
    """Part of the estate, and no outage of it has begun that nobody ended."""
    taken: bool
    """Whether another use has it on one of these days, or somebody else sleeps there."""
    apart: bool
    """Whether somebody from whom the person is kept apart is near it then."""


def unfit(found: Fitness | None, needed: CellType, *, lent: bool = False) -> Refusal | None:
    """Why a cell cannot be had; None when it can.

    Args:
        found: None when there is no such cell.
        needed: by the decision.
        lent: whether an officer lends an adapted cell to somebody who does not need one.
    """
    if found is None:
        return Refusal.CELL_UNKNOWN
    if not found.sex_fits:
        return Refusal.SEX_UNFIT
    fits = {needed} | ({CellType.ARRIVAL} if needed is CellType.STANDARD else set())
    fits |= {CellType.ADAPTED} if lent and needed is CellType.STANDARD else set()
    if found.cell_type not in fits:
        return Refusal.CELL_TYPE_UNFIT
    if not found.in_service:
        return Refusal.CELL_CLOSED
    if found.taken:
        return Refusal.CELL_TAKEN
    return Refusal.KEPT_APART if found.apart else None


def no_arrival_cell(place: Place, needed: CellType, ends_on: date, terms: Terms) -> str | None:
    """Why somebody does not spend the first weeks in an arrival cell; None for who does.

    Args:
        place: as it was found.
        needed: by the decision.
        ends_on: first day after the stay.
        terms: of the site.

    Returns:
        `other_type` where an arrival cell would not serve the need, `stay_too_short` for a stay that ends with the
        first weeks, else `none_free`.
    """
    if place.arrival_cell is not None:
        return None
    if needed is not CellType.STANDARD:
        return "other_type"
    if place.starts_on + timedelta(days=terms.arrival_days) >= ends_on:
        return "stay_too_short"
    return "none_free"
