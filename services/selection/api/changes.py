"""Routes of a change of assignment: read the requests of a file, answer one. Restricted words."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, View, Words, editor_of, scope_of, signer_of
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["changes of assignment"])


class ChangeAnswerBody(Body):
    """What is answered, in own words."""

    outcome: Literal["granted", "refused"]
    reasons: Words = ""


class ChangeView(View):
    """A request for another prison, made once the person has arrived."""

    id: UUID
    candidacy_id: UUID
    cause: domain.ChangeCause
    revocation_id: UUID | None
    """The notice behind it, where the administration asks."""
    requested_on: date
    state: domain.ChangeState
    reasons: str | None
    closed_at: datetime | None
    closed_by_function: str | None


class AnsweredChangeView(ChangeView):
    """An answered request, and the version of its file afterwards."""

    version: int


class ChangesView(View):
    """All requests of a file, the newest first."""

    items: list[ChangeView]


@router.get("/{candidacy_id}/change-of-assignment", response_model=ChangesView)
async def list_changes(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority"))]
) -> ChangesView:
    """The requests for a change of assignment with their reasons."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.change_rows(read.conn, candidacy_id)
    return ChangesView(items=[ChangeView.model_validate(row._asdict()) for row in rows])


@router.post("/{candidacy_id}/change-of-assignment/{change_id}/close", response_model=AnsweredChangeView)
async def close_change(
    candidacy_id: UUID,
    change_id: UUID,
    body: ChangeAnswerBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.CLOSE_CHANGE)))],
) -> Response:
    """Answers the request. The bed stays occupied until a departure is recorded."""
    editor, signer = editor_of(write.principal, write.site, version), signer_of(write.principal)
    granted = body.outcome == "granted"

    async def command(tx: Tx) -> UUID:
        return await handlers.close_change(
            tx, candidacy_id, change_id, editor, signer, granted=granted, reasons=body.reasons
        )

    return await write(command, _show, status=200)


async def _show(conn: AsyncConnection, change_id: UUID) -> AnsweredChangeView:
    return AnsweredChangeView.model_validate((await store.change_row(conn, change_id))._asdict())
