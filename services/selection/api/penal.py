"""Routes of the penal facts over time: a new extract, all extracts, and the moved exit that is taken over."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, SitePolicy, View, Words, editor_of, scope_of
from services.selection.api.submissions import SentenceBody
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["penal situation"])


class ExtractBody(Body):
    """A new extract, whole: what it does not say is not known any more, but for the flags, which stay as they were."""

    status: domain.PenalStatus | None = None
    sentences: Annotated[tuple[SentenceBody, ...], Field(max_length=50)] = ()
    sentence_end: Day | None = None
    extract_on: Day
    source: domain.ExtractSource
    specially_flagged: StrictBool | None = None
    terrorism: StrictBool | None = None
    separation: StrictBool | None = None
    other_proceedings: StrictBool | None = None
    adjustment_requested: StrictBool | None = None

    def extract(self) -> domain.Extract:
        """As the rules take it."""
        return domain.Extract(
            status=self.status,
            sentences=tuple(one.sentence() for one in self.sentences),
            sentence_end=self.sentence_end,
            extract_on=self.extract_on,
            source=self.source,
            specially_flagged=self.specially_flagged,
            terrorism=self.terrorism,
            separation=self.separation,
            other_proceedings=self.other_proceedings,
            adjustment_requested=self.adjustment_requested,
        )


class AdoptionBody(Body):
    """Why cell and seat are ordered until the new exit."""

    reasons: Words = ""


class PenalSituationView(View):
    """One version of the penal facts."""

    version: int
    """Of the file, that it led to."""
    penal_status: domain.PenalStatus | None
    sentences: list[dict[str, Any]]
    sentence_end: date | None
    extract_on: date | None
    specially_flagged: bool
    terrorism: bool
    separation: bool
    other_proceedings: bool
    adjustment_requested: bool
    source: domain.ExtractSource | None
    """Null for what the file said when it was opened."""
    result: domain.Result | None
    """Of the criteria, on the day of the entry; null for a draft."""
    recorded_by: str
    recorded_at: datetime


class PenalView(View):
    """The penal facts of a file."""

    candidacy_id: UUID
    state: domain.State
    version: int
    situations: list[PenalSituationView]
    """The newest first."""


class AdoptedView(View):
    """A signed adoption of a moved exit."""

    candidacy_id: UUID
    version: int
    decision_number: str
    ordered_until: date
    """Before."""
    projected_exit: date
    """From now on."""
    reasons: str
    signer_name: str
    signer_function: str
    signed_at: datetime


@router.put("/{candidacy_id}/penal", response_model=PenalView)
async def record_penal(
    candidacy_id: UUID,
    body: ExtractBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.RECORD_PENAL)))],
    policy: SitePolicy,
) -> Response:
    """Enters a new extract; the criteria are applied anew, and where they say something else a human is called."""
    extract = body.extract()
    editor = editor_of(write.principal, write.site, version)
    return await write(
        lambda tx: handlers.record_penal(tx, candidacy_id, extract, editor, policy), _show_penal, status=200
    )


@router.get("/{candidacy_id}/penal", response_model=PenalView)
async def read_penal(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading(*domain.readers(domain.Group.PENAL)))]
) -> PenalView:
    """Every version of the penal facts, without any identity."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    return await _show_penal(read.conn, candidacy_id)


@router.post("/{candidacy_id}/adopt-projected-exit", status_code=201, response_model=AdoptedView)
async def adopt_projected_exit(
    candidacy_id: UUID,
    body: AdoptionBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.ADOPT_EXIT)))],
) -> Response:
    """Changes what the approval ordered to the exit as it is projected now."""
    principal = write.principal
    adoption = handlers.Adoption(body.reasons, domain.Signer(principal.subject, principal.name, principal.function))
    editor = editor_of(principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.adopt_projected_exit(tx, candidacy_id, adoption, editor)

    return await write(command, _show_adopted, status=201)


async def _show_penal(conn: AsyncConnection, candidacy_id: UUID) -> PenalView:
    file = await store.candidacy_row(conn, candidacy_id)
    situations = [row._asdict() for row in await store.penal_rows(conn, candidacy_id)]
    return PenalView.model_validate(
        {"candidacy_id": candidacy_id, "state": file.state, "version": file.version, "situations": situations}
    )


async def _show_adopted(conn: AsyncConnection, candidacy_id: UUID) -> AdoptedView:
    row = (await store.exit_adoption_row(conn, candidacy_id))._asdict()
    return AdoptedView.model_validate({**row, "version": row["file_version"]})
