"""Selection over HTTP: its routes, and what its refusals become."""

from fastapi import APIRouter

from services.selection.api import (
    advice,
    agendas,
    amendments,
    appeals,
    caseloads,
    changes,
    committals,
    consent,
    decisions,
    delegations,
    disclosures,
    documents,
    explanations,
    files,
    hand_overs,
    imports,
    interviews,
    journeys,
    lapses,
    letters,
    lists,
    penal,
    persons,
    postponements,
    receipts,
    restricted_reasons,
    reviews,
    revocations,
    sittings,
    today,
    withdrawals,
)
from services.selection.api.places import Places
from services.selection.api.refusals import PROBLEMS
from services.selection.domain import Refused

router = APIRouter()
for noun in (
    advice,
    agendas,
    amendments,
    appeals,
    caseloads,
    changes,
    committals,
    consent,
    decisions,
    delegations,
    disclosures,
    documents,
    explanations,
    files,
    hand_overs,
    imports,
    interviews,
    journeys,
    lapses,
    letters,
    lists,
    penal,
    persons,
    postponements,
    receipts,
    restricted_reasons,
    reviews,
    revocations,
    sittings,
    today,
    withdrawals,
):
    router.include_router(noun.router)

REFUSALS = (Refused, PROBLEMS)
"""The exception by which a rule says no, and what each of its reasons becomes."""

__all__ = ["PROBLEMS", "REFUSALS", "Places", "router"]
