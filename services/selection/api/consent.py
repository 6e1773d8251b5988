"""Routes of the person's consent: the signed text, a yes or no per category of partners, and every answer given."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, View, editor_of, scope_of
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["consent"])


class SignatureBody(Body):
    """The text that was signed, and when."""

    text_version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
    """As printed on the form, such as `2026-07`."""
    signed_on: Day


class PartnersBody(Body):
    """What the person answered; categories that are not named keep their answer."""

    answers: Annotated[dict[domain.PartnerCategory, StrictBool], Field(min_length=1)]


class AnswerView(View):
    """One answer, as it was given."""

    subject: str
    """`programme`, or a category of partners."""
    yes: bool
    text_version: str | None
    dated_on: date | None
    """On the paper."""
    recorded_by: str
    recorded_by_function: str
    recorded_at: datetime
    file_version: int


class ConsentView(View):
    """The consent as it stands, and how it came about."""

    candidacy_id: UUID
    version: int
    text_version: str | None
    signed_on: date | None
    withdrawn_on: date | None
    recorded_by: str | None
    recorded_at: datetime | None
    partners: dict[domain.PartnerCategory, bool]
    """For every category; one that was never asked about is a no."""
    history: list[AnswerView]
    """Every answer ever given, the newest first."""


@router.put("/{candidacy_id}/consent", response_model=ConsentView)
async def record_consent(
    candidacy_id: UUID,
    body: SignatureBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.RECORD_CONSENT)))],
) -> Response:
    """Enters a signed consent."""
    editor = editor_of(write.principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.record_consent(
            tx, candidacy_id, editor, text_version=body.text_version, signed_on=body.signed_on
        )

    return await write(command, _show_consent, status=200)


@router.put("/{candidacy_id}/consent/partners", response_model=ConsentView)
async def answer_partners(
    candidacy_id: UUID,
    body: PartnersBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.RECORD_CONSENT)))],
) -> Response:
    """Enters a yes or no per category of partners; of an approved file it is obeyed at once."""
    editor = editor_of(write.principal, write.site, version)
    return await write(
        lambda tx: handlers.answer_partners(tx, candidacy_id, body.answers, editor), _show_consent, status=200
    )


@router.get("/{candidacy_id}/consent", response_model=ConsentView)
async def read_consent(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading(*domain.readers(domain.Group.CONSENT)))]
) -> ConsentView:
    """The consent with its history, without any identity."""
    await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    return await _show_consent(read.conn, candidacy_id)


async def _show_consent(conn: AsyncConnection, candidacy_id: UUID) -> ConsentView:
    row = await store.candidacy_row(conn, candidacy_id)
    return ConsentView(
        candidacy_id=candidacy_id,
        version=row.version,
        text_version=row.consent_text,
        signed_on=row.consent_signed_on,
        withdrawn_on=row.consent_withdrawn_on,
        recorded_by=row.consent_recorded_by,
        recorded_at=row.consent_recorded_at,
        partners={category: category.value in row.partner_categories for category in domain.PartnerCategory},
        history=[
            AnswerView.model_validate({**answer._asdict(), "file_version": answer.version})
            for answer in await store.answer_rows(conn, candidacy_id)
        ],
    )
