"""The route of the journey: what became of a decision, without any identity."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.selection import domain, handlers, store
from services.selection.api.fields import SitePolicy, View, scope_of
from shared.boundary import Read, reading

router = APIRouter(prefix="/v1/candidacies", tags=["journeys"])


class SignedView(View):
    """The decision that the journey follows. Its reasons are in the file."""

    decision_number: str
    kind: domain.Kind
    decided_on: date
    signed_at: datetime
    signer_function: str


class StepView(View):
    """Where one step stands, and since when (UTC)."""

    step: str
    """`accommodation`, `training`, `partners`, or `partners/<delivery id>`."""
    status: domain.Status
    since: datetime
    fact: str | None
    """The last that was heard; null while nothing was."""
    decision_number: str | None
    detail: dict[str, Any]


class MissingView(View):
    """A reply that has not come, and since when it is awaited (UTC)."""

    step: str
    decision_number: str | None
    asked_at: datetime


class ChangeView(View):
    """That another prison is asked for, since the person has arrived. Why is in the file."""

    id: UUID
    requested_on: date
    state: domain.ChangeState


class LevelView(View):
    """How the file stands against one service level. Dates: Europe/Paris."""

    level: domain.Level
    since: date
    due_on: date
    reached_on: date | None
    late: bool | None
    """Null where nothing tells yet."""


class JourneyView(View):
    """One person's journey."""

    candidacy_id: UUID
    site: str
    file_number: int
    state: domain.State
    version: int
    decision: SignedView | None
    steps: list[StepView]
    missing_replies: list[MissingView]
    change_of_assignment: ChangeView | None
    """The latest; null where none was asked for."""
    levels: list[LevelView]
    waits_for: domain.Level | None
    """The first level that is not reached; null when nothing is waited for."""


@router.get("/{candidacy_id}/journey", response_model=JourneyView)
async def read_journey(
    candidacy_id: UUID,
    read: Annotated[
        Read, Depends(reading("spip", "decision_authority", "placement_officer", "training_lead", "inspector"))
    ],
    policy: SitePolicy,
) -> JourneyView:
    """Each step's status, the times, and the replies that are missing."""
    row = await store.candidacy_row(read.conn, candidacy_id, scope_of(read.principal, read.site))
    signed = await store.decision_row_of(read.conn, candidacy_id)
    journey = await handlers.read_journey(read.conn, candidacy_id, domain.State(row.state), read.now)
    changes = await store.change_rows(read.conn, candidacy_id)
    levels = await handlers.read_levels(read.conn, row, journey, read.now, policy)
    return JourneyView(
        candidacy_id=candidacy_id,
        site=row.site,
        file_number=row.file_number,
        state=row.state,
        version=row.version,
        decision=None
        if signed is None
        else SignedView.model_validate({**signed._asdict(), "decision_number": signed.number}),
        steps=[StepView.model_validate(vars(step)) for step in journey.steps],
        missing_replies=[MissingView.model_validate(vars(reply)) for reply in journey.missing],
        change_of_assignment=ChangeView.model_validate(changes[0]._asdict()) if changes else None,
        levels=[LevelView.model_validate(vars(level)) for level in levels],
        waits_for=domain.waits_for(levels),
    )
