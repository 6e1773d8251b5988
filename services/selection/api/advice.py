"""Routes of advice: asked for, received, read. Who only inspects sees neither words nor names."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import (
    WORD_READERS,
    AuthorBody,
    Body,
    Day,
    Reference,
    SitePolicy,
    View,
    Words,
    editor_of,
    reads_words,
    scope_of,
)
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["advice"])

Gathering = Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.GATHER)))]
Looking = Annotated[Read, Depends(reading(*WORD_READERS, "inspector"))]


class AdviceBody(Body):
    """An advice as given."""

    author: AuthorBody
    given_on: Day
    sense: domain.Sense
    words: Words = ""
    reference: Reference | None = None

    def advice(self) -> domain.Advice:
        """As the rules take it."""
        return domain.Advice(self.author.author(), self.given_on, self.sense, self.words, self.reference)


class AdviceRequestBody(Body):
    """Of which kind an advice is asked for; with `received`, one that came in unasked is taken in at once."""

    kind: domain.AdviceKind
    received: AdviceBody | None = None


class AdviceView(View):
    """An advice that was asked for, received, or both."""

    id: UUID
    kind: domain.AdviceKind
    asked_at: datetime | None
    """UTC; null for one that came in unasked."""
    due_on: date | None
    received_at: datetime | None
    """UTC; null until it is there."""
    given_on: date | None
    sense: domain.Sense | None
    replaced_at: datetime | None
    """When a newer one of its kind took its place; null for the one that counts."""
    author_name: str | None
    """This and the rest: null to who may not read it."""
    author_function: str | None
    words: str | None
    reference: str | None

    def public(self) -> Self:
        """Without names and words."""
        return self.model_copy(update=dict.fromkeys(("author_name", "author_function", "words", "reference")))


class AskedView(AdviceView):
    """The same, and the version of its file afterwards."""

    candidacy_id: UUID
    version: int


class AdviceList(View):
    """All advice on a file, the oldest first."""

    candidacy_id: UUID
    version: int
    items: list[AdviceView]


@router.post("/{candidacy_id}/advice", status_code=201, response_model=AskedView)
async def ask_advice(
    candidacy_id: UUID, body: AdviceRequestBody, version: IfMatch, write: Gathering, policy: SitePolicy
) -> Response:
    """Asks for an advice, due in working days; or takes in one that came in unasked."""
    editor = editor_of(write.principal, write.site, version)
    given = None if body.received is None else body.received.advice()

    async def command(tx: Tx) -> UUID:
        if given is None:
            return await handlers.ask_advice(tx, candidacy_id, body.kind, editor, policy)
        return await handlers.take_advice(tx, candidacy_id, body.kind, given, editor)

    return await write(command, _show_advice, status=201)


@router.post("/{candidacy_id}/advice/{request_id}/receive", response_model=AskedView)
async def receive_advice(
    candidacy_id: UUID, request_id: UUID, body: AdviceBody, version: IfMatch, write: Gathering
) -> Response:
    """Takes in the answer to a request."""
    editor, given = editor_of(write.principal, write.site, version), body.advice()
    return await write(
        lambda tx: handlers.receive_advice(tx, candidacy_id, request_id, given, editor), _show_advice, status=200
    )


@router.get("/{candidacy_id}/advice")
async def list_advice(candidacy_id: UUID, read: Looking) -> AdviceList:
    """What was asked for and what was received."""
    file = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    items = [AdviceView.model_validate(row._asdict()) for row in await store.advice_rows(read.conn, candidacy_id)]
    shown = items if reads_words(read.principal) else [one.public() for one in items]
    return AdviceList(candidacy_id=file.id, version=file.version, items=shown)


async def _show_advice(conn: AsyncConnection, advice_id: UUID) -> AskedView:
    return AskedView.model_validate((await store.advice_row(conn, advice_id))._asdict())
