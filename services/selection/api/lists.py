"""Lists of files and of what is due on them, page by page, without any identity."""

from datetime import date, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from services.selection import domain, store
from services.selection.api.fields import Day, SitePolicy, View, scope_of
from shared.boundary import Read, reading
from shared.paging import Cursor, Limit, Places

router = APIRouter(prefix="/v1", tags=["lists"])

Reader = Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority", "inspector"))]
Code = Annotated[str | None, Query(min_length=1, max_length=255)]
FileNumber = Annotated[int, Field(ge=0, lt=2**63)]


class SnagView(View):
    """Why a file is stuck, and since when (UTC)."""

    snag: domain.Snag
    what: str
    """The step, the kind of the deadline, or the service level."""
    since: datetime


class ListedFile(View):
    """A file as lists show it."""

    id: UUID
    file_number: int
    state: domain.State
    stage: domain.Stage
    version: int
    referent: str
    establishment: str | None
    planned_entry: date | None
    arrived_on: date | None
    submitted_at: datetime | None
    next_due_on: date | None
    """The earliest date of all that is due and not done; Europe/Paris."""
    stuck: tuple[SnagView, ...]
    """The oldest first; empty when the file moves."""


class Files(View):
    """A page of files in the order of their numbers."""

    items: tuple[ListedFile, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class DueView(View):
    """Something that is, or was, due on a file. Instants: UTC."""

    id: UUID
    candidacy_id: UUID
    kind: domain.Due
    subject: UUID
    """What exactly: a request, a decision, an appeal; the candidacy where there is nothing smaller."""
    owner: domain.Role
    due_on: date
    """The last day in time, Europe/Paris."""
    reminded_at: datetime | None
    escalated_at: datetime | None
    met_at: datetime | None


class DueThings(View):
    """All that was ever due on a file, the earliest first."""

    items: tuple[DueView, ...]


class LateView(DueView):
    """Something that was due and is not done, and whose file it is."""

    file_number: int
    establishment: str | None
    referent: str


class LateThings(View):
    """A page of what is late, the longest first."""

    items: tuple[LateView, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class _Due(NamedTuple):
    due_on: date
    id: UUID


_FILES: Places[int] = Places(FileNumber)
_LATE = Places(_Due)


@router.get("/candidacies")
async def list_candidacies(
    read: Reader,
    policy: SitePolicy,
    state: domain.State | None = None,
    stage: domain.Stage | None = None,
    referent: Code = None,
    establishment: Code = None,
    due_before: Annotated[Day | None, Query()] = None,
    stuck: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Files:
    """The files in the officer's sight."""
    rows = await store.candidacies_page(
        read.conn,
        store.Sought(state, stage, referent, establishment, due_before, stuck),
        scope_of(read.principal, read.site),
        policy,
        now=read.now,
        after=_FILES.place(cursor),
        limit=limit + 1,
    )
    items = tuple(ListedFile.model_validate({**row._mapping, "stuck": row.stuck or ()}) for row in rows[:limit])
    return Files(items=items, next_cursor=_FILES.cursor(items[-1].file_number) if len(rows) > limit else None)


@router.get("/candidacies/{candidacy_id}/deadlines")
async def list_due_things(candidacy_id: UUID, read: Reader) -> DueThings:
    """What is due on a file, by when and from whom; and what was done of it."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.deadline_rows(read.conn, candidacy_id)
    return DueThings(items=tuple(DueView.model_validate(row._asdict()) for row in rows))


@router.get("/deadlines")
async def list_late_things(
    read: Reader, owner: domain.Role | None = None, cursor: Cursor = None, limit: Limit = 50
) -> LateThings:
    """The escalation list: what is past its date and not done, on files in the officer's sight."""
    rows = await store.overdue(
        read.conn,
        domain.date_in_paris(read.now),
        scope_of(read.principal, read.site),
        owner=owner,
        after=_LATE.place(cursor),
        limit=limit + 1,
    )
    items = tuple(LateView.model_validate(row._asdict()) for row in rows[:limit])
    last = _Due(items[-1].due_on, items[-1].id) if len(rows) > limit else None
    return LateThings(items=items, next_cursor=last and _LATE.cursor(last))
