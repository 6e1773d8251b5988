"""Routes of the deciding officer: preview, approve, refuse."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, SitePolicy, View, Words, editor_of, scope_of, signer_of
from services.selection.api.places import Places, PlacesView, Unknown
from shared.boundary import IfMatch, Read, Write, reading, writing

router = APIRouter(prefix="/v1/candidacies", tags=["decisions"])


class AccommodationEffect(Body):
    """One cell of this type in a wing of this sex, for these dates."""

    kind: Literal["accommodation"]
    wing_sex: domain.Sex
    cell_type: domain.CellType
    planned_entry: Day
    projected_exit: Day
    """First day that it is no longer needed."""


class TrainingEffect(Body):
    """A training seat by the person's ordered wishes, in a cohort that starts then or later."""

    kind: Literal["training"]
    wishes: Annotated[tuple[str, ...], Field(max_length=10)]
    earliest_start: Day
    projected_exit: Day


class PartnersEffect(Body):
    """Which categories of partners will be told that one place is reserved."""

    kind: Literal["partners"]
    categories: tuple[domain.PartnerCategory, ...]


Effect = Annotated[AccommodationEffect | TrainingEffect | PartnersEffect, Field(discriminator="kind")]


class GroundsBody(Body):
    """What every decision says. A part that is left out is refused by its own code."""

    reasons: Words = ""
    authority: Words = ""
    """In whose name it is decided, such as the interregional director."""
    delegation: Words = ""
    """Reference of the signer's delegation; who decides in own competence leaves it out."""

    def grounds(self) -> domain.Grounds:
        """As the rules take them; blank ones are refused."""
        return domain.Grounds(self.reasons, self.authority, self.delegation)


class UrgentGroundsBody(GroundsBody):
    """What a decision says that needs the file to be gathered."""

    urgency: Words | None = None
    """Why it is decided before all advice and the interview are there (D211-22); left out when it is not."""

    def grounds(self) -> domain.Grounds:
        """As the rules take them; blank ones are refused."""
        return domain.Grounds(self.reasons, self.authority, self.delegation, self.urgency)


class ApprovalBody(UrgentGroundsBody):
    """What is signed: the opinion relied on, and the effects exactly as previewed."""

    opinion_id: UUID
    effects: Annotated[tuple[Effect, ...], Field(max_length=10)]
    examined: Annotated[dict[domain.Criterion, Words], Field(max_length=10)] = Field(default_factory=dict)
    """Of each criterion under `to_examine` of the preview, what the signer found, in own words."""

    def grounds(self) -> domain.Grounds:
        """As the rules take them; blank ones are refused."""
        return replace(super().grounds(), examined=self.examined)


class RefusalBody(UrgentGroundsBody):
    """At least one code of the closed list, and own words."""

    restricted_reasons: Words = ""
    """Secret or security data (L211-2 7° CRPA): kept apart, and told to nobody but who decides an appeal."""
    reason_codes: Annotated[tuple[domain.RefusalReason, ...], Field(min_length=1, max_length=8)]


class PreviewView(View):
    """What approving would set off now. Give back `opinion_id` and `effects` as they are to approve."""

    candidacy_id: UUID
    version: int
    """Of the file: what `If-Match` of the approval names."""
    opinion_id: UUID
    rule_version: str
    reference_on: date
    """The criteria were checked again on this date, Europe/Paris."""
    effects: list[Effect]
    missing: list[str]
    """Kinds of advice, and `interview`: without them an approval is refused, unless it gives an `urgency`."""
    to_examine: list[domain.Criterion]
    """Criteria that only a human can judge: the approval says under `examined` what was found of each."""
    places: PlacesView | None
    """Of the kind that the effects ask for; null where they are not known now."""
    places_unknown: Unknown | None
    """Why they are not known."""


class DecisionView(View):
    """A signed act."""

    id: UUID
    candidacy_id: UUID
    decision_number: str
    kind: domain.Kind
    opinion_id: UUID | None
    signer_name: str
    signer_function: str
    authority: str
    delegation: str
    reason_codes: list[domain.RefusalReason]
    reasons: str
    urgency: str | None
    examined: dict[domain.Criterion, str] | None
    effects: list[dict[str, Any]]
    act_digest: str
    """SHA-256 of the act, hexadecimal."""
    signed_at: datetime
    decided_on: date


class ActView(DecisionView):
    """A signed act, and the version of its file afterwards."""

    version: int


@router.post("/{candidacy_id}/approve/preview", response_model=PreviewView)
async def preview_effects(
    candidacy_id: UUID,
    request: Request,
    read: Annotated[Read, Depends(reading(*domain.roles_for(domain.Act.APPROVE)))],
    policy: SitePolicy,
) -> PreviewView:
    """Shows what an approval would set off, and how many places are free. Changes nothing: no Idempotency-Key."""
    shown = await handlers.preview_effects(
        read.conn, candidacy_id, read.now, scope_of(read.principal, read.site), policy
    )
    places: Places = request.app.state.places
    found = await places.find(read.site, shown.approval.effects, request.headers["authorization"])
    return PreviewView.model_validate(
        {
            "candidacy_id": candidacy_id,
            "version": shown.version,
            "opinion_id": shown.opinion_id,
            "rule_version": shown.approval.opinion.rule_version,
            "reference_on": shown.approval.opinion.reference_on,
            "effects": shown.approval.effects.listed(),
            "missing": list(shown.missing),
            "to_examine": list(shown.approval.to_examine),
            "places": found if isinstance(found, PlacesView) else None,
            "places_unknown": found if isinstance(found, Unknown) else None,
        }
    )


@router.post("/{candidacy_id}/approve", status_code=201, response_model=ActView)
async def approve(
    candidacy_id: UUID,
    body: ApprovalBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.APPROVE)))],
    policy: SitePolicy,
) -> Response:
    """Signs the approval, which sets off the effects listed in it."""
    order = handlers.ApprovalOrder(
        opinion_id=body.opinion_id,
        effects=[effect.model_dump(mode="json") for effect in body.effects],
        grounds=body.grounds(),
        signer=signer_of(write.principal),
    )
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.approve(tx, candidacy_id, order, editor, policy), show_act, status=201)


@router.post("/{candidacy_id}/refuse", status_code=201, response_model=ActView)
async def refuse(
    candidacy_id: UUID,
    body: RefusalBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.REFUSE)))],
    policy: SitePolicy,
) -> Response:
    """Signs the refusal."""
    order = handlers.RefusalOrder(
        reason_codes=tuple(dict.fromkeys(body.reason_codes)),
        grounds=body.grounds(),
        signer=signer_of(write.principal),
        restricted=body.restricted_reasons,
    )
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.refuse(tx, candidacy_id, order, editor, policy), show_act, status=201)


async def show_decision_of(conn: AsyncConnection, candidacy_id: UUID) -> DecisionView | None:
    """The latest decision on a candidacy, with its reasons: for the file alone."""
    row = await store.decision_row_of(conn, candidacy_id)
    return None if row is None else DecisionView.model_validate(_shown(row))


async def show_act(conn: AsyncConnection, decision_id: UUID) -> ActView:
    """A decision as it was signed, and the version of its file now."""
    return ActView.model_validate(_shown(await store.decision_row(conn, decision_id)))


def _shown(row: store.AnyRow) -> dict[str, Any]:
    return {**row._asdict(), "decision_number": row.number, "act_digest": row.act_digest.hex()}
