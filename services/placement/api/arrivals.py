"""Routes of arrival and departure. Transfer order and committal number go in and are shown to nobody here."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from services.placement import handlers, store
from services.placement.api.committals import Committals
from services.placement.api.stays import Officer, Stay, show_stay
from services.placement.domain import Arrival, Departure, DepartureReason, State
from shared.messaging import Tx

router = APIRouter(prefix="/v1/stays")

OrderReference = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9](?:[A-Z0-9/._-]{0,62}[A-Z0-9])?$")]
"""Such as `OT-2027/0113`: a reference, no words."""


CommittalNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z /-]{0,38}[0-9A-Z]$")]
"""Numéro d'écrou: passed on to selection's vault, kept nowhere here."""


class ArrivalBody(BaseModel):
    """Who came is known by the stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transfer_order: OrderReference
    committal_number: CommittalNumber
    """That the person is given on arrival."""
    arrived_on: date
    """First night, Europe/Paris."""


class DepartureBody(BaseModel):
    """Why and when somebody left for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: DepartureReason
    departed_on: date
    """Europe/Paris."""


@router.post("/{stay_id}/arrive", response_model=Stay)
async def arrive(stay_id: UUID, body: ArrivalBody, request: Request, write: Officer) -> Response:
    """Records that the person came, by a transfer order and on a confirmed bed. The same again changes nothing.

    The committal number is recorded first, in selection's vault: nobody is here by no number, or by another's.
    """
    committals: Committals = request.app.state.committals
    headers, officer = request.headers, write.principal.subject
    arrival = Arrival(body.transfer_order, body.arrived_on)

    async def command(tx: Tx) -> UUID:
        # Before any lock is taken: while selection is asked, nobody waits.
        stay = await store.stay(tx.conn, stay_id)
        if stay is not None and stay.state in {State.CONFIRMED, State.ARRIVED}:
            number, key = body.committal_number, headers["idempotency-key"]
            await committals.record(stay.candidacy_id, number, headers["authorization"], key)
        return await handlers.arrive(tx, stay_id, arrival, officer)

    return await write(command, show_stay, status=200)


@router.post("/{stay_id}/depart", response_model=Stay)
async def depart(stay_id: UUID, body: DepartureBody, write: Officer) -> Response:
    """Records that the person left, which frees the bed for the next in line. The same again changes nothing."""
    officer, departure = write.principal.subject, Departure(body.reason, body.departed_on)
    return await write(lambda tx: handlers.depart(tx, stay_id, departure, officer), show_stay, status=200)
