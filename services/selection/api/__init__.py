"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import (
    advice,
    appeals,
    changes,
    decisions,
    delegations,
    disclosures,
    documents,
    explanations,
    files,
    hand_overs,
    interviews,
    journeys,
    letters,
    postponements,
    receipts,
    restricted_reasons,
    reviews,
    revocations,
    sittings,
    withdrawals,
)
from services.selection.api.places import Places
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
for noun in (
    advice,
    decisions,
    delegations,
    disclosures,
    documents,
    explanations,
    files,
    hand_overs,
    interviews,
    journeys,
    letters,
    postponements,
    receipts,
    restricted_reasons,
    sittings,
):
    router.include_router(noun.router)
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
router.include_router(withdrawals.router)
router.include_router(changes.router)
router.include_router(revocations.router)
router.include_router(reviews.router)
router.include_router(reviews.candidacies)
router.include_router(appeals.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "Places", "router"]
