"""Placement over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.placement.api import arrivals, days, movements, roll, stays
from services.placement.api.committals import Committals
from services.placement.api.refusals import PROBLEMS
from services.placement.domain import Refused

router = APIRouter()
router.include_router(stays.router)
router.include_router(arrivals.router)
router.include_router(movements.router)
router.include_router(days.router)
router.include_router(roll.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "Committals", "router"]
