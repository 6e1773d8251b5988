"""Placement over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.placement.api import (
    arrivals,
    attention,
    cells,
    days,
    evacuations,
    history,
    line,
    movements,
    presence,
    records,
    roll,
    separations,
    stays,
)
from services.placement.api.committals import Committals
from services.placement.api.refusals import PROBLEMS
from services.placement.domain import Refused

router = APIRouter()
for noun in (
    arrivals,
    attention,
    cells,
    days,
    evacuations,
    history,
    line,
    movements,
    presence,
    records,
    roll,
    separations,
    stays,
):
    router.include_router(noun.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "Committals", "router"]
