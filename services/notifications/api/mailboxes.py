"""The page behind the link that a mailbox was sent. Who holds the link may press its button; no token is asked for.

Mail scanners follow links, so GET changes nothing: it shows a button, whose POST confirms.
"""

import hashlib
from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from services.notifications import handlers, letters
from services.notifications.api.refusals import PROBLEMS
from services.notifications.domain import Refused
from shared.boundary import Anyone, anyone

router = APIRouter(tags=["mailboxes"], default_response_class=HTMLResponse)

PATH = "/v1/mailboxes/proof"
"""Among the public routes of the application."""

_HEADERS = {
    "Cache-Control": "no-store",
    # Nothing is loaded, nothing runs, nobody frames it, and no other site is told the link.
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}

Token = Annotated[str, Query(max_length=100, description="From the mail.")]
Visitor = Annotated[Anyone, Depends(anyone)]


def digest(token: str) -> bytes:
    """What is kept of a link's token: it has 256 random bits, which nobody can guess back."""
    return hashlib.sha256(token.encode()).digest()


@router.get(PATH)
async def ask(request: Request, visitor: Visitor, token: Token = "") -> Response:
    """Shows the button, or why there is none."""
    looked = visitor.look(lambda conn: handlers.look_at_link(conn, digest(token), visitor.now))
    return await _shown(request, looked, letters.question_page())


@router.post(PATH)
async def confirm(request: Request, visitor: Visitor, token: Token = "") -> Response:
    """Confirms the mailbox, once."""
    return await _shown(
        request, visitor(lambda tx: handlers.confirm_mailbox(tx, digest(token))), letters.confirmed_page()
    )


async def _shown(request: Request, act: Awaitable[object], page: str) -> Response:
    """The page, or the refusal: as a page for a person, as a problem for a program."""
    status = 200
    try:
        await act
    except Refused as refused:
        problem = PROBLEMS[refused.refusal]
        said = letters.refused_page(problem.code)
        if said is None or "text/html" not in request.headers.get("accept", ""):
            raise
        page, status = said, problem.status
    return HTMLResponse(page, status, _HEADERS)
