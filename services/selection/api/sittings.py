"""Routes of the commission's sittings: plan, hold, read. An agenda names files by number, never persons."""

from datetime import date, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import (
    WORD_READERS,
    Agenda,
    AuthorBody,
    Body,
    Day,
    SitePolicy,
    View,
    Words,
    distinct,
    reads_words,
    scope_of,
)
from shared.auth import Principal
from shared.boundary import Read, Write, reading, writing
from shared.paging import Cursor, Limit, Places

router = APIRouter(prefix="/v1/sittings", tags=["sittings"])

Gathering = Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.GATHER)))]
Looking = Annotated[Read, Depends(reading(*WORD_READERS, "inspector"))]
_MOST = 60
"""Files or members of one sitting."""


class SittingBody(Body):
    """When the commission sits, and on which files, in this order."""

    sits_on: Day
    agenda: Annotated[Agenda, Field(min_length=1, max_length=_MOST)]


class BoardAdviceBody(Body):
    """What the commission says of one file."""

    candidacy_id: UUID
    sense: domain.Sense
    words: Words = ""


def _one_each(advice: tuple[BoardAdviceBody, ...]) -> tuple[BoardAdviceBody, ...]:
    distinct([one.candidacy_id for one in advice])
    return advice


class MinutesBody(Body):
    """A sitting as it was held; a file that has no advice was put off."""

    chair: AuthorBody
    members: Annotated[tuple[AuthorBody, ...], Field(max_length=_MOST)]
    """Who was present beside the chair."""
    minutes: Words = ""
    advice: Annotated[tuple[BoardAdviceBody, ...], Field(max_length=_MOST), AfterValidator(_one_each)]


class PersonView(View):
    """A named professional."""

    name: str
    function: str


class ItemView(View):
    """A file of the agenda, and what the commission said of it: null before, or where it was put off."""

    candidacy_id: UUID
    file_number: int
    sense: domain.Sense | None
    words: str | None
    """Null to who may not read it."""


class SittingView(View):
    """A sitting."""

    id: UUID
    sits_on: date
    held_at: datetime | None
    """When it was recorded, UTC; null until then."""
    chair: PersonView | None
    """This, members and minutes: null before, and to who may not read them."""
    members: list[PersonView] | None
    minutes: str | None
    agenda: list[ItemView]


class SittingLine(View):
    """A sitting in the list."""

    id: UUID
    sits_on: date
    held_at: datetime | None
    files: int
    """On its agenda."""


class SittingList(View):
    """A page of sittings, the latest first."""

    items: list[SittingLine]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class Place(NamedTuple):
    """Where a page ends."""

    sits_on: date
    id: UUID


_PLACES = Places(Place)


@router.post("", status_code=201, response_model=SittingView)
async def plan_sitting(body: SittingBody, write: Gathering) -> Response:
    """Puts files before the commission."""
    editor = _editor(write)
    return await write(lambda tx: handlers.plan_sitting(tx, body.sits_on, body.agenda, editor), _show, status=201)


@router.post("/{sitting_id}/hold", response_model=SittingView)
async def hold_sitting(sitting_id: UUID, body: MinutesBody, write: Gathering, policy: SitePolicy) -> Response:
    """Records a sitting, with its advice on each file."""
    editor = _editor(write)
    minutes = domain.Minutes(
        chair=body.chair.author(),
        members=tuple(member.author() for member in body.members),
        words=body.minutes,
        advice=tuple(domain.BoardAdvice(one.candidacy_id, one.sense, one.words) for one in body.advice),
    )
    return await write(lambda tx: handlers.hold_sitting(tx, sitting_id, minutes, editor, policy), _show, status=200)


@router.get("")
async def list_sittings(
    read: Looking,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SittingList:
    """The sittings of this site, the latest first."""
    domain.check_of_site(scope_of(read.principal, read.site))
    rows = await store.sitting_rows(read.conn, before=_PLACES.place(cursor), limit=limit + 1)
    items = [SittingLine.model_validate(row._asdict()) for row in rows[:limit]]
    last = Place(items[-1].sits_on, items[-1].id) if len(rows) > limit else None
    return SittingList(items=items, next_cursor=None if last is None else _PLACES.cursor(last))


@router.get("/{sitting_id}")
async def read_sitting(sitting_id: UUID, read: Looking) -> SittingView:
    """A sitting with its agenda."""
    domain.check_of_site(scope_of(read.principal, read.site))
    return _readable(await _show(read.conn, sitting_id), read.principal)


def _editor(write: Write) -> domain.Editor:
    """The officer, who saw no version of the files: the commission saw them on its day."""
    return domain.Editor(write.principal.subject, scope_of(write.principal, write.site), None)


async def _show(conn: AsyncConnection, sitting_id: UUID) -> SittingView:
    row = await store.sitting_row(conn, sitting_id)
    agenda = [item._asdict() for item in await store.agenda_rows(conn, sitting_id)]
    return SittingView.model_validate({**row._asdict(), "minutes": row.words, "agenda": agenda})


def _readable(sitting: SittingView, principal: Principal) -> SittingView:
    if reads_words(principal):
        return sitting
    agenda = [item.model_copy(update={"words": None}) for item in sitting.agenda]
    return sitting.model_copy(update={"chair": None, "members": None, "minutes": None, "agenda": agenda})
