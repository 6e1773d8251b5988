"""Routes of delegations: the competent authority records and ends them, deciding officers read them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, Name, SitePolicy, View, distinct, signer_of
from shared.boundary import Read, Write, reading, writing

router = APIRouter(prefix="/v1/delegations", tags=["delegations"])

Kinds = Annotated[tuple[domain.Kind, ...], Field(min_length=1, max_length=len(domain.Kind)), AfterValidator(distinct)]
Authority = Annotated[Write, Depends(writing("decision_authority"))]


class DelegationBody(Body):
    """An act of delegation as it was signed, for one of its delegates."""

    reference: Name
    """What decisions name, to the letter."""
    delegate_id: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"\S")]
    """Subject of the delegate's token."""
    delegate_name: Name
    authority: Name
    """In whose name the delegate signs."""
    kinds: Kinds
    valid_from: Day
    valid_until: Day


class DelegationView(View):
    """A delegation."""

    id: UUID
    reference: str
    delegate_id: str
    delegate_name: str
    authority: str
    kinds: list[domain.Kind]
    valid_from: date
    valid_until: date
    recorded_by: str
    recorded_at: datetime
    ended_on: date | None
    """From this day on nobody signs by it."""


class DelegationsView(View):
    """A page of delegations, the newest first."""

    items: list[DelegationView]
    next_cursor: UUID | None
    """Give it as `cursor` to get the next page; null on the last one."""


@router.post("", status_code=201, response_model=DelegationView)
async def record_delegation(body: DelegationBody, write: Authority, policy: SitePolicy) -> Response:
    """Records a delegation. Only who decides in own competence may."""
    fields = dict(body)
    delegation = domain.Delegation(**fields | {"kinds": frozenset(body.kinds)})
    officer = signer_of(write.principal)
    return await write(lambda tx: handlers.record_delegation(tx, delegation, officer, policy), _show, status=201)


@router.post("/{delegation_id}/end", response_model=DelegationView)
async def end_delegation(delegation_id: UUID, write: Authority, policy: SitePolicy) -> Response:
    """Takes a delegation back, from now on. Only who decides in own competence may."""
    officer = signer_of(write.principal)
    return await write(lambda tx: handlers.end_delegation(tx, delegation_id, officer, policy), _show, status=200)


@router.get("", response_model=DelegationsView)
async def list_delegations(
    read: Annotated[Read, Depends(reading("decision_authority", "inspector"))],
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DelegationsView:
    """Delegations, also those that have ended."""
    rows = await store.delegation_rows(read.conn, before=cursor, limit=limit + 1)
    items = [DelegationView.model_validate(row._asdict()) for row in rows[:limit]]
    return DelegationsView(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def _show(conn: AsyncConnection, delegation_id: UUID) -> DelegationView:
    return DelegationView.model_validate((await store.delegation_row(conn, delegation_id))._asdict())
