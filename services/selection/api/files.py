"""Routes of a file: open, submit, assess, read. Reading shows the identity, so it names a purpose."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.decisions import DecisionView, show_decision_of
from services.selection.api.fields import ReadPurpose, SitePolicy, View, editor_of, scope_of
from services.selection.api.submissions import CandidacyBody
from shared.boundary import IfMatch, Record, Write, recording, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["candidacies"])

_READ_ROUTE = "GET /v1/candidacies/{candidacy_id}"


class StateView(View):
    """Where a candidacy stands."""

    id: UUID
    site: str
    file_number: int
    state: domain.State
    version: int


class SubmittedView(StateView):
    """A new file, with an estimate of the criteria that blocks nothing; null for a draft."""

    estimate: dict[str, Any] | None


class OpinionView(View):
    """What the criteria say: advice, never a decision."""

    id: UUID
    candidacy_id: UUID
    rule_version: str
    reference_on: date
    result: domain.Result
    eligible_on: date | None
    at_entry: domain.Result
    lines: list[dict[str, Any]]
    """One per criterion: criterion, kind, finding, code, inputs, legal_basis."""
    entry_lines: list[dict[str, Any]]
    """The same as of the planned entry, of what can be said of it today; it blocks nothing."""
    assessed_at: datetime


class AssessedView(OpinionView):
    """A new opinion, and the version of its file afterwards."""

    version: int


class IdentityView(View):
    """Who the candidate is."""

    last_name: str
    first_names: str
    birth_date: date
    ecrou_number: str
    sex: domain.Sex


class CandidacyView(StateView):
    """A file, of which a reader is shown the parts that are theirs."""

    establishment: str | None
    arrived_on: date | None
    submitted_at: datetime | None
    next: list[domain.Act]
    """What the reader may do to the file now."""
    groups: list[domain.Group]
    """The parts that this answer shows the reader: in them null is what is not known, elsewhere it is not theirs."""
    identity: IdentityView | None = None
    penal_status: domain.PenalStatus | None = None
    sentences: list[dict[str, Any]] | None = None
    sentence_end: date | None = None
    extract_on: date | None = None
    specially_flagged: bool | None = None
    terrorism: bool | None = None
    separation: bool | None = None
    other_proceedings: bool | None = None
    adjustment_requested: bool | None = None
    consent_signed_on: date | None = None
    consent_withdrawn_on: date | None = None
    partner_categories: list[domain.PartnerCategory] | None = None
    planned_entry: date | None = None
    adapted_cell: bool | None = None
    training_wishes: list[str] | None = None
    local_project: bool | None = None
    opinion: OpinionView | None = None
    decision: DecisionView | None = None


_ALWAYS = ("id", "site", "file_number", "state", "version", "establishment", "arrived_on", "submitted_at")
_COLUMNS = {
    domain.Group.PENAL: (
        "penal_status",
        "sentences",
        "sentence_end",
        "extract_on",
        "specially_flagged",
        "terrorism",
        "separation",
        "other_proceedings",
        "adjustment_requested",
    ),
    domain.Group.CONSENT: ("consent_signed_on", "consent_withdrawn_on", "partner_categories"),
    domain.Group.WISHES: ("planned_entry", "adapted_cell", "training_wishes", "local_project"),
}
_SHOWN = frozenset({domain.Group.IDENTITY, domain.Group.DECISION_REASONS, *_COLUMNS})


@router.post("", status_code=201, response_model=SubmittedView)
async def create_candidacy(
    body: CandidacyBody,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.SUBMIT)))],
    policy: SitePolicy,
) -> Response:
    """Opens a file. The identity goes to the vault."""
    submission = body.submission(write.principal, write.site)
    return await write(lambda tx: handlers.create_candidacy(tx, submission, policy), _show_submitted, status=201)


@router.post("/{candidacy_id}/submit", response_model=SubmittedView)
async def submit(
    candidacy_id: UUID,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.SUBMIT)))],
    policy: SitePolicy,
) -> Response:
    """Hands a draft in."""
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.submit(tx, candidacy_id, editor, policy), _show_submitted, status=200)


@router.post("/{candidacy_id}/assess", status_code=201, response_model=AssessedView)
async def assess(
    candidacy_id: UUID,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.ASSESS)))],
    policy: SitePolicy,
) -> Response:
    """Applies the criteria as of today, and keeps the opinion."""
    editor = editor_of(write.principal, write.site, version)
    return await write(lambda tx: handlers.assess(tx, candidacy_id, editor, policy), _show_assessed, status=201)


@router.get("/{candidacy_id}", response_model=CandidacyView)
async def read_candidacy(
    candidacy_id: UUID,
    record: Annotated[Record, Depends(recording(*domain.readers()))],
    purpose: ReadPurpose,
) -> Response:
    """The file as far as it is the reader's. Header `Purpose` says why, and the read is logged."""
    principal = record.principal
    groups = domain.readable(principal.roles)

    async def query(tx: Tx) -> CandidacyView:
        scope = scope_of(principal, record.site)
        row = await store.candidacy_row(tx.conn, candidacy_id, scope)
        columns = (*_ALWAYS, *(name for group in groups for name in _COLUMNS.get(group, ())))
        shown = {name: getattr(row, name) for name in columns}
        read = store.Read(
            reader=principal.subject,
            reader_function=principal.function,
            read_at=tx.now,
            purpose=purpose,
            person_id=row.person_id,
            route=_READ_ROUTE,
        )
        if domain.Group.IDENTITY in groups:
            shown["identity"] = (await store.read_identity(tx.conn, read))._asdict()
        else:
            await store.log_reads(tx.conn, [read])
        if domain.Group.PENAL in groups and row.opinion_id is not None:
            shown["opinion"] = await _show_opinion(tx.conn, row.opinion_id)
        if domain.Group.DECISION_REASONS in groups:
            shown["decision"] = await show_decision_of(tx.conn, candidacy_id)
        mine = scope.may_write(row.establishment, row.arrived_on)
        shown["next"] = domain.open_acts(domain.State(row.state), principal.roles) if mine else []
        return CandidacyView.model_validate({**shown, "groups": sorted(groups & _SHOWN)})

    return await record(query)


async def _show_submitted(conn: AsyncConnection, candidacy_id: UUID) -> SubmittedView:
    return SubmittedView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def show_state(conn: AsyncConnection, candidacy_id: UUID) -> StateView:
    return StateView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def _show_assessed(conn: AsyncConnection, opinion_id: UUID) -> AssessedView:
    return AssessedView.model_validate((await store.opinion_row(conn, opinion_id))._asdict())


async def _show_opinion(conn: AsyncConnection, opinion_id: UUID) -> OpinionView:
    return OpinionView.model_validate((await store.opinion_row(conn, opinion_id))._asdict())
