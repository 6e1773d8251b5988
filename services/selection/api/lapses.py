"""The route of a lapse: a named officer signs it, from the review list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.selection import domain, handlers
from services.selection.api.decisions import ActView, GroundsBody, show_act
from services.selection.api.fields import SitePolicy, editor_of, signer_of
from shared.boundary import IfMatch, Write, writing

router = APIRouter(prefix="/v1/candidacies", tags=["reviews"])


@router.post("/{candidacy_id}/lapse", status_code=201, response_model=ActView)
async def lapse(
    candidacy_id: UUID,
    body: GroundsBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.LAPSE)))],
    policy: SitePolicy,
) -> Response:
    """Signs that the candidacy has lapsed: only of a file on the review list, and never after arrival."""
    editor, grounds = editor_of(write.principal, write.site, version), body.grounds()
    signer = signer_of(write.principal)
    return await write(
        lambda tx: handlers.lapse(tx, candidacy_id, grounds, signer, editor, policy), show_act, status=201
    )
