"""Routes of decisions and whether the person holds them: hand over, list. No reasons and no identity here."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, SitePolicy, View, scope_of
from shared.boundary import Read, Write, reading, writing

router = APIRouter(prefix="/v1", tags=["decisions"])


class HandOverBody(Body):
    """How the person was given the decision."""

    handed_on: Day
    outcome: domain.Acknowledgement
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None
    """ISO 639 code, with an interpreter only."""

    @model_validator(mode="after")
    def _language_of_interpreter(self) -> Self:
        if (self.language is None) == (self.outcome is domain.Acknowledgement.INTERPRETER):
            raise PydanticCustomError("language_of_interpreter", "an interpreter has a language, and nobody else")
        return self


class HandOverView(View):
    """That the person holds the decision, since when, and how it was taken."""

    handed_on: date
    outcome: domain.Acknowledgement
    language: str | None
    handed_by_function: str
    recorded_at: datetime
    """UTC."""
    appeal_until: date
    """The last day on which an appeal is in time, Europe/Paris."""


class SignedDecisionView(View):
    """A decision and its hand-over. Its reasons are in the file and in the letter."""

    id: UUID
    candidacy_id: UUID
    decision_number: str
    kind: domain.Kind
    decided_on: date
    signed_at: datetime
    signer_function: str
    delegation: str
    act_digest: str
    """SHA-256 of the act, hexadecimal."""
    hand_over: HandOverView | None
    """Null until the person holds it: until then no deadline runs."""


class DecisionsView(View):
    """All decisions on a file, the latest first."""

    items: list[SignedDecisionView]


@router.post("/decisions/{decision_id}/hand-over", status_code=201, response_model=SignedDecisionView)
async def hand_over(
    decision_id: UUID,
    body: HandOverBody,
    write: Annotated[Write, Depends(writing("spip", "registry", "head"))],
    policy: SitePolicy,
) -> Response:
    """Notes that the person was given the decision, once; from that day on the time of the appeal runs."""
    given = domain.HandOver(
        handed_on=body.handed_on,
        outcome=body.outcome,
        language=body.language,
        handed_by=write.principal.subject,
        handed_by_function=write.principal.function,
    )
    scope = scope_of(write.principal, write.site)
    return await write(lambda tx: handlers.hand_over(tx, decision_id, given, scope, policy), _show, status=201)


@router.get("/candidacies/{candidacy_id}/decisions", response_model=DecisionsView)
async def list_decisions(
    candidacy_id: UUID,
    read: Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority"))],
) -> DecisionsView:
    """All decisions on a file, with their hand-overs and until when an appeal is in time."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.handed_decision_rows(read.conn, candidacy_id)
    return DecisionsView(items=[_shown(row) for row in rows])


async def _show(conn: AsyncConnection, decision_id: UUID) -> SignedDecisionView:
    return _shown(await store.handed_decision_row(conn, decision_id, None))


def _shown(row: store.AnyRow) -> SignedDecisionView:
    fields: dict[str, Any] = row._asdict()
    given = None if row.handed_on is None else HandOverView.model_validate(fields)
    shown = {**fields, "decision_number": row.number, "act_digest": row.act_digest.hex(), "hand_over": given}
    return SignedDecisionView.model_validate(shown)
