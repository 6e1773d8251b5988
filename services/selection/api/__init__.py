"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import decisions, files, imports, journeys
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
router.include_router(files.router)
router.include_router(decisions.router)
router.include_router(imports.router)
router.include_router(journeys.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "router"]
