"""The route by which placement hands over the committal number of an arrival, in the officer's own name."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import handlers
from services.selection.api.fields import View
from shared.boundary import Write, writing

router = APIRouter(prefix="/v1/candidacies", tags=["arrival"])

Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z /-]{0,38}[0-9A-Z]$")]
"""Numéro d'écrou: capitals, digits, spaces, dashes and slashes."""


class CommittalBody(BaseModel):
    """Whose it is, is known by the candidacy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Number


class CommittalView(View):
    """That it is recorded, and not what."""

    candidacy_id: UUID


@router.post("/{candidacy_id}/committal-number", response_model=CommittalView)
async def record_committal(
    candidacy_id: UUID, body: CommittalBody, write: Annotated[Write, Depends(writing("placement_officer"))]
) -> Response:
    """Records the number that a person is given on arrival. The same again changes nothing.

    It names no version of the file: who records an arrival has not read the file, and may not.
    """
    officer = write.principal.subject
    return await write(lambda tx: handlers.record_committal(tx, candidacy_id, body.number, officer), _show, status=200)


async def _show(_: AsyncConnection, candidacy_id: UUID) -> CommittalView:
    return CommittalView(candidacy_id=candidacy_id)
