"""Use cases of the journey: keep each reply as the last fact of its step, and read them together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, DELIVERY, PARTNERS, TRAINING
from shared.contracts.citizen_space import EnrolmentConfirmed, EnrolmentEvent
from shared.contracts.notifications import AlertsPlanned, DeliveryEvent
from shared.contracts.placement import (
    Arrived,
    AssignmentConfirmed,
    AssignmentExpired,
    Departed,
    ReleaseAwaitsDeparture,
    StayEvent,
)
from shared.messaging import Meta, Poison, Tx

_NOT_DETAIL = {"candidacy_id", "request_id", "decision_number", "partner_id", "reference"}
_ADDS = (AssignmentConfirmed, AssignmentExpired, Arrived, ReleaseAwaitsDeparture, Departed)


async def record_stay(tx: Tx, event: StayEvent, meta: Meta) -> None:
    """What became of the cell."""
    # These say nothing of the cell and its dates, which stay known from the proposal.
    adds = isinstance(event, _ADDS)
    await _record(tx, event, meta, step=ACCOMMODATION, version=meta.version, adds=adds)


async def record_enrolment(tx: Tx, event: EnrolmentEvent, meta: Meta) -> None:
    """What became of the training seat."""
    adds = isinstance(event, EnrolmentConfirmed)
    await _record(tx, event, meta, step=TRAINING, version=meta.version, adds=adds)


async def record_alerts_planned(tx: Tx, event: AlertsPlanned, meta: Meta) -> None:
    """How many partners are to be told. Each such reply is an aggregate of its own, so the asking event orders them."""
    await _record(tx, event, meta, step=PARTNERS, version=None, adds=False)


async def record_delivery(tx: Tx, event: DeliveryEvent, meta: Meta) -> None:
    """Whether one partner was told."""
    await _record(tx, event, meta, step=f"{DELIVERY}{meta.subject}", version=meta.version, adds=False)


async def read_journey(conn: AsyncConnection, candidacy_id: UUID, state: domain.State, now: datetime) -> domain.Journey:
    """Steps and missing replies of one candidacy.

    Args:
        now: UTC, against which a proposal is overdue.
    """
    outcomes = await store.outcomes(conn, candidacy_id)
    return domain.journey(state, outcomes, await store.expected(conn, candidacy_id), now)


async def read_levels(
    conn: AsyncConnection, row: store.AnyRow, journey: domain.Journey, now: datetime, policy: domain.Policy
) -> tuple[domain.Standing, ...]:
    """How a file stands against the service levels.

    Args:
        row: of the candidacy.
        now: UTC.
    """
    confirmed = (one for one in journey.steps if one.step == ACCOMMODATION and one.fact == "assignment_confirmed")
    step = next(confirmed, None)
    return domain.levels(
        domain.State(row.state),
        await store.history(conn, row.id),
        confirmed_at=None if step is None else step.since,
        arrived_on=row.arrived_on,
        departed_on=row.departed_on,
        today=domain.date_in_paris(now),
        policy=policy,
    )


async def _record(
    tx: Tx,
    event: StayEvent | EnrolmentEvent | DeliveryEvent,
    meta: Meta,
    *,
    step: str,
    version: int | None,
    adds: bool,
) -> None:
    try:
        request_id = UUID(event.request_id)
    except ValueError:
        raise Poison("request-id-unreadable") from None
    outcome = domain.Outcome(
        step=step,
        fact=event.type.split(".")[2],
        request_id=str(request_id),
        decision_number=event.decision_number,
        detail=event.model_dump(mode="json", exclude=_NOT_DETAIL),
        occurred_at=meta.time,
    )
    await store.record_fact(tx.conn, event.candidacy_id, outcome, version=version, adds=adds, now=tx.now)
