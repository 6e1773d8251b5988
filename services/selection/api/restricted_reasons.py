"""The route of reasons that the person may not be told. Each read is logged with a purpose, as one of the vault."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.selection import domain, store
from services.selection.api.fields import ReadPurpose, SitePolicy, View, scope_of, signer_of
from shared.boundary import Record, recording
from shared.messaging import Tx

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])

_READ_ROUTE = "GET /v1/decisions/{decision_id}/restricted-reasons"


class RestrictedReasonsView(View):
    """The restricted part of a decision."""

    decision_id: UUID
    words: str | None
    """Null where the decision has no such part."""
    digest: str | None
    """SHA-256 of decision and words, hexadecimal."""


@router.get("/{decision_id}/restricted-reasons", response_model=RestrictedReasonsView)
async def read_restricted_reasons(
    decision_id: UUID,
    record: Annotated[Record, Depends(recording("decision_authority"))],
    policy: SitePolicy,
    purpose: ReadPurpose,
) -> Response:
    """The restricted part, for the signer and for who decides an appeal. Header `Purpose`; the read is logged."""
    reader = signer_of(record.principal)

    async def query(tx: Tx) -> RestrictedReasonsView:
        decision = await store.handed_decision_row(tx.conn, decision_id, scope_of(record.principal, record.site))
        domain.check_restricted_reader(reader, decision.signer_id, policy)
        read = store.Read(
            reader=reader.id,
            reader_function=reader.function,
            read_at=tx.now,
            purpose=purpose,
            person_id=decision.person_id,
            route=_READ_ROUTE,
            decision_id=decision_id,
        )
        await store.log_reads(tx.conn, [read])
        row = await store.restricted_reasons_row(tx.conn, decision_id)
        return RestrictedReasonsView(
            decision_id=decision_id,
            words=None if row is None else row.words,
            digest=None if row is None else row.digest.hex(),
        )

    return await record(query)
