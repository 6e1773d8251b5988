"""Routes of the administration's revocation, from the notice to the signed act. Restricted words."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.decisions import ActView, GroundsBody, show_act
from services.selection.api.fields import Body, Day, SitePolicy, View, Words, editor_of, scope_of, signer_of
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.problems import Problem

router = APIRouter(prefix="/v1/candidacies", tags=["revocations"])

Hearer = Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.HEAR)))]


class NoticeBody(Body):
    """Why the approval is to be revoked, as the person was told, and when the person got it in writing."""

    grounds: Words = ""
    handed_over_on: Day


class FileAccessBody(Body):
    """When the person had access to the file."""

    accessed_on: Day


class ObservationsBody(Body):
    """What the person said to it."""

    observations: Annotated[Words, Field(min_length=1, pattern=r"\S")] | None
    """Null: that there is nothing to say."""
    counsel: StrictBool
    """Whether counsel assisted."""
    received_on: Day


class DropBody(Body):
    """Why the revocation is given up."""

    reasons: Words = ""


class ObservationView(View):
    """One time that the person was heard."""

    received_on: date
    observations: str | None
    counsel: bool
    recorded_at: datetime


class RevocationView(View):
    """An intended revocation, and how it ended."""

    id: UUID
    candidacy_id: UUID
    version: int
    """Of the file."""
    opened_at: datetime
    opened_by_function: str
    grounds: str
    handed_over_on: date
    observe_until: date
    """The last day for observations, Europe/Paris."""
    file_access_on: date | None
    observations: list[ObservationView]
    outcome: domain.RevocationOutcome | None
    closed_at: datetime | None
    reasons: str | None
    decision_id: UUID | None


@router.get("/{candidacy_id}/revocation", response_model=RevocationView)
async def read_revocation(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority"))]
) -> RevocationView:
    """The latest revocation of a file, with the notice and the observations."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    newest = await store.latest_revocation(read.conn, candidacy_id)
    if newest is None:
        raise Problem(404, "revocation-unknown", "No revocation of this candidacy was ever intended.")
    return await _show(read.conn, newest)


@router.post("/{candidacy_id}/revocation", status_code=201, response_model=RevocationView)
async def open_revocation(
    candidacy_id: UUID,
    body: NoticeBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.OPEN_REVOCATION)))],
    policy: SitePolicy,
) -> Response:
    """Records the notice. Of somebody who has arrived it becomes a request for a change of assignment at once."""
    editor = editor_of(write.principal, write.site, version)
    return await write(
        lambda tx: handlers.open_revocation(tx, candidacy_id, body.grounds, body.handed_over_on, editor, policy),
        _show,
        status=201,
    )


@router.post("/{candidacy_id}/revocation/file-access", response_model=RevocationView)
async def note_file_access(candidacy_id: UUID, body: FileAccessBody, version: IfMatch, write: Hearer) -> Response:
    """Notes when the person had access to the file."""
    editor = editor_of(write.principal, write.site, version)
    return await write(
        lambda tx: handlers.note_file_access(tx, candidacy_id, body.accessed_on, editor), _show, status=200
    )


@router.post("/{candidacy_id}/revocation/observations", response_model=RevocationView)
async def record_observations(candidacy_id: UUID, body: ObservationsBody, version: IfMatch, write: Hearer) -> Response:
    """Takes in what the person said, written or oral. Further observations are kept beside the first."""
    editor = editor_of(write.principal, write.site, version)
    said = handlers.Observations(body.observations, body.counsel, body.received_on)
    return await write(lambda tx: handlers.record_observations(tx, candidacy_id, said, editor), _show, status=200)


@router.post("/{candidacy_id}/revocation/drop", response_model=RevocationView)
async def drop_revocation(
    candidacy_id: UUID,
    body: DropBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.DROP_REVOCATION)))],
) -> Response:
    """Gives the revocation up: the approval stands."""
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.drop_revocation(tx, candidacy_id, body.reasons, editor), _show, status=200)


@router.post("/{candidacy_id}/revoke", status_code=201, response_model=ActView)
async def revoke(
    candidacy_id: UUID,
    body: GroundsBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.REVOKE)))],
    policy: SitePolicy,
) -> Response:
    """Signs the revocation, which undoes what the approval set off."""
    editor, grounds = editor_of(write.principal, write.site, version), body.grounds()
    signer = signer_of(write.principal)
    return await write(
        lambda tx: handlers.revoke(tx, candidacy_id, grounds, signer, editor, policy), show_act, status=201
    )


async def _show(conn: AsyncConnection, revocation_id: UUID) -> RevocationView:
    row = await store.revocation_row(conn, revocation_id)
    heard = await store.observation_rows(conn, revocation_id)
    said = [{**one._asdict(), "observations": one.words} for one in heard]
    return RevocationView.model_validate(row._asdict() | {"observations": said})
