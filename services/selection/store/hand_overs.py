"""Queries on hand-overs, and on how long an appeal is in time."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import candidacies, decisions, hand_overs


async def insert_hand_over(
    conn: AsyncConnection, decision_id: UUID, hand_over: domain.HandOver, *, appeal_until: date, recorded_at: datetime
) -> bool:
    """Notes that the person was given a decision; False when that was noted before.

    Args:
        appeal_until: last day on which an appeal is in time.
        recorded_at: UTC.
    """
    new = insert(hand_overs).values(
        decision_id=decision_id,
        handed_on=hand_over.handed_on,
        outcome=hand_over.outcome.value,
        language=hand_over.language,
        handed_by=hand_over.handed_by,
        handed_by_function=hand_over.handed_by_function,
        recorded_at=recorded_at,
        appeal_until=appeal_until,
    )
    made = await conn.execute(new.on_conflict_do_nothing().returning(hand_overs.c.decision_id))
    return made.first() is not None


async def appeal_in_time_until(conn: AsyncConnection, decision_id: UUID) -> date | None:
    """The last day (Europe/Paris) on which an appeal against a decision is in time.

    Returns:
        None where the person was not given the decision: then no deadline runs, and any appeal is in time.
    """
    found = await conn.execute(sa.select(hand_overs.c.appeal_until).where(hand_overs.c.decision_id == decision_id))
    until: date | None = found.scalar_one_or_none()
    return until


_GIVEN = [column for column in hand_overs.c if column.name != "decision_id"]
_DECISIONS = sa.select(
    decisions,
    *_GIVEN,
    candidacies.c.person_id,
    candidacies.c.site,
    candidacies.c.establishment,
    candidacies.c.arrived_on,
).join_from(
    decisions.join(candidacies, candidacies.c.id == decisions.c.candidacy_id),
    hand_overs,
    hand_overs.c.decision_id == decisions.c.id,
    isouter=True,
)


async def handed_decision_row(conn: AsyncConnection, decision_id: UUID, scope: domain.Scope | None) -> AnyRow:
    """A decision with its hand-over (nulls before it), and with person, site and scope of its file.

    Args:
        scope: whose decisions the caller may see; None where that was checked before.

    Raises:
        domain.Refused: `decision-unknown`, also for one that is outside the scope.
    """
    row = (await conn.execute(_DECISIONS.where(decisions.c.id == decision_id))).first()
    if row is None or (scope is not None and not scope.sees(row.establishment, row.arrived_on)):
        raise domain.Refused(domain.Refusal.DECISION_UNKNOWN)
    return row


async def handed_decision_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All decisions on a candidacy, each as `handed_decision_row` gives it, the latest first."""
    newest = (decisions.c.signed_at.desc(), decisions.c.number.desc())
    return list(await conn.execute(_DECISIONS.where(decisions.c.candidacy_id == candidacy_id).order_by(*newest)))
