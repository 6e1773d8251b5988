"""Routes of a withdrawal: what it would undo, and the withdrawal itself."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import Body, Day, View, editor_of, scope_of
from services.selection.api.files import StateView
from shared.boundary import IfMatch, Read, Write, reading, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["withdrawals"])


class WithdrawalBody(Body):
    """When the candidate took the consent back; today unless said."""

    withdrawn_on: Day | None = None


class WithdrawnView(StateView):
    """Where the candidacy stands after a withdrawal."""

    consent_withdrawn_on: date
    change_of_assignment: UUID | None
    """The open request for another prison: once the person has arrived, nothing is freed; else null."""


class LineView(View):
    """One thing that one service would take back, as the journey knows it."""

    service: str
    what: domain.Undone
    detail: dict[str, Any]


class AfterArrivalView(View):
    """What a withdrawal does once the person has arrived."""

    stays: tuple[domain.Stays, ...] = domain.AFTER_ARRIVAL.stays
    opens: tuple[domain.Opened, ...] = domain.AFTER_ARRIVAL.opens


class WithdrawalPreviewView(View):
    """What a withdrawal would do now."""

    candidacy_id: UUID
    version: int
    """Of the file: what `If-Match` of the withdrawal names."""
    state: domain.State
    decision_number: str | None
    """The approval that would be undone; null when none stands."""
    arrived_on: date | None
    undone: list[LineView]
    stays: tuple[domain.Stays, ...]
    opens: tuple[domain.Opened, ...]
    after_arrival: AfterArrivalView = AfterArrivalView()


@router.post("/{candidacy_id}/withdraw/preview", response_model=WithdrawalPreviewView)
async def preview_withdrawal(
    candidacy_id: UUID, read: Annotated[Read, Depends(reading(*domain.roles_for(domain.Act.WITHDRAW)))]
) -> WithdrawalPreviewView:
    """Shows what a withdrawal would undo, service by service. Changes nothing, so it needs no Idempotency-Key."""
    scope = scope_of(read.principal, read.site)
    shown = await handlers.preview_withdrawal(read.conn, candidacy_id, read.now, scope)
    return WithdrawalPreviewView(
        candidacy_id=candidacy_id,
        version=shown.version,
        state=shown.state,
        decision_number=shown.decision_number,
        arrived_on=shown.arrived_on,
        undone=[LineView.model_validate(vars(line)) for line in shown.undoing.undone],
        stays=shown.undoing.stays,
        opens=shown.undoing.opens,
    )


@router.post("/{candidacy_id}/withdraw", response_model=WithdrawnView)
async def withdraw(
    candidacy_id: UUID,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.WITHDRAW)))],
    body: WithdrawalBody | None = None,
) -> Response:
    """The candidate withdraws; what an approval set off is cancelled. After arrival another prison is asked for."""
    withdrawn_on = None if body is None else body.withdrawn_on
    editor = editor_of(write.principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.withdraw(tx, candidacy_id, editor, withdrawn_on=withdrawn_on)

    return await write(command, _show, status=200)


async def _show(conn: AsyncConnection, candidacy_id: UUID) -> WithdrawnView:
    row = await store.candidacy_row(conn, candidacy_id)
    changes = await store.change_rows(conn, candidacy_id)
    asked = next((one.id for one in changes if one.state == domain.ChangeState.OPEN), None)
    return WithdrawnView.model_validate(row._asdict() | {"change_of_assignment": asked})
