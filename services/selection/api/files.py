"""Routes of a file: open, submit, assess, withdraw, read. Reading shows the identity, so it names a purpose."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.decisions import DecisionView, show_decision_of
from services.selection.api.fields import (
    Body,
    Categories,
    Day,
    Name,
    SiteCode,
    SitePolicy,
    StatedPurpose,
    View,
    Wishes,
    editor_of,
    scope_of,
)
from shared.boundary import IfMatch, Record, Write, recording, writing
from shared.messaging import Tx
from shared.problems import WRONG_SITE

router = APIRouter(prefix="/v1/candidacies", tags=["candidacies"])

_READ_ROUTE = "GET /v1/candidacies/{candidacy_id}"


class IdentityBody(Body):
    """Who the candidate is. It goes to the vault."""

    last_name: Name
    first_names: Name
    birth_date: Day
    ecrou_number: Annotated[Name, Field(max_length=40)]
    sex: domain.Sex


class DurationBody(Body):
    """Years, months (12 or more allowed) and days (0 to 30) as pronounced."""

    years: Annotated[StrictInt, Field(ge=0, le=1000)] = 0
    months: Annotated[StrictInt, Field(ge=0, le=12_000)] = 0
    days: Annotated[StrictInt, Field(ge=0, le=400_000)] = 0

    def duration(self) -> domain.Duration:
        """As the rules take it; days alone are refused."""
        return domain.Duration(self.years, self.months, self.days)


class SentenceBody(Body):
    """One sentence under execution; `firm` is the part to serve where the rest is suspended."""

    pronounced: DurationBody
    firm: DurationBody | None = None

    def sentence(self) -> domain.Sentence:
        """As the rules take it."""
        return domain.Sentence(self.pronounced.duration(), None if self.firm is None else self.firm.duration())


class PenalBody(Body):
    """The penal situation as the extract shows it; what it does not say is left out."""

    status: domain.PenalStatus | None = None
    sentences: Annotated[tuple[SentenceBody, ...], Field(max_length=50)] = ()
    sentence_end: Day | None = None
    extract_on: Day | None = None
    specially_flagged: StrictBool = False
    """Listed among the détenus particulièrement signalés."""
    terrorism: StrictBool = False
    """Sentenced for an act of terrorism."""
    separation: StrictBool = False
    """There is a contact or place ban, or an incompatibility with somebody at the site; never which."""
    other_proceedings: StrictBool = False
    """Another title to execute, a hearing or a measure is pending; never which."""
    adjustment_requested: StrictBool = False
    """The person has asked the judge to adjust the sentence."""


class ConsentBody(Body):
    """The candidate's written yes."""

    signed_on: Day | None = None
    withdrawn_on: Day | None = None


class CandidacyBody(Body):
    """A file as handed in."""

    site: SiteCode
    draft: StrictBool = False
    """Kept for later, and handed in by `submit`; else it is handed in at once."""
    identity: IdentityBody
    person_id: UUID | None = None
    """Whom the officer knows the candidate to be, after `possible-homonym`; `/v1/persons/homonyms` lists them."""
    different_person: StrictBool = False
    """The officer knows that all persons of that name and birth date are others."""
    penal: PenalBody = PenalBody()
    consent: ConsentBody = ConsentBody()
    planned_entry: Day | None = None
    adapted_cell: StrictBool = False
    """Whether a cell for reduced mobility is needed; never why."""
    training_wishes: Annotated[Wishes, Field(max_length=10)] = ()
    """Activity codes, first wish first."""
    local_project: StrictBool | None = None
    """Whether the person has a project around the site; left out where nobody asked."""
    partner_categories: Annotated[Categories, Field(max_length=len(domain.PartnerCategory))] = ()
    """Who may be told, as agreed by the person."""

    @model_validator(mode="after")
    def _same_or_different(self) -> Self:
        if self.different_person and self.person_id is not None:
            raise PydanticCustomError("same_and_different", "a person is known or is another one, not both")
        return self


