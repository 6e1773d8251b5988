"""Routes of the motivation interview. Who only inspects sees neither words nor names."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import (
    WORD_READERS,
    AuthorBody,
    Body,
    Day,
    Topics,
    View,
    Words,
    editor_of,
    reads_words,
    scope_of,
)
from shared.boundary import IfMatch, Read, Write, reading, writing

router = APIRouter(prefix="/v1/candidacies", tags=["interviews"])

Gathering = Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.GATHER)))]
Looking = Annotated[Read, Depends(reading(*WORD_READERS, "inspector"))]


class InterviewBody(Body):
    """The report of a motivation interview; topics that are not named were not discussed."""

    interviewer: AuthorBody
    held_on: Day
    discussed: Annotated[Topics, Field(max_length=len(domain.Topic))]
    words: Words = ""

    def report(self) -> domain.Interview:
        """As the rules take it."""
        return domain.Interview(self.interviewer.author(), self.held_on, self.discussed, self.words)


class InterviewView(View):
    """A motivation interview."""

    id: UUID
    held_on: date
    discussed: list[domain.Topic]
    recorded_at: datetime
    interviewer_name: str | None
    """This and the rest: null to who may not read it."""
    interviewer_function: str | None
    words: str | None

    def public(self) -> Self:
        """Without names and words."""
        return self.model_copy(update=dict.fromkeys(("interviewer_name", "interviewer_function", "words")))


class ReportedView(InterviewView):
    """The same, and the version of its file afterwards."""

    candidacy_id: UUID
    version: int


class InterviewList(View):
    """All interviews on a file, the first recorded first; the latest date counts."""

    candidacy_id: UUID
    version: int
    items: list[InterviewView]


@router.post("/{candidacy_id}/interview", status_code=201, response_model=ReportedView)
async def report_interview(candidacy_id: UUID, body: InterviewBody, version: IfMatch, write: Gathering) -> Response:
    """Keeps the report of a motivation interview."""
    editor, report = editor_of(write.principal, write.site, version), body.report()
    return await write(
        lambda tx: handlers.report_interview(tx, candidacy_id, report, editor), _show_interview, status=201
    )


@router.get("/{candidacy_id}/interview")
async def list_interviews(candidacy_id: UUID, read: Looking) -> InterviewList:
    """The interviews that were held."""
    file = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    items = [InterviewView.model_validate(row._asdict()) for row in await store.interview_rows(read.conn, candidacy_id)]
    shown = items if reads_words(read.principal) else [one.public() for one in items]
    return InterviewList(candidacy_id=file.id, version=file.version, items=shown)


async def _show_interview(conn: AsyncConnection, interview_id: UUID) -> ReportedView:
    return ReportedView.model_validate((await store.interview_row(conn, interview_id))._asdict())
