"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import caseloads, decisions, explanations, files, journeys, lists, persons, today
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
router.include_router(caseloads.router)
router.include_router(files.router)
router.include_router(decisions.router)
router.include_router(explanations.router)
router.include_router(journeys.router)
router.include_router(lists.router)
router.include_router(persons.router)
router.include_router(today.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "router"]
