"""The route of an officer's day: what is to be signed, completed, done late, remembered and reviewed."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.selection import domain, store
from services.selection.api.fields import View, scope_of
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1", tags=["lists"])

FIRST = 20
"""Lines that a heading shows; the lists have the rest."""


class Heading(StrEnum):
    """What is to be done."""

    TO_SIGN = "to_sign"
    TO_COMPLETE = "to_complete"
    LATE = "late"
    REMINDERS = "reminders"
    TO_REVIEW = "to_review"


class Task(View):
    """A file, and what there is about it."""

    candidacy_id: UUID
    file_number: int
    state: domain.State
    referent: str
    establishment: str | None
    what: str | None
    """Kind of the deadline, cause of the review, or what the file lacks: its state, or `to_complete`."""
    on: date | None
    """Due date, else since when; Europe/Paris."""


class Tasks(View):
    """One heading."""

    heading: Heading
    count: int
    """Of all, not only of those that are shown."""
    items: tuple[Task, ...]


class Today(View):
    """The headings of the officer's roles."""

    headings: tuple[Tasks, ...]


@router.get("/today")
async def show_today(
    read: Annotated[Read, Depends(reading("spip", "registry", "head", "decision_authority"))],
) -> Today:
    """What the officer's roles have to do today, on files in sight."""
    scope, officer = scope_of(read.principal, read.site), read.principal
    owners = [role for role in domain.Role if role.value in officer.roles]
    on = domain.date_in_paris(read.now)
    found = {}
    if domain.Role.DECISION_AUTHORITY in owners:
        found[Heading.TO_SIGN] = await store.to_sign(read.conn, scope, officer.subject, limit=FIRST)
    if set(owners) & {domain.Role.SPIP, domain.Role.REGISTRY}:
        found[Heading.TO_COMPLETE] = await store.to_complete(read.conn, scope, limit=FIRST)
    found[Heading.LATE] = await store.late(read.conn, scope, owners, on, limit=FIRST)
    found[Heading.REMINDERS] = await store.reminders(read.conn, scope, owners, on, limit=FIRST)
    found[Heading.TO_REVIEW] = await store.to_review(read.conn, scope, limit=FIRST)
    return Today(
        headings=tuple(
            Tasks(
                heading=heading,
                count=rows[0].count if rows else 0,
                items=tuple(Task.model_validate(row._asdict()) for row in rows),
            )
            for heading, rows in found.items()
        )
    )
