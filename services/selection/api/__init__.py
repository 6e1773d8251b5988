"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import (
    decisions,
    delegations,
    files,
    hand_overs,
    journeys,
    letters,
    postponements,
    restricted_reasons,
)
from services.selection.api.places import Places
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
router.include_router(files.router)
router.include_router(decisions.router)
router.include_router(journeys.router)
router.include_router(postponements.router)
router.include_router(hand_overs.router)
router.include_router(letters.router)
router.include_router(restricted_reasons.router)
router.include_router(delegations.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "Places", "router"]