class WithdrawalBody(Body):
    """When the candidate took the consent back; today unless said."""

    withdrawn_on: Day | None = None


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
    """The whole file, for who works on it."""

    identity: IdentityView
    establishment: str | None
    penal_status: domain.PenalStatus | None
    sentences: list[dict[str, Any]]
    sentence_end: date | None
    extract_on: date | None
    consent_signed_on: date | None
    consent_withdrawn_on: date | None
    planned_entry: date | None
    specially_flagged: bool
    terrorism: bool
    separation: bool
    other_proceedings: bool
    adjustment_requested: bool
    local_project: bool | None
    arrived_on: date | None
    adapted_cell: bool
    training_wishes: list[str]
    partner_categories: list[domain.PartnerCategory]
    submitted_at: datetime | None
    opinion: OpinionView | None
    decision: DecisionView | None


@router.post("", status_code=201, response_model=SubmittedView)
async def create_candidacy(
    body: CandidacyBody,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.SUBMIT)))],
    policy: SitePolicy,
) -> Response:
    """Opens a file. The identity goes to the vault."""
    if body.site != write.site:
        raise WRONG_SITE.problem()
    submission = handlers.Submission(
        site=body.site,
        prepared_by=write.principal.subject,
        establishment=write.principal.establishment,
        identity=domain.Identity(**dict(body.identity)),
        facts=domain.Facts(
            penal_status=body.penal.status,
            sentences=tuple(sentence.sentence() for sentence in body.penal.sentences),
            sentence_end=body.penal.sentence_end,
            extract_on=body.penal.extract_on,
            consent_signed_on=body.consent.signed_on,
            consent_withdrawn_on=body.consent.withdrawn_on,
            planned_entry=body.planned_entry,
            specially_flagged=body.penal.specially_flagged,
            terrorism=body.penal.terrorism,
            separation=body.penal.separation,
            other_proceedings=body.penal.other_proceedings,
            adjustment_requested=body.penal.adjustment_requested,
            local_project=body.local_project,
        ),
        wishes=domain.Wishes(body.adapted_cell, body.training_wishes, body.partner_categories),
        draft=body.draft,
        person_id=body.person_id,
        different_person=body.different_person,
    )
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


@router.post("/{candidacy_id}/withdraw", response_model=StateView)
async def withdraw(
    candidacy_id: UUID,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.WITHDRAW)))],
    body: WithdrawalBody | None = None,
) -> Response:
    """The candidate withdraws; what an approval set off is cancelled."""
    withdrawn_on = None if body is None else body.withdrawn_on
    editor = editor_of(write.principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.withdraw(tx, candidacy_id, editor, withdrawn_on=withdrawn_on)

    return await write(command, _show_state, status=200)


@router.get("/{candidacy_id}", response_model=CandidacyView)
async def read_candidacy(
    candidacy_id: UUID,
    record: Annotated[Record, Depends(recording("spip", "registry", "head", "decision_authority"))],
    purpose: StatedPurpose,
) -> Response:
    """The whole file with the identity. Header `Purpose` says why, and the read is logged."""
    principal = record.principal

    async def query(tx: Tx) -> CandidacyView:
        row = await store.candidacy_row(tx.conn, candidacy_id, scope_of(principal, record.site))
        read = store.Read(
            reader=principal.subject,
            reader_function=principal.function,
            read_at=tx.now,
            purpose=purpose,
            person_id=row.person_id,
            route=_READ_ROUTE,
        )
        identity = await store.read_identity(tx.conn, read)
        return CandidacyView(
            **row._asdict(),
            identity=IdentityView.model_validate(identity._asdict()),
            opinion=None if row.opinion_id is None else await _show_opinion(tx.conn, row.opinion_id),
            decision=await show_decision_of(tx.conn, candidacy_id),
        )

    return await record(query)


async def _show_submitted(conn: AsyncConnection, candidacy_id: UUID) -> SubmittedView:
    return SubmittedView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def _show_state(conn: AsyncConnection, candidacy_id: UUID) -> StateView:
    return StateView.model_validate((await store.candidacy_row(conn, candidacy_id))._asdict())


async def _show_assessed(conn: AsyncConnection, opinion_id: UUID) -> AssessedView:
    return AssessedView.model_validate((await store.opinion_row(conn, opinion_id))._asdict())


async def _show_opinion(conn: AsyncConnection, opinion_id: UUID) -> OpinionView:
    return OpinionView.model_validate((await store.opinion_row(conn, opinion_id))._asdict())
