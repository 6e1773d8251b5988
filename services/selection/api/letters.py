"""Routes of the letter to the person. It shows the identity, so each read is logged, and it is never stored."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from services.selection import domain, store
from services.selection.api.fields import ReadPurpose, SitePolicy, scope_of
from services.selection.letters import easy_letter, letter
from shared.boundary import Query, Record, recording
from shared.messaging import Tx
from shared.problems import Problem

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])

Reader = Annotated[Record, Depends(recording("spip", "registry", "head", "decision_authority"))]
Render = Callable[[store.AnyRow, store.AnyRow, domain.Policy], str]

_NOTHING_ELSE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def _informing(purpose: ReadPurpose) -> domain.Purpose:
    if purpose is not domain.Purpose.INFORMING_THE_PERSON:
        raise Problem(400, "purpose-missing", "A letter is read with the purpose informing_the_person.")
    return purpose


Informing = Annotated[domain.Purpose, Depends(_informing)]


@router.get("/{decision_id}/letter", response_class=HTMLResponse)
async def read_letter(decision_id: UUID, record: Reader, purpose: Informing, policy: SitePolicy) -> Response:
    """The letter to the person, to be printed. Header `Purpose: informing_the_person`; the read is logged."""
    return await record(_query(decision_id, record, purpose, policy, "letter", letter))


@router.get("/{decision_id}/letter/easy", response_class=HTMLResponse)
async def read_easy_letter(decision_id: UUID, record: Reader, purpose: Informing, policy: SitePolicy) -> Response:
    """The same in easy language. Header `Purpose: informing_the_person`; the read is logged."""
    return await record(_query(decision_id, record, purpose, policy, "letter/easy", easy_letter))


def _query(
    decision_id: UUID, record: Record, purpose: domain.Purpose, policy: domain.Policy, part: str, render: Render
) -> Query:
    async def query(tx: Tx) -> HTMLResponse:
        decision = await store.handed_decision_row(tx.conn, decision_id, scope_of(record.principal, record.site))
        read = store.Read(
            reader=record.principal.subject,
            reader_function=record.principal.function,
            read_at=tx.now,
            purpose=purpose,
            person_id=decision.person_id,
            route=f"GET /v1/decisions/{{decision_id}}/{part}",
            decision_id=decision_id,
        )
        identity = await store.read_identity(tx.conn, read)
        return HTMLResponse(render(decision, identity, policy), headers=_NOTHING_ELSE)

    return query
