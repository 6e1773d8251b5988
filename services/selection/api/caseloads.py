"""Routes that move files about: to another officer, to another prison, into the file that they double."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Name, View, Words, editor_of, scope_of
from services.selection.api.files import StateView
from shared.boundary import IfMatch, Write, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1", tags=["caseloads"])

Officer = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
"""Subject of an officer's token."""
Establishment = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=60)]
"""Code of a prison, such as `MA-REIMS`."""


class ReassignBody(Body):
    """Who follows the file from now on."""

    to_officer: Officer


class CaseloadBody(ReassignBody):
    """Whose files go to whom."""

    from_officer: Officer

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.from_officer == self.to_officer:
            raise PydanticCustomError("same_officer", "a caseload is reassigned to somebody else")
        return self


class PrisonBody(Body):
    """Where the person is now."""

    establishment: Establishment
    ecrou_number: Annotated[Name, Field(max_length=40)]


class MergeBody(Body):
    """The file that goes on."""

    into: UUID
    statement: Words | None = None
    """Why both are of one person, where names or birth dates differ."""


class HeldView(StateView):
    """Where a file stands, and who follows it from where."""

    referent: str
    establishment: str | None


class MergedView(StateView):
    """A file that was a double."""

    merged_into: UUID


class CaseloadView(View):
    """A caseload that was reassigned."""

    id: UUID
    from_officer: str
    to_officer: str
    files: int
    """How many there were in the sight of who ordered it."""


@router.post("/candidacies/{candidacy_id}/reassign", response_model=HeldView)
async def reassign(
    candidacy_id: UUID,
    version: IfMatch,
    body: ReassignBody,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.REASSIGN)))],
) -> Response:
    """Another officer follows the file."""
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.reassign(tx, candidacy_id, body.to_officer, editor), _show_held, status=200)


@router.post("/caseloads/reassign", response_model=CaseloadView)
async def reassign_caseload(
    body: CaseloadBody, write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.REASSIGN)))]
) -> Response:
    """All open files in sight that one officer follows go to another."""
    editor = domain.Editor(write.principal.subject, scope_of(write.principal, write.site), None)

    async def command(tx: Tx) -> UUID:
        return await handlers.reassign_caseload(tx, body.from_officer, body.to_officer, editor)

    return await write(command, _show_caseload, status=200)


@router.post("/candidacies/{candidacy_id}/change-prison", response_model=HeldView)
async def change_prison(
    candidacy_id: UUID,
    version: IfMatch,
    body: PrisonBody,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.CHANGE_PRISON)))],
) -> Response:
    """The file follows the person to another prison of origin; the old one no longer sees it."""
    editor = editor_of(write.principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.change_prison(tx, candidacy_id, body.establishment, body.ecrou_number, editor)

    return await write(command, _show_held, status=200)


@router.post("/candidacies/{candidacy_id}/merge", response_model=MergedView)
async def merge(
    candidacy_id: UUID,
    version: IfMatch,
    body: MergeBody,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.MERGE)))],
) -> Response:
    """The file was a double and ends; the other one goes on."""
    editor = editor_of(write.principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.merge(tx, candidacy_id, body.into, editor, statement=body.statement)

    return await write(command, _show_merged, status=200)


async def _show_held(conn: AsyncConnection, candidacy_id: UUID) -> HeldView:
    return HeldView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def _show_merged(conn: AsyncConnection, candidacy_id: UUID) -> MergedView:
    return MergedView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def _show_caseload(conn: AsyncConnection, reassignment_id: UUID) -> CaseloadView:
    return CaseloadView.model_validate((await store.reassignment_row(conn, reassignment_id))._asdict())
