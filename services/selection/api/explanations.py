"""Routes of the opinions on a file and of how each came about: without any identity."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends

from services.selection import domain, handlers, store
from services.selection.api.fields import View, scope_of
from services.selection.api.files import OpinionView
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1/candidacies", tags=["opinions"])

Reader = Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority", "inspector"))]


class OpinionsView(View):
    """All opinions on a file."""

    candidacy_id: UUID
    version: int
    """Of the file."""
    opinions: list[OpinionView]
    """The newest first."""


class LineView(View):
    """One line of an opinion, said in French."""

    criterion: domain.Criterion
    kind: domain.LineKind
    finding: domain.Finding
    code: domain.Code | None
    title: str
    sentence: str
    legal_basis: str


class DatumView(View):
    """One thing that was looked at."""

    label: str
    value: str
    source: str


class ParameterView(View):
    """One figure or choice that the rules were applied with."""

    label: str
    value: str


class ExplanationView(View):
    """What the person may be told of an opinion, and what anybody concerned may ask for (CRPA L311-3-1, R311-3-1-2)."""

    candidacy_id: UUID
    opinion_id: UUID
    language: Literal["fr"] = "fr"
    rule_version: str
    reference_on: date
    result: domain.Result
    result_sentence: str
    lines: list[LineView]
    entry_lines: list[LineView]
    """As of the planned entry."""
    notice: str
    contribution: str
    data: list[DatumView]
    parameters: list[ParameterView]
    weighting: str
    operations: list[str]
    reproduced: bool
    """The same rules, applied again now to the same inputs, say the same."""


@router.get("/{candidacy_id}/opinions", response_model=OpinionsView)
async def list_opinions(candidacy_id: UUID, read: Reader) -> OpinionsView:
    """Every opinion that was ever given on the file."""
    row = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.opinion_rows(read.conn, candidacy_id)
    return OpinionsView(
        candidacy_id=candidacy_id,
        version=row.version,
        opinions=[OpinionView.model_validate(one._asdict()) for one in rows],
    )


@router.get("/{candidacy_id}/opinions/{opinion_id}/explanation", response_model=ExplanationView)
async def explain_opinion(candidacy_id: UUID, opinion_id: UUID, read: Reader) -> ExplanationView:
    """Sentences, the notice, and how the opinion came about."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    opinion, told = await handlers.explain_opinion(read.conn, candidacy_id, opinion_id)
    return ExplanationView(
        candidacy_id=candidacy_id,
        opinion_id=opinion_id,
        rule_version=opinion.rule_version,
        reference_on=opinion.reference_on,
        result=opinion.result,
        result_sentence=told.result,
        lines=[_shown(one) for one in told.lines],
        entry_lines=[_shown(one) for one in told.entry_lines],
        notice=told.notice,
        contribution=told.contribution,
        data=[DatumView.model_validate(vars(one)) for one in told.data],
        parameters=[ParameterView.model_validate(vars(one)) for one in told.parameters],
        weighting=told.weighting,
        operations=list(told.operations),
        reproduced=told.reproduced,
    )


def _shown(said: domain.Said) -> LineView:
    return LineView.model_validate({**vars(said.line), **vars(said)})
