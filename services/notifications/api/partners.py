"""Partners: outside bodies with a convention."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import domain, handlers
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.store import partners as store
from services.notifications.store.partners import NewPartner
from shared.boundary import Read, Write, reading, writing
from shared.contracts.notifications import PartnerField
from shared.contracts.selection import PartnerCategory
from shared.messaging import Tx

router = APIRouter(tags=["partners"])


class PartnerBody(BaseModel):
    """A partner as it is taken in."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    """Of the organisation, never of a person."""
    category: PartnerCategory
    convention_from: date
    """First day of the convention, Europe/Paris."""
    convention_to: date
    """First day after the convention, Europe/Paris."""
    fields: frozenset[PartnerField] | None = None
    """What the partner may read of a person who has arrived and agreed; all that the law grants unless said."""
    window_months: Annotated[int, Field(ge=1, le=12)] | None = None
    """Only in the last so many months before the projected exit; 6 for employment services unless said."""
    contact: Annotated[str, Field(max_length=254)] | None = None
    """Mailbox of a function, never of a person: told when the partner's own address ends or fails."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.convention_to <= self.convention_from:
            raise ValueError("a convention ends after it begins")
        return self


class ContactBody(BaseModel):
    """Whom at a partner we write to about its own addresses."""

    model_config = ConfigDict(extra="forbid")

    contact: Annotated[str, Field(max_length=254)] | None
    """Mailbox of a function, never of a person; null: nobody any more."""


class Partner(BaseModel):
    """A partner as it stands."""

    id: UUID
    name: str
    category: PartnerCategory
    convention_from: date
    convention_to: date
    fields: tuple[PartnerField, ...]
    window_months: int | None
    created_at: datetime
    contact: str | None
    """Mailbox of a function, told of the partner's own addresses; null: nobody is."""


Admin = Annotated[Write, Depends(writing("partner_admin"))]


def shown(row: sa.Row[Any]) -> Partner:
    """A row as the API shows it."""
    return Partner.model_validate(row, from_attributes=True)


async def show(conn: AsyncConnection, partner: UUID) -> Partner:
    """A partner that is known to exist."""
    return shown(await store.partner(conn, partner))


@router.post("/partners", status_code=201, response_model=Partner)
async def take_in_partner(body: PartnerBody, write: Admin) -> Response:
    """Takes in a partner with its convention."""

    async def command(tx: Tx) -> UUID:
        terms = domain.terms(body.category.value, body.fields, body.window_months)
        domain.check_contact(body.contact)
        new = NewPartner(body.name, body.category.value, body.convention_from, body.convention_to, terms, body.contact)
        return await handlers.take_in_partner(tx, new, by=write.principal.subject, site=write.site)

    return await write(command, show)


@router.post("/partners/{partner_id}/contact", response_model=Partner)
async def set_contact(partner_id: UUID, body: ContactBody, write: Admin) -> Response:
    """Says which mailbox is told when one of the partner's own addresses ends or fails; null removes it.

    It is not proved: host names and counts are all that is ever sent there, nothing about persons.
    """
    by = write.principal.subject
    return await write(lambda tx: handlers.set_contact(tx, partner_id, body.contact, by), show, status=200)


@router.get("/partners")
async def list_partners(
    read: Annotated[Read, Depends(reading("partner_admin", "inspector", "operator"))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Partner]:
    """Partners, the newest first."""
    rows = await store.partners_page(read.conn, before=before(cursor), limit=limit)
    return Page(items=tuple(map(shown, rows)), next_cursor=next_cursor(rows, limit))
