"""Routes of documents: referred to, never stored."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import (
    WORD_READERS,
    Body,
    Day,
    Reference,
    View,
    editor_of,
    scope_of,
)
from shared.boundary import IfMatch, Read, Write, reading, writing

router = APIRouter(prefix="/v1/candidacies", tags=["documents"])

Gathering = Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.GATHER)))]


class DocumentBody(Body):
    """A document that lies elsewhere: what it is, where, and of when."""

    kind: domain.DocumentKind
    reference: Reference
    dated: Day


class DocumentView(View):
    """Where a document lies."""

    id: UUID
    kind: domain.DocumentKind
    reference: str
    dated: date
    recorded_by_function: str
    recorded_at: datetime


class ReferredView(DocumentView):
    """The same, and the version of its file afterwards."""

    candidacy_id: UUID
    version: int


class DocumentList(View):
    """All documents of a file, the first recorded first."""

    candidacy_id: UUID
    version: int
    items: list[DocumentView]


@router.post("/{candidacy_id}/documents", status_code=201, response_model=ReferredView)
async def refer_to_document(candidacy_id: UUID, body: DocumentBody, version: IfMatch, write: Gathering) -> Response:
    """Notes where a document lies. Its content is not taken."""
    editor = editor_of(write.principal, write.site, version)
    document = domain.Document(body.kind, body.reference, body.dated)
    return await write(
        lambda tx: handlers.refer_to_document(tx, candidacy_id, document, editor), _show_document, status=201
    )


@router.get("/{candidacy_id}/documents")
async def list_documents(candidacy_id: UUID, read: Annotated[Read, Depends(reading(*WORD_READERS))]) -> DocumentList:
    """Where the documents of a file lie."""
    file = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.document_rows(read.conn, candidacy_id)
    return DocumentList(
        candidacy_id=file.id, version=file.version, items=[DocumentView.model_validate(row._asdict()) for row in rows]
    )


async def _show_document(conn: AsyncConnection, document_id: UUID) -> ReferredView:
    return ReferredView.model_validate((await store.document_row(conn, document_id))._asdict())
