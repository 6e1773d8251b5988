"""Legal bases as data with dates: articles are renumbered, and an opinion names the one of its day."""

from datetime import date
from typing import NamedTuple

from services.selection.domain.criteria import Criterion

_PROGRAMME = "InSERRE programme, published selection criteria"
_RENUMBERED = date(2029, 1, 1)
"""Entry into force of ordonnance 2025-1091, which renumbers the Code de procédure pénale."""


class Basis(NamedTuple):
    """A text and the first day on which it is no longer the one to name, if known."""

    text: str
    until: date | None


_BASES: dict[Criterion, tuple[Basis, ...]] = {
    Criterion.FINALLY_CONVICTED: (Basis(f"{_PROGRAMME}: finally convicted", None),),
    Criterion.FIVE_YEARS: (
        Basis(f"{_PROGRAMME}: sentence of at most five years; CPP 716-1", _RENUMBERED),
        Basis(f"{_PROGRAMME}: sentence of at most five years; CPP L5211-2", None),
    ),
    Criterion.AT_LEAST_ONE_YEAR: (
        Basis(f"{_PROGRAMME}: one to three years remaining; CPP 716-1", _RENUMBERED),
        Basis(f"{_PROGRAMME}: one to three years remaining; CPP L5211-2", None),
    ),
    Criterion.AT_MOST_THREE_YEARS: (
        Basis(f"{_PROGRAMME}: one to three years remaining; CPP 716-1", _RENUMBERED),
        Basis(f"{_PROGRAMME}: one to three years remaining; CPP L5211-2", None),
    ),
    Criterion.VOLUNTEER: (Basis(f"{_PROGRAMME}: volunteer, consent signed and not withdrawn", None),),
}


def legal_basis(criterion: Criterion, on: date) -> str:
    """The text to name for a criterion on a day."""
    return next(basis.text for basis in _BASES[criterion] if basis.until is None or on < basis.until)
