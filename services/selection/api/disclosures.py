"""The partner route, and the log of what partners learned. Whatever depends on a person sounds the same."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import View, scope_of
from shared.boundary import Read, Record, purposed, reading, recording
from shared.messaging import Tx
from shared.problems import Problem

router = APIRouter(prefix="/v1", tags=["disclosures"])


class DetailsView(View):
    """What the partner's convention and the law permit of the person, today: no other field is ever here."""

    details: dict[domain.PartnerField, str | date]


class DisclosureView(View):
    """One time that a partner asked: what it learned, or why it learned nothing."""

    at: datetime
    """UTC."""
    partner_id: UUID
    partner: str | None
    """Display name of the organisation; null when no convention of it is known."""
    reader: str
    """Subject of the partner's token."""
    fields: list[domain.PartnerField]
    """What was shown; empty when it was refused."""
    purpose: domain.PartnerPurpose
    basis: str | None
    """Article and convention; null when no convention is known."""
    outcome: str
    """`shown`, or the cause of the refusal, which the partner never hears."""


class DisclosuresView(View):
    """One page, the newest first."""

    items: list[DisclosureView]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.get("/partner/references/{reference}", response_model=DetailsView)
async def read_reference(
    reference: str,
    record: Annotated[Record, Depends(recording("partner"))],
    purpose: Annotated[domain.PartnerPurpose, Depends(purposed(domain.PartnerPurpose))],
) -> Response:
    """The permitted details of the person behind a reference. Header `Purpose` says why; the read is logged."""
    partner_id, reader = record.principal.partner, record.principal.subject
    if partner_id is None:
        raise Problem(403, "partner-missing", "The token does not say which partner it belongs to.")

    async def query(tx: Tx) -> DetailsView | domain.Refused:
        answer = await handlers.answer_partner(
            tx,
            partner_id=partner_id,
            reader=reader,
            reference=reference,
            purpose=purpose,
        )
        return answer if isinstance(answer, domain.Refused) else DetailsView.model_validate({"details": answer})

    return await record(query)


@router.get("/candidacies/{candidacy_id}/disclosures")
async def list_disclosures(
    candidacy_id: UUID,
    read: Annotated[Read, Depends(reading("spip", "head", "registry", "inspector"))],
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DisclosuresView:
    """Which partner learned what of the person, when, why and on which basis; also what it was refused."""
    row = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    rows = await store.disclosure_rows(read.conn, row.person_id, before=cursor, limit=limit)
    return DisclosuresView(
        items=[DisclosureView.model_validate(one._asdict()) for one in rows],
        next_cursor=str(rows[-1].id) if len(rows) == limit else None,
    )
