"""Routes of appeals: take one in for the person, read them, answer one. Restricted words."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, SitePolicy, View, Words, editor_of, scope_of, signer_of
from shared.boundary import IfMatch, Read, Write, reading, writing

router = APIRouter(prefix="/v1/candidacies", tags=["appeals"])


class AppealBody(Body):
    """An appeal as the person lodges it."""

    decision_number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-\d{4}-\d{6,}$", max_length=30)]
    """Of the decision that is contested, such as `DON-2026-000001`."""
    lodged_on: Day
    channel: domain.Channel
    grounds: Words = ""
    """The person's own words; an appeal needs none."""


class AppealAnswerBody(Body):
    """What is answered, in own words."""

    outcome: domain.AppealOutcome
    reasons: Words = ""


class AppealView(View):
    """An appeal, what its acknowledgement says, and the answer."""

    id: UUID
    candidacy_id: UUID
    decision_number: str
    lodged_on: date
    channel: domain.Channel
    grounds: str
    acknowledged_at: datetime
    answer_due_on: date
    """Europe/Paris."""
    silence_means: Literal["rejection"] = "rejection"
    """What it means when no answer comes until then (L231-4 CRPA)."""
    outcome: domain.AppealOutcome | None
    reasons: str | None
    decided_at: datetime | None
    decided_by_name: str | None
    decided_by_function: str | None


class AppealActView(AppealView):
    """An appeal, and state and version of its file afterwards."""

    state: domain.State
    version: int


class AppealsView(View):
    """All appeals on a file, the oldest first."""

    items: list[AppealView]


@router.get("/{candidacy_id}/appeals", response_model=AppealsView)
async def list_appeals(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority"))]
) -> AppealsView:
    """The appeals on a file, with the person's grounds and the answers."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.appeal_rows(read.conn, candidacy_id)
    return AppealsView(items=[AppealView.model_validate(row._asdict()) for row in rows])


@router.post("/{candidacy_id}/appeals", status_code=201, response_model=AppealActView)
async def lodge_appeal(
    candidacy_id: UUID,
    body: AppealBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.LODGE_APPEAL)))],
    policy: SitePolicy,
) -> Response:
    """Takes an appeal in for the person, and acknowledges it."""
    editor = editor_of(write.principal, write.site, version)
    lodging = handlers.Lodging(body.decision_number, body.lodged_on, body.channel, body.grounds)
    return await write(lambda tx: handlers.lodge_appeal(tx, candidacy_id, lodging, editor, policy), _show, status=201)


@router.post("/{candidacy_id}/appeals/{appeal_id}/decide", response_model=AppealActView)
async def answer_appeal(
    candidacy_id: UUID,
    appeal_id: UUID,
    body: AppealAnswerBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.ANSWER_APPEAL)))],
    policy: SitePolicy,
) -> Response:
    """Answers an appeal; a reversal of the decision that stands reopens the file."""
    editor = editor_of(write.principal, write.site, version)
    answer = handlers.Answer(body.outcome, body.reasons, signer_of(write.principal))
    return await write(
        lambda tx: handlers.answer_appeal(tx, candidacy_id, appeal_id, answer, editor, policy), _show, status=200
    )


async def _show(conn: AsyncConnection, appeal_id: UUID) -> AppealActView:
    return AppealActView.model_validate((await store.appeal_row(conn, appeal_id))._asdict())
