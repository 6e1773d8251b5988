"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import (
    advice,
    decisions,
    disclosures,
    documents,
    explanations,
    files,
    interviews,
    journeys,
    receipts,
    sittings,
)
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
router.include_router(files.router)
router.include_router(decisions.router)
router.include_router(explanations.router)
router.include_router(journeys.router)
router.include_router(advice.router)
router.include_router(interviews.router)
router.include_router(documents.router)
router.include_router(receipts.router)
router.include_router(sittings.router)
router.include_router(disclosures.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "router"]
