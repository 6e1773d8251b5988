"""Routes of a decision that is not taken yet: adjourn, defer, resume."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.selection import domain, handlers
from services.selection.api.decisions import ActView, GroundsBody, show_act
from services.selection.api.fields import Day, SitePolicy, editor_of, signer_of
from services.selection.api.files import StateView, show_state
from shared.boundary import IfMatch, Write, writing

router = APIRouter(prefix="/v1/candidacies", tags=["decisions"])


class DeferralBody(GroundsBody):
    """Until when the file is put off: a day to come, at most the projected exit."""

    until: Day


@router.post("/{candidacy_id}/adjourn", status_code=201, response_model=ActView)
async def adjourn(
    candidacy_id: UUID,
    body: GroundsBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.ADJOURN)))],
    policy: SitePolicy,
) -> Response:
    """Signs that the file goes back to those who prepare it."""
    order = handlers.Postponement(body.grounds(), signer_of(write.principal))
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.adjourn(tx, candidacy_id, order, editor, policy), show_act, status=201)


@router.post("/{candidacy_id}/defer", status_code=201, response_model=ActView)
async def defer(
    candidacy_id: UUID,
    body: DeferralBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.DEFER)))],
    policy: SitePolicy,
) -> Response:
    """Signs that the file is put off until a day."""
    order = handlers.Postponement(body.grounds(), signer_of(write.principal))
    editor = editor_of(write.principal, write.site, version)
    return await write(
        lambda tx: handlers.defer(tx, candidacy_id, order, body.until, editor, policy), show_act, status=201
    )


@router.post("/{candidacy_id}/resume", response_model=StateView)
async def resume(
    candidacy_id: UUID,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.RESUME)))],
    policy: SitePolicy,
) -> Response:
    """Takes a deferred file up again."""
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.resume(tx, candidacy_id, editor, policy), show_state, status=200)
